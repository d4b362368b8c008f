import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Column } from '../../src/engine/column.ts';
import { Batch } from '../../src/engine/batch.ts';
import { KeyIndex } from '../../src/engine/state/key-index.ts';
import { rowComparator } from '../../src/engine/state/row-comparator.ts';
import { SortedSlots } from '../../src/engine/state/sorted-slots.ts';
import { StringPool } from '../../src/engine/text/string-pool.ts';
import { compareDatum } from '../../src/values/compare.ts';
import type { Datum } from '../../src/values/datum.ts';
import type { SqlType } from '../../src/values/types.ts';

const E28 = 10n ** 28n;
const days = (n: number): Datum => ({ months: 0, days: n, us: 0 });
const DOMAINS: [SqlType, Datum[]][] = [
  [{ kind: 'boolean' }, [false, true]],
  [{ kind: 'integer' }, [-(2 ** 31), -1, 0, 1, 2 ** 31 - 1]],
  [{ kind: 'bigint' }, [-(2n ** 63n), -(2n ** 32n), -1n, 0n, 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 63n - 1n]],
  [{ kind: 'double' }, [-Infinity, -1.5, 0, 5e-324, 1.5, Infinity, NaN]],
  [{ kind: 'timestamp' }, [-1, 0, 1.7e15]],
  [{ kind: 'varchar' }, ['', 'a', 'ab', 'b', '\u{ff5e}', '\u{1f600}']],
  [
    { kind: 'numeric' },
    [
      -(10n ** 20n) * E28,
      -E28,
      -E28 / 2n,
      -1n,
      0n,
      1n,
      10n ** 14n,
      E28 / 2n,
      E28,
      10n ** 18n * E28,
      10n ** 20n * E28,
    ],
  ],
  [{ kind: 'interval' }, [days(1), days(30), days(31), days(45)]],
  [{ kind: 'array', element: { kind: 'integer' } }, [[], [1], [1, 2], [1, null], [2]]],
];

test('columnar rows have the order of their values, for every type, direction and placement of NULL', () => {
  const pool = new StringPool();
  for (const [type, values] of DOMAINS) {
    const all = [null, ...values];
    const column = new Column(type, 2, pool);
    const second = new Column({ kind: 'integer' }, 2, pool);
    for (const descending of [false, true]) {
      for (const nullsFirst of [false, true]) {
        const compare = rowComparator(
          [column, second],
          [
            { column: 0, descending, nullsFirst },
            { column: 1, descending: true, nullsFirst: false },
          ],
        );
        for (const x of all) {
          for (const y of all) {
            column.set(0, x);
            column.set(1, y);
            const nulls = (x === null ? 1 : 0) - (y === null ? 1 : 0);
            const order = x === null || y === null ? nulls * (nullsFirst ? -1 : 1) : compareDatum(type, x, y);
            const expected = Math.sign(x === null || y === null || !descending ? order : -order);
            second.set(0, 5);
            second.set(1, 5);
            expect(Math.sign(compare(0, 1)) + 0, `${type.kind} ${String(x)} ${String(y)}`).toBe(expected + 0);
            second.set(1, 6);
            expect(Math.sign(compare(0, 1))).toBe(expected === 0 ? 1 : expected);
          }
        }
      }
    }
  }
});

test('a sorted sequence of slots equals a sorted array, with equal rows and over many blocks', () => {
  const one = fc.record({ add: fc.integer({ min: 0, max: 9 }).map((x) => x < 6), value: fc.nat(40) });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 1500, size: 'max' }), (steps) => {
      const values: number[] = [];
      const compare = (a: number, b: number): number => values[a]! - values[b]!;
      const slots = new SortedSlots();
      const model: number[] = [];
      for (const { add, value } of steps) {
        const probe = values.length;
        values.push(value);
        const found = slots.seek(probe, compare);
        const first = model.findIndex((slot) => values[slot]! >= value);
        const at = first < 0 ? model.length : first;
        expect(found).toBe(values[model[at] ?? -1] === value ? model[at] : -1);
        if (add) {
          slots.insertHere(probe);
          model.splice(at, 0, probe);
        } else if (found >= 0) {
          slots.removeHere();
          model.splice(at, 1);
        } else if (model.length > 0) {
          slots.pop();
          model.pop();
        }
      }
      expect([...slots]).toEqual(model);
      expect(slots.size).toBe(model.length);
      expect([slots.first(), slots.last()]).toEqual([model[0], model.at(-1)]);
      expect(slots.range(1, 4)).toEqual(model.slice(1, 4));
      expect([...SortedSlots.of(model)]).toEqual(model);
    }),
    { seed: 20261122, numRuns: 60 },
  );
});

test('NaN is one key, whichever bits represent it', () => {
  const pool = new StringPool();
  const index = new KeyIndex([{ kind: 'double' }], pool);
  const batch = new Batch([{ kind: 'double' }], 2, pool);
  batch.append([NaN]);
  batch.append([NaN]);
  batch.column(0).w.set([0, 0x7ff80000, 1, -0x80000]); // as parsed, and as Infinity - Infinity may leave it
  expect(index.insert(batch, [0], 1)).toBe(index.insert(batch, [0], 0));
});
