import { expect, test } from 'vitest';
import { castDatum } from '../../src/values/cast.ts';
import { formatReal } from '../../src/values/double.ts';
import { parseInterval } from '../../src/values/interval-parse.ts';
import { parseDatum } from '../../src/values/parse.ts';
import * as T from '../../src/values/types.ts';

test('a decimal becomes the nearest real in one step, without rounding to a double first', () => {
  // Halfway between two reals but for a digit that a double cannot hold.
  expect(parseDatum('1.00000005960464477540', T.REAL)).toBe(1 + 2 ** -23);
  expect(parseDatum('-1.00000005960464477540', T.REAL)).toBe(-1 - 2 ** -23);
  expect(parseDatum('1.00000005960464477538', T.REAL)).toBe(1);
  expect(parseDatum('1.000000059604644775390625', T.REAL)).toBe(1); // exactly halfway: rounds to even
  expect(parseDatum('1.000000178813934326171876', T.REAL)).toBe(1 + 2 ** -22);
  expect(parseDatum('1.000000178813934326171874', T.REAL)).toBe(1 + 2 ** -23);
  expect(castDatum(4_611_686_293_305_294_849n, T.BIGINT, T.REAL)).toBe(2 ** 62 + 2 ** 39);
  expect(castDatum(4_611_686_293_305_294_848n, T.BIGINT, T.REAL)).toBe(2 ** 62);
  expect(castDatum(parseDatum('1.00000005960464477540', T.NUMERIC), T.NUMERIC, T.REAL)).toBe(1 + 2 ** -23);
  expect(parseDatum('3.4028235677973366e38', T.REAL)).toBe(3.4028234663852886e38);
  expect(() => parseDatum('3.40282356779733661638e38', T.REAL)).toThrow('out of range');
});

test('the text of a real has enough digits not to be halfway to its neighbour', () => {
  expect(formatReal(Math.fround(7.1e9))).toBe('7.1000003e+09');
  expect(formatReal(Math.fround(100_777_217))).toBe('1.00777216e+08');
  expect(formatReal(Math.fround(0.1))).toBe('0.1');
});

test.each(['1 day 1 day', '1 hour 1:00', '1.5 s 2 ms', '1-13', '1 mon 2 mons', 'P1D '])(
  '%s is not an interval',
  (text) => {
    expect(() => parseInterval(text)).toThrow('invalid input syntax for type interval');
  },
);
