import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareDatum, compareNullable, datumKey, equalDatum, rowKey } from '../../src/values/compare.ts';
import type { Datum } from '../../src/values/datum.ts';
import { canonicalJson } from '../../src/values/json.ts';
import * as T from '../../src/values/types.ts';
import type { SqlType } from '../../src/values/types.ts';

const SEED = { seed: 4711, numRuns: 3000 };

const small = fc.integer({ min: -3, max: 3 });
const char = fc.constantFrom('a', 'b', 'é', '\uffee', '😀', '');
/** Few values per type, so that random pairs are often equal. */
const DOMAINS: readonly (readonly [SqlType, fc.Arbitrary<Datum>])[] = [
  [T.BOOLEAN, fc.boolean()],
  [T.INTEGER, small],
  [T.BIGINT, small.map(BigInt)],
  [T.NUMERIC, small.map((n) => BigInt(n) * 10n ** 27n)],
  [T.DOUBLE, fc.constantFrom(0, -1.5, 1.5, NaN, Infinity, -Infinity)],
  [T.VARCHAR, fc.tuple(char, char).map(([a, b]) => a + b)],
  [T.BYTEA, fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 2 }).map((b) => Uint8Array.from(b))],
  [T.TIMESTAMP, small],
  [
    T.INTERVAL,
    fc.record({
      months: small,
      days: fc.constantFrom(0, 30, -30, 1),
      us: fc.constantFrom(0, 86_400_000_000, -1),
    }),
  ],
  [T.JSONB, fc.jsonValue({ maxDepth: 2 }).map((v) => canonicalJson(JSON.stringify(v)))],
  [T.arrayOf(T.VARCHAR), fc.array(fc.option(char), { maxLength: 3 })],
  [T.arrayOf(T.arrayOf(T.INTEGER)), fc.array(fc.array(small, { maxLength: 2 }), { maxLength: 2 })],
];

describe.each(DOMAINS.map(([type, values]) => ({ name: T.typeName(type), type, values })))(
  '$name',
  ({ type, values }) => {
    it('has a total order that agrees with equality and with keys', () => {
      fc.assert(
        fc.property(values, values, values, (a, b, c) => {
          const ab = Math.sign(compareDatum(type, a, b));
          expect(ab).toBe(-Math.sign(compareDatum(type, b, a)) + 0);
          expect(compareDatum(type, a, a)).toBe(0);
          const ordered = ab <= 0 && compareDatum(type, b, c) <= 0;
          expect(ordered && compareDatum(type, a, c) > 0).toBe(false);
          expect(equalDatum(type, a, b)).toBe(ab === 0);
          expect(datumKey(type, a) === datumKey(type, b)).toBe(ab === 0);
        }),
        SEED,
      );
    });

    it('has NULL different from every value, and largest', () => {
      fc.assert(
        fc.property(values, (a) => {
          expect(datumKey(type, a)).not.toBe(datumKey(type, null));
          expect(equalDatum(type, a, null)).toBe(false);
          expect(compareNullable(type, a, null)).toBeLessThan(0);
        }),
        SEED,
      );
      expect(equalDatum(type, null, null)).toBe(true);
      expect(compareNullable(type, null, null)).toBe(0);
    });
  },
);

describe('the order', () => {
  it('of text is that of its UTF-8 bytes', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 4 }),
        fc.string({ unit: 'grapheme', maxLength: 4 }),
        (a, b) => {
          expect(Math.sign(compareDatum(T.VARCHAR, a, b))).toBe(
            Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))),
          );
        },
      ),
      SEED,
    );
    expect(compareDatum(T.VARCHAR, '😀', '\uffee')).toBeGreaterThan(0); // UTF-16 has the opposite order
  });

  it('has NaN above all numbers, and compares numbers in jsonb by value', () => {
    expect(compareDatum(T.DOUBLE, NaN, Infinity)).toBeGreaterThan(0);
    expect(compareDatum(T.JSONB, '10', '9')).toBeGreaterThan(0);
    expect(compareDatum(T.JSONB, '-10', '-9')).toBeLessThan(0);
    expect(compareDatum(T.JSONB, '1.25', '1.3')).toBeLessThan(0);
    expect(compareDatum(T.JSONB, '100000000000000000000.1', '100000000000000000000.2')).toBeLessThan(0);
  });
});

describe('rowKey', () => {
  it('differs for rows whose texts would be equal when concatenated', () => {
    const types = [T.VARCHAR, T.VARCHAR];
    const row = fc.tuple(
      ...types.map(() =>
        fc.option(fc.string({ unit: fc.constantFrom('a', '~', ':', "'", '1'), maxLength: 3 })),
      ),
    );
    fc.assert(
      fc.property(row, row, (a, b) => {
        expect(rowKey(types, a) === rowKey(types, b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
      SEED,
    );
  });
});
