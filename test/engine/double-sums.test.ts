import { beforeAll, expect, test } from 'vitest';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import type { Pipeline } from '../../src/plan/pipeline.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadParser } from '../../src/sql/parser.ts';
import type { Datum } from '../../src/values/datum.ts';
import { openPipeline } from '../../src/testing/index.ts';
import { exactAverage, exactSum, exactRealSum } from '../oracle/support/exact-sums.ts';
import { Random } from '../oracle/support/random.ts';
import { expectScript } from './support/script.ts';

beforeAll(() => loadParser());

const T = 'CREATE TABLE t (id INT PRIMARY KEY, k INT, d DOUBLE PRECISION, r REAL);';
const SUMS = `${T} CREATE MATERIALIZED VIEW v AS SELECT SUM(d) AS s, AVG(d) AS a FROM t;`;

test('retracting a double restores the sum exactly, however large the double was', () =>
  expectScript(
    SUMS,
    `t + 1 . 0.1 .
     t + 2 . 0.2 .
     t + 3 . 0.3 .
     t + 4 . 0 .
     => v + 0.6 0.15
     t - 1 . 0.1 .
     t - 2 . 0.2 .
     t - 3 . 0.3 .
     => v - 0.6 0.15
     => v + 0 0
     t + 1 . 0.5 .
     t + 2 . 1.25 .
     t + 3 . 1e17 .
     t + 4 . 1e300 .
     => v - 0 0
     => v + 1e+300 2.5e+299
     t + 4 . 0 .
     => v - 1e+300 2.5e+299
     => v + 1.0000000000000000e+17 2.5e+16
     t - 3 . 1e17 .
     => v - 1.0000000000000000e+17 2.5e+16
     => v + 1.75 0.5833333333333334`.replaceAll('1.0000000000000000e+17', '1e+17'),
  ));

test('the sum of doubles of an emptied window is zero', async () => {
  const sql = `CREATE SOURCE e (viewer INT, minutes DOUBLE PRECISION, at TIMESTAMPTZ)
      WITH (connector = 'kafka', topic = 'x', properties.bootstrap.server = '') FORMAT PLAIN ENCODE JSON;
    CREATE MATERIALIZED VIEW tiles AS
      SELECT viewer, at::date AS day, SUM(minutes) AS minutes FROM e GROUP BY viewer, at::date;
    CREATE MATERIALIZED VIEW v AS SELECT viewer,
      SUM(CASE WHEN day > CURRENT_DATE - 7 THEN minutes ELSE 0 END) AS minutes_7d FROM tiles GROUP BY viewer;
    CREATE MATERIALIZED VIEW decayed AS SELECT viewer,
      SUM(minutes * power(0.5::double precision, (CURRENT_DATE - day) / 7.0)) AS weight FROM tiles GROUP BY viewer;
    CREATE MATERIALIZED VIEW active AS SELECT viewer FROM v WHERE minutes_7d > 0;`;
  const p = await openPipeline({ 'a.sql': sql }, { now: '2026-03-15T12:00:00Z' });
  const r = new Random(7);
  for (let day = 0; day < 10; day++) {
    const events = Array.from({ length: 150 }, () => ({
      viewer: r.int(60),
      minutes: r.int(10_000) / 100,
      at: new Date(Date.UTC(2026, 2, 15 + day, r.int(24))).toISOString(),
    }));
    p.insert('e', events);
    p.advanceBy('1 day');
  }
  const late = p.rows('decayed');
  expect(p.rows('active').length).toBeGreaterThan(50);
  p.advanceBy('20 days');
  expect(p.rows('active')).toEqual([]);
  expect(new Set(p.rows('v').map((row) => row['minutes_7d']))).toEqual(new Set([0]));
  // Weights that changed day by day equal the weights of an engine that starts on this day.
  const again = await openPipeline({ 'a.sql': sql }, { now: '2026-03-15T12:00:00Z' });
  again.advanceBy('30 days');
  for (const row of [...p.datums('tiles')].reverse()) {
    // The tiles hold sums, so one event per tile is enough.
    again.insert('e', [
      { viewer: row[0], minutes: row[2], at: new Date(Number(row[1]) * 86_400_000).toISOString() },
    ]);
  }
  expect(again.rows('decayed')).toEqual(p.rows('decayed'));
  expect(again.rows('decayed')).not.toEqual(late);
});

