import { expect, test } from 'vitest';
import { exactDouble, nearestDouble, nearestReal } from '../../src/values/exact-double.ts';
import { Random } from '../oracle/support/random.ts';

// Random bit patterns, so that every exponent occurs.
const VIEW = new DataView(new ArrayBuffer(8));

function anyDouble(r: Random): number {
  for (;;) {
    VIEW.setUint32(0, r.int(2 ** 32));
    VIEW.setUint32(4, r.chance(30) ? 0 : r.int(2 ** 32));
    const x = VIEW.getFloat64(0);
    if (Number.isFinite(x)) return x;
  }
}

test('a double converts to a whole multiple of the smallest double and back', () => {
  const r = new Random(1);
  const doubles = [0, 1, -1, 0.1, Number.MIN_VALUE, Number.MAX_VALUE, 2 ** -1022, 2 ** -1022 - 2 ** -1074];
  for (const x of [...doubles, ...Array.from({ length: 2000 }, () => anyDouble(r))]) {
    expect(nearestDouble(exactDouble(x), 1n)).toBe(x + 0);
    expect(nearestDouble(exactDouble(x) * 3n, 3n)).toBe(x + 0);
    expect(nearestReal(exactDouble(x))).toBe(Math.fround(x) + 0);
  }
  expect(exactDouble(Number.MIN_VALUE)).toBe(1n);
  expect(exactDouble(1.5)).toBe(3n << 1073n);
});

test('sums and quotients are rounded as the floating-point unit rounds them', () => {
  const r = new Random(2);
  for (let i = 0; i < 5000; i++) {
    const x = anyDouble(r);
    // The two are near each other, so that the sum cancels or ends halfway between two doubles.
    const y = r.chance(50) ? x * 2 ** -r.int(60) * (r.chance(50) ? -1 : 1) : anyDouble(r);
    expect(nearestDouble(exactDouble(x) + exactDouble(y), 1n)).toBe(x + y + 0);
    const n = 1 + r.int(1000);
    expect(nearestDouble(exactDouble(x), BigInt(n))).toBe(x / n + 0);
  }
});

test('a tie is rounded to even, and a value beyond the largest double overflows', () => {
  const unit = exactDouble(1);
  const ulp = exactDouble(2 ** -52);
  expect(nearestDouble(unit + ulp / 2n, 1n)).toBe(1);
  expect(nearestDouble(unit + ulp / 2n + 1n, 1n)).toBe(1 + 2 ** -52);
  expect(nearestDouble(unit + (3n * ulp) / 2n, 1n)).toBe(1 + 2 ** -51);
  // The value is halfway between two reals but for a remainder far below the last bit of a double, which decides.
  const real = exactDouble(1 + 2 ** -24);
  expect(nearestReal(real)).toBe(1);
  expect(nearestReal(real + 1n)).toBe(1 + 2 ** -23);
  expect(nearestReal(real - 1n)).toBe(1);
  const largest = exactDouble(Number.MAX_VALUE);
  const step = exactDouble(2 ** 970);
  expect(nearestDouble(largest + step - 1n, 1n)).toBe(Number.MAX_VALUE);
  expect(nearestDouble(largest + step, 1n)).toBe(Infinity);
  expect(nearestDouble(-largest * 1000n, 1n)).toBe(-Infinity);
  expect(nearestDouble(-largest * 1000n, 1000n)).toBe(-Number.MAX_VALUE);
  expect(nearestDouble(1n, 2n)).toBe(0);
  expect(nearestDouble(3n, 2n)).toBe(2 * Number.MIN_VALUE);
});
