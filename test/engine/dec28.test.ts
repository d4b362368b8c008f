import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decDiv, divideBy } from '../../src/engine/dec28-division.ts';
import { DEC, decAdd, decMul, decRound, decSplit, decSub, decToDatum } from '../../src/engine/dec28.ts';
import { numericAdd, numericDiv, numericMul, numericRound, numericSub } from '../../src/values/numeric.ts';

type Limbs = readonly [number, number, number];
type Binary = (av: number, a1: number, a2: number, bv: number, b1: number, b2: number) => boolean;

function limbs(x: bigint): Limbs {
  if (!decSplit(x)) throw new Error('does not fit');
  return [DEC[0]!, DEC[1]!, DEC[2]!];
}

/** Numerics with few digits, with many, and near the limits of one limb and of the 96-bit mantissa. */
const numeric = fc.oneof(
  fc.tuple(fc.bigInt(-1000n, 1000n), fc.nat(28)).map(([m, s]) => m * 10n ** BigInt(28 - s)),
  fc.bigInt(-(10n ** 15n), 10n ** 15n).map((x) => x * 10n ** 28n),
  fc
    .tuple(fc.nat(9_000_000), fc.bigInt(0n, 10n ** 28n - 1n))
    .map(([w, f]) => numericAdd(BigInt(w) * 10n ** 28n, f)),
  fc.bigInt(792281625142643375n, 792281625142643377n).map((x) => numericAdd(x * 10n ** 11n, 0n)),
);

const cases: readonly [string, Binary, (a: bigint, b: bigint) => bigint][] = [
  ['decAdd', decAdd, numericAdd],
  ['decSub', decSub, numericSub],
  ['decMul', decMul, numericMul],
  ['decDiv', decDiv, numericDiv],
];

test.each(cases)('%s returns the exact result or falls back to exact arithmetic', (_, fast, exact) => {
  fc.assert(
    fc.property(numeric, numeric, (a, b) => {
      if (!fast(...limbs(a), ...limbs(b))) return;
      expect(decToDatum(DEC[0]!, DEC[1]!, DEC[2]!, undefined)).toBe(exact(a, b));
    }),
    { numRuns: 3000 },
  );
});

test('a half is rounded to even also if the last kept digit is the last of a limb', () => {
  expect(decAdd(79_228_162_514_265, 0, 0, 0, 1, 5e13)).toBe(true);
  expect([...DEC]).toEqual([79_228_162_514_265, 2, 0]);
});

test('decDiv of whole numbers returns the digits of numericDiv', () => {
  fc.assert(
    fc.property(
      fc.nat(2 ** 31 - 1),
      fc.oneof(fc.constant(60), fc.integer({ min: 1, max: 100_000_000 })),
      (a, b) => {
        expect(decDiv(a, 0, 0, b, 0, 0)).toBe(true);
        const quotient = numericDiv(BigInt(a) * 10n ** 28n, BigInt(b) * 10n ** 28n);
        expect(decToDatum(DEC[0]!, DEC[1]!, DEC[2]!, undefined)).toBe(quotient);
      },
    ),
    { numRuns: 5000 },
  );
});

test('decRound rounds half away from zero, like numericRound', () => {
  fc.assert(
    fc.property(numeric, fc.integer({ min: -2, max: 16 }), (a, scale) => {
      if (!decRound(...limbs(a), scale)) return;
      expect(decToDatum(DEC[0]!, DEC[1]!, DEC[2]!, undefined)).toBe(numericRound(a, scale));
    }),
    { numRuns: 5000 },
  );
});

test('division by a constant through a table of fractions returns the digits of numericDiv', () => {
  const dividend = fc.oneof(
    numeric,
    fc.integer({ min: 0, max: 2_000_000 }).map((w) => BigInt(w) * 10n ** 28n),
  );
  for (const b of [1, 2, 3, 7, 60, 97, 1000, 1024, 3600, 4096]) {
    const divide = divideBy(b);
    fc.assert(
      fc.property(dividend, (a) => {
        if (!divide(...limbs(a))) return;
        const quotient = decToDatum(DEC[0]!, DEC[1]!, DEC[2]!, undefined);
        expect(quotient).toBe(numericDiv(a, BigInt(b) * 10n ** 28n));
      }),
      { numRuns: 500 },
    );
  }
});