test('SUM of reals is a real, rounded once from the exact sum', () =>
  expectScript(
    `${T} CREATE MATERIALIZED VIEW v AS SELECT SUM(r) AS s, AVG(r) AS a, SUM(DISTINCT r) AS d FROM t;`,
    `t + 1 . . 16777216
     t + 2 . . 1
     => v + 1.6777216e+07 8388608.5 1.6777216e+07
     t + 3 . . 1e-30
     => v - 1.6777216e+07 8388608.5 1.6777216e+07
     => v + 1.6777218e+07 5592405.666666667 1.6777218e+07
     t - 3 . . 1e-30
     t + 4 . . 1
     => v - 1.6777218e+07 5592405.666666667 1.6777218e+07
     => v + 1.6777218e+07 5592406 1.6777216e+07`,
  ));

test.each([false, true])(
  'a sum beyond the largest double or real is NULL, and counted once when it gets there (interpret: %s)',
  async (interpret) => {
    const sql = `${T} CREATE MATERIALIZED VIEW v AS SELECT k, SUM(d) AS s, AVG(d) AS a, SUM(r) AS r FROM t GROUP BY k;`;
    const p = await openPipeline({ 'a.sql': sql }, { now: '2026-03-15T12:00:00Z', interpret });
    const [max, real] = [Number.MAX_VALUE, 3.4028234663852886e38];
    const errors = (): unknown[] => p.errors().map(({ view, code, count }) => [view, code, count]);
    p.insert('t', [
      { id: 1, k: 1, d: max, r: real },
      { id: 2, k: 1, d: max, r: real },
      // The running sum leaves the range; the final sum is within it.
      { id: 3, k: 2, d: max, r: real },
      { id: 4, k: 2, d: max, r: real },
      { id: 5, k: 2, d: -max, r: -real },
    ]);
    expect(p.rows('v')).toEqual([
      { k: 1, s: null, a: max, r: null },
      { k: 2, s: max, a: max / 3, r: real },
    ]);
    expect(errors()).toEqual([['v', '22003', 2]]);
    expect(p.rows('v')).toHaveLength(2);
    p.insert('t', [{ id: 6, k: 2, d: 1, r: 1 }]);
    expect(errors()).toEqual([]);
    // The sum is still beyond the range, which was counted before.
    p.insert('t', [{ id: 7, k: 1, d: 1, r: 1 }]);
    expect(errors()).toEqual([]);
    p.insert('t', [{ id: 2, k: 1, d: 0, r: 0 }]);
    expect(p.rows('v')[0]).toEqual({ k: 1, s: max, a: max / 3, r: real });
    p.insert('t', [{ id: 2, k: 1, d: max, r: 0 }]);
    expect(errors()).toEqual([['v', '22003', 1]]);
  },
);

const WILD = `CREATE TABLE t (id INT PRIMARY KEY, k INT, d DOUBLE PRECISION, r REAL);
  CREATE MATERIALIZED VIEW v AS SELECT k, SUM(d) AS s, AVG(d) AS a, SUM(r) AS r, AVG(r) AS ra,
    SUM(DISTINCT d) AS ds, SUM(d) FILTER (WHERE id % 2 = 0) AS fs FROM t GROUP BY k;`;

/** Returns a double that makes sums hard: any magnitude, cancelling, halfway between doubles, tiny beside others. */
function wild(r: Random, before: readonly number[]): number {
  return r.weighted([
    [2, () => r.int(1000) / 100],
    [2, () => (r.int(2 ** 32) / 2 ** 32 - 0.5) * 2 ** (r.int(120) - 60)],
    [1, () => (r.int(2 ** 32) / 2 ** 32 - 0.5) * 2 ** (r.int(2000) - 1000)],
    [1, () => 2 ** (r.int(150) - 95) * (r.chance(50) ? 1 : -1)],
    [1, () => r.int(5) * Number.MIN_VALUE],
    [1, () => (1 + 2 ** -53 * r.int(3)) * 2 ** r.int(8)],
    [2, () => (before.length === 0 ? 0 : -r.pick(before))],
    [1, () => (before.length === 0 ? 0 : r.pick(before) * 2 ** -(50 + r.int(8)))],
    [
      1,
      () => r.pick([NaN, Infinity, -Infinity, 1e300, -1e300, 2 ** 61, 2 ** 61 - 2 ** 9, 2 ** -90, 2 ** -91]),
    ],
  ]);
}

function pipelineOf(text: string): Pipeline {
  return bindPipeline('test', [{ name: 'test.sql', text }], {}).pipeline!;
}

