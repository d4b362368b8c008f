import { beforeAll, expect, test } from 'vitest';
import { createEngine } from '../../src/engine/engine.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadParser } from '../../src/sql/parser.ts';
import type { Datum } from '../../src/values/datum.ts';

beforeAll(() => loadParser());

const SQL = `CREATE TABLE t (id BIGINT, name VARCHAR, n NUMERIC, day DATE, share DOUBLE PRECISION, PRIMARY KEY (id));
  CREATE MATERIALIZED VIEW by_name AS SELECT COUNT(*) AS rows, name, id % 3 AS rest FROM t GROUP BY id % 3, name;
  CREATE MATERIALIZED VIEW by_number AS SELECT n, share, COUNT(*) AS rows FROM t GROUP BY n, share;
  CREATE MATERIALIZED VIEW by_share AS SELECT share, day, COUNT(*) AS rows FROM t GROUP BY share, day;
  CREATE MATERIALIZED VIEW several AS SELECT rest, name, rows + 1 AS more FROM by_name WHERE rows > 1;
  CREATE MATERIALIZED VIEW plain AS SELECT id, name FROM t;
  CREATE MATERIALIZED VIEW joined AS SELECT t.id, b.rows FROM t JOIN by_name b ON b.name = t.name AND b.rest = t.id % 3;
  CREATE MATERIALIZED VIEW whole AS SELECT COUNT(*) AS rows FROM t;`;

function open(interpret: boolean): Engine {
  const { pipeline, diagnostics } = bindPipeline('lookup', [{ name: 'a.sql', text: SQL }], {});
  const error = diagnostics.find((d) => d.severity === 'error');
  if (error !== undefined) throw new Error(error.message);
  return createEngine(pipeline!, { now_us: 0, interpret });
}

function insert(engine: Engine, rows: readonly (readonly Datum[])[]): void {
  const batch = engine.newBatch('t', rows.length);
  for (const row of rows) batch.append(row);
  engine.push('t', batch);
  engine.barrier(0);
}

const NUMERIC_ONE = 10n ** 28n;

test.each([false, true])('a lookup returns the rows that a scan finds (interpret: %s)', (interpret) => {
  const engine = open(interpret);
  const shares = [null, 0, -0, 1.5, NaN];
  insert(
    engine,
    Array.from({ length: 60 }, (_, i): Datum[] => [
      BigInt(i),
      i % 7 === 0 ? null : `n${i % 5}`,
      i % 4 === 0 ? null : BigInt(i % 4) * NUMERIC_ONE,
      i % 6 === 0 ? null : i % 6,
      shares[i % 5]!,
    ]),
  );
  const views = ['by_name', 'by_number', 'by_share', 'several', 'plain', 'joined', 'whole'];
  for (const name of views) {
    const view = engine.view(name);
    const rows: Datum[][] = [];
    for (const batch of view.scan()) for (let i = 0; i < batch.n; i++) rows.push(batch.row(i));
    expect(rows.length).toBeGreaterThan(0);
    const all = [...view.columns.keys()];
    for (const positions of [all, all.slice(0, 2), all.slice(1), all.slice(0, 1), all.toReversed(), []]) {
      const asked = rows.slice(0, 20);
      const answers = view.lookup(
        positions,
        asked.map((row) => positions.map((p) => row[p]!)),
      );
      for (const [i, row] of asked.entries()) {
        const expected = rows.filter((other) => positions.every((p) => Object.is(other[p], row[p])));
        const found = answers[i]!;
        expect(new Set(found.map(String)), `${name} ${String(positions)}`).toEqual(
          new Set(expected.map(String)),
        );
        expect(found.length).toBe(expected.length);
      }
    }
  }
});

test('looking up a missing key finds nothing and changes no state', () => {
  const engine = open(false);
  insert(engine, [[1n, 'a', null, null, null]]);
  const bytes = engine.pool.size;
  const byName = engine.view('by_name');
  expect(byName.lookup([1, 2], [['b', 1n]])).toEqual([[]]);
  expect(byName.lookup([1, 2], [['a', 2n]])).toEqual([[]]);
  expect(byName.lookup([1, 2], [[null, 1n]])).toEqual([[]]);
  expect(byName.lookup([2, 1], [[1n, 'a']])).toEqual([[[1n, 'a', 1n]]]);
  expect(engine.view('plain').lookup([0], [[null]])).toEqual([[]]);
  expect(engine.view('plain').lookup([0], [[7n]])).toEqual([[]]);
  expect(engine.view('several').lookup([0, 1], [[1n, 'a']])).toEqual([[]]);
  expect(engine.pool.size).toBe(bytes);
  // A lookup sees the rows of the last barrier: no row inserted since, every row retracted since.
  const batch = engine.newBatch('t', 2);
  batch.append([2n, 'a', null, null, null]);
  batch.append([1n, 'z', null, null, null]);
  engine.push('t', batch);
  expect(byName.lookup([2, 1], [[2n, 'a']])).toEqual([[]]);
  expect(byName.lookup([2, 1], [[1n, 'a']])).toEqual([[[1n, 'a', 1n]]]);
  engine.barrier(0);
  expect(byName.lookup([2, 1], [[2n, 'a']])).toEqual([[[1n, 'a', 2n]]]);
  expect(byName.lookup([2, 1], [[1n, 'a']])).toEqual([[]]);
});

test('the time of a lookup by key does not grow with the number of rows', () => {
  const engine = open(false);
  const n = 20_000; // a scan for each lookup would take minutes
  insert(
    engine,
    Array.from({ length: n }, (_, i): Datum[] => [BigInt(i), `name ${i}`, null, null, null]),
  );
  const [byName, plain] = [engine.view('by_name'), engine.view('plain')];
  let found = 0;
  for (let i = 0; i < n; i++) {
    found += byName.lookup([1, 2], [[`name ${i}`, BigInt(i % 3)]])[0]!.length;
    found += plain.lookup([0], [[BigInt(i)]])[0]!.length;
  }
  expect(found).toBe(2 * n);
});

test('many keys without an index are looked up in one pass', () => {
  const engine = open(false);
  const n = 20_000; // a pass for each key would take minutes
  insert(
    engine,
    Array.from({ length: n }, (_, i): Datum[] => [BigInt(i), `name ${i >> 1}`, null, null, null]),
  );
  const names = Array.from({ length: n }, (_, i): Datum[] => [`name ${i}`]);
  const found = engine.view('plain').lookup([1], [...names, names[0]!]);
  expect(found.map((rows) => rows.length)).toEqual([
    ...Array.from({ length: n }, (_, i) => (i < n / 2 ? 2 : 0)),
    2,
  ]);
});
