import { expect, test } from 'vitest';
import { HOUR_US } from '../../src/values/civil.ts';
import { extractTimestamp } from '../../src/values/extract.ts';
import { numericFormat } from '../../src/values/numeric.ts';

test('a Julian day with a time is rounded to the digits that NUMERIC holds', () => {
  const at = (hours: number): string => numericFormat(extractTimestamp('julian', hours * HOUR_US, false));
  expect(at(8)).toBe(`2440588.${'3'.repeat(22)}`);
  expect(at(16)).toBe(`2440588.${'6'.repeat(21)}7`);
  expect(at(-4)).toBe(`2440587.8${'3'.repeat(21)}`);
  expect(at(6)).toBe('2440588.25');
});