test('sums and averages equal exact arithmetic after random inserts, retractions, saves and restores', () => {
  const pipeline = pipelineOf(WILD);
  for (let seed = 1; seed <= 40; seed++) {
    const r = new Random(seed);
    let engine: Engine = createEngine(pipeline, { now_us: 0, interpret: r.chance(20) });
    const rows = new Map<number, readonly [number, number, number, number]>();
    // In some runs all values fit into one part of a sum; others draw from all values.
    const calm = r.chance(40);
    for (let step = 0; step < 12; step++) {
      const batch = engine.newBatch('t', 16);
      for (let i = 0; i < 16; i++) {
        const id = r.int(60);
        const known = rows.get(id);
        if (known !== undefined && r.chance(45)) {
          batch.append(known, -1);
          rows.delete(id);
          continue;
        }
        const d = calm
          ? (r.int(100_000) - 50_000) / 100
          : wild(
              r,
              [...rows.values()].map((row) => row[2]),
            ) + 0;
        const row = [id, r.int(3), d, Math.fround(d) + 0] as const;
        batch.append(row);
        rows.set(id, row);
      }
      engine.push('t', batch);
      engine.barrier(0);
      for (const [k, s, a, real, realAverage, distinct, filtered] of rowsOf(engine)) {
        const group = [...rows.values()].filter((row) => row[1] === k);
        const values = group.map((row) => row[2]);
        const reals = group.map((row) => row[3]);
        expect({ seed, step, k, s, a, real, realAverage, distinct, filtered }).toEqual({
          seed,
          step,
          k,
          s: exactSum(values),
          a: exactAverage(values),
          real: exactRealSum(reals),
          realAverage: exactAverage(reals),
          distinct: exactSum([...new Set(values)]),
          filtered: exactSum(group.filter((row) => row[0] % 2 === 0).map((row) => row[2])),
        });
      }
      if (r.chance(30)) engine = restored(engine, pipeline);
    }
    // When all rows are retracted, all memory is released.
    const batch = engine.newBatch('t', 64);
    for (const row of rows.values()) batch.append(row, -1);
    engine.push('t', batch);
    engine.barrier(0);
    expect(rowsOf(engine)).toEqual([]);
    const fresh = createEngine(pipeline, { now_us: 0 });
    expect(partsOf(engine)).toBe(partsOf(fresh));
  }
});

test('thousands of the largest values that fit one part carry over into further parts, and back', () => {
  const pipeline = pipelineOf(WILD);
  let engine: Engine = createEngine(pipeline, { now_us: 0 });
  const values = Array.from({ length: 3000 }, (_, i) => 2 ** 61 - 2 ** 9 * (i % 3) + (i % 7) * 2 ** -39);
  const push = (weight: number): void => {
    const batch = engine.newBatch('t', values.length);
    values.forEach((d, id) => batch.append([id, 1, d, 1], weight));
    engine.push('t', batch);
    engine.barrier(0);
  };
  push(1);
  expect(rowsOf(engine)[0]!.slice(1, 3)).toEqual([exactSum(values), exactAverage(values)]);
  engine = restored(engine, pipeline);
  const one = engine.newBatch('t', 1);
  one.append([3000, 1, 0.1, 1]);
  engine.push('t', one);
  push(-1);
  expect(rowsOf(engine)[0]!.slice(1, 3)).toEqual([0.1, 0.1]);
});

function rowsOf(engine: Engine): Datum[][] {
  return [...engine.view('v').scan()].flatMap((batch) =>
    Array.from({ length: batch.n }, (_, i) => batch.row(i)),
  );
}

/** Number of parts of sums that are stored outside the groups. */
function partsOf(engine: Engine): unknown {
  let size = 0;
  engine.save({
    block: (name, bytes) => {
      if (name.startsWith('v/'))
        size =
          Buffer.from(bytes)
            .toString('latin1')
            .match(/"t":"n","x":"[1-9]/g)?.length ?? 0;
    },
  });
  return size;
}

function restored(engine: Engine, pipeline: Pipeline): Engine {
  const blocks = new Map<string, Uint8Array>();
  engine.save({ block: (name, bytes) => blocks.set(name, bytes.slice()) });
  const copy = createEngine(pipeline, { now_us: 0 });
  copy.restore({ block: (name) => blocks.get(name)!, has: (name) => blocks.has(name) });
  return copy;
}
