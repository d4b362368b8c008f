import { beforeAll, expect, test } from 'vitest';
import { createEngine } from '../../src/engine/engine.ts';
import { openPipeline } from '../../src/testing/index.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadParser } from '../../src/sql/parser.ts';
import type { Datum } from '../../src/values/datum.ts';
import { numericParse } from '../../src/values/numeric.ts';
import { Random } from '../oracle/support/random.ts';
import { expectScript } from './support/script.ts';

// Retractions of rows of a TABLE without PRIMARY KEY.

beforeAll(() => loadParser());

const NOW = '2026-03-15T12:00:00Z';
const NOW_US = Date.parse(NOW) * 1000;

test('retracting a row of a table without a key restores the state before its insert', () =>
  expectScript(
    `CREATE TABLE t (k VARCHAR, x INT);
     CREATE MATERIALIZED VIEW v AS SELECT k, MAX(x) AS hi, MIN(x) AS lo, COUNT(DISTINCT x) AS n FROM t GROUP BY k;
     CREATE MATERIALIZED VIEW first AS SELECT DISTINCT ON (k) k, x FROM t ORDER BY k, x DESC;`,
    `t + a 7
     t + a 3
     t + a 3
     => v + a 7 3 2
     => first + a 7
     t - a 7
     => v - a 7 3 2
     => v + a 3 3 1
     => first - a 7
     => first + a 3
     t - a 3
     =>
     t - a 3
     => v - a 3 3 1
     => first - a 3`,
  ));

const TABLE = `CREATE TABLE t (k INT, s VARCHAR, x INT, n NUMERIC, d DOUBLE PRECISION, r REAL, j JSONB,
  a INT[], b BOOLEAN, at TIMESTAMPTZ, i INTERVAL);`;
const OTHER = `CREATE SOURCE e (k INT, x INT)
  WITH (connector = 'kafka', topic = 'e', properties.bootstrap.server = '') FORMAT PLAIN ENCODE JSON;`;

/** Views that keep less state over append-only rows, or that must find the retracted row in their state. */
const VIEWS: readonly string[] = [
  'SELECT k, MAX(x) AS a, MIN(n) AS b, MAX(d) AS c, MIN(r) AS e, MAX(s) AS f, MAX(at) AS g FROM t GROUP BY k',
  'SELECT MAX(x) AS a, MIN(x) FILTER (WHERE b) AS b, MAX(i) AS c FROM t',
  `SELECT k, COUNT(DISTINCT x) AS a, COUNT(DISTINCT s) AS b, COUNT(DISTINCT d) AS c, COUNT(DISTINCT n) AS e,
     COUNT(DISTINCT j) AS f, COUNT(DISTINCT a) AS g FROM t GROUP BY k`,
  'SELECT k, SUM(DISTINCT d) AS a, AVG(DISTINCT n) AS b, SUM(d) AS c, AVG(r) AS e, SUM(x) AS f FROM t GROUP BY k',
  'SELECT DISTINCT ON (k) * FROM t ORDER BY k, x DESC, d',
  'SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY s ORDER BY n, x) AS rn FROM t) q WHERE rn <= 2',
  'SELECT * FROM t ORDER BY d LIMIT 3',
  'SELECT DISTINCT d, r, n FROM t',
  'SELECT * FROM t',
  'SELECT x, d FROM t WHERE b',
  'SELECT l.x, l.d, r.n FROM t l JOIN t r ON l.k = r.k AND l.d = r.d',
  'SELECT l.x, l.j, r.x AS y FROM t l LEFT JOIN e r ON l.k = r.k',
  'SELECT l.x, r.d, r.j FROM e l LEFT JOIN t r ON l.k = r.k',
  'SELECT MAX(x) AS a, COUNT(DISTINCT x) AS b FROM (SELECT k, x FROM t UNION ALL SELECT k, x FROM e) q GROUP BY k',
  `SELECT k, ARRAY_AGG(x ORDER BY n, x) AS a, STRING_AGG(s, ',' ORDER BY d, s) AS b, JSONB_AGG(j ORDER BY x, j) AS c
     FROM t GROUP BY k`,
  "SELECT k, COUNT(*) AS a, MAX(x) AS b FROM t WHERE at > now() - INTERVAL '1 day' GROUP BY k",
  "SELECT k, x, at FROM t WHERE at > now() - INTERVAL '1 day' AND at <= now()",
  'SELECT k, MAX(x) AS a FROM t WHERE at <= now() GROUP BY k',
  `SELECT k, COUNT(DISTINCT x) FILTER (WHERE at > now() - INTERVAL '1 day') AS a,
     MAX(CASE WHEN at > now() - INTERVAL '1 day' THEN n END) AS b FROM t GROUP BY k`,
  'SELECT a, MAX(b) AS b FROM (SELECT k AS a, MAX(x) AS b FROM t GROUP BY k, s) q GROUP BY a',
  'SELECT d, i, COUNT(*) AS a, BOOL_AND(b) AS c FROM t GROUP BY d, i',
];

function anyRow(r: Random, now_us: number): Datum[] {
  const orNull = <T extends Datum>(x: T): Datum => (r.chance(20) ? null : x);
  return [
    orNull(r.int(3)),
    orNull(r.pick(['a', 'b', ''])),
    orNull(r.between(-2, 4)),
    orNull(numericParse(r.pick(['0', '0.10', '1e20', '9007199254740993.5', '-3']))),
    orNull(r.pick([0, 0.1, 1e300, -1e300, NaN, Infinity, 1e-300])),
    orNull(r.pick([0, Math.fround(0.1), NaN, 3])),
    orNull(r.pick(['1', '1.0', '{"a": 1}', '{"a": 1.00}', 'null'])),
    orNull(r.pick([[], [1], [null, 2]])),
    orNull(r.chance(50)),
    orNull(now_us + r.between(-30, 30) * 3_600_000_000),
    orNull(
      r.pick([
        { months: 0, days: 30, us: 0 },
        { months: 1, days: 0, us: 0 },
        { months: 0, days: 1, us: 0 },
      ]),
    ),
  ];
}

/** Returns a row that is equal in SQL: every zero of a double or real becomes -0. */
function equalRow(row: readonly Datum[]): Datum[] {
  return row.map((x, c) => {
    if (c === 4 || c === 5) return x === 0 ? -0 : x;
    return x;
  });
}

test.each([false, true])(
  'after retractions every view equals a view over the remaining rows (interpret: %s)',
  (interpret) => {
    const texts = VIEWS.map((query, i) => `CREATE MATERIALIZED VIEW v${i} AS ${query};`);
    const { pipeline, diagnostics } = bindPipeline(
      'test',
      [{ name: 'a.sql', text: [TABLE, OTHER, ...texts].join('\n') }],
      {},
    );
    expect(diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
    const open = () => createEngine(pipeline!, { now_us: NOW_US, interpret, observe: 'all' });
    const contents = (engine: ReturnType<typeof open>): Record<string, string[]> =>
      Object.fromEntries(
        pipeline!.views.map((v, i) => [
          VIEWS[i]!,
          [...engine.view(v.name).scan()]
            .flatMap((batch) => Array.from({ length: batch.n }, (_, n) => batch.row(n).map(String).join(' ')))
            .sort(),
        ]),
      );
    for (let seed = 1; seed <= 4; seed++) {
      const r = new Random(seed);
      let engine = open();
      let now_us = NOW_US;
      const rows: Datum[][] = [];
      const others: Datum[][] = [];
      for (let step = 0; step < 10; step++) {
        if (r.chance(30)) now_us += r.between(1, 20) * 3_600_000_000;
        const batch = engine.newBatch('t', 8);
        for (let i = 0; i < 8; i++) {
          if (rows.length > 0 && r.chance(45)) {
            const [gone] = rows.splice(r.int(rows.length), 1);
            batch.append(equalRow(gone!), -1);
          } else {
            const row = r.chance(20) && rows.length > 0 ? r.pick(rows) : anyRow(r, now_us);
            rows.push(row);
            batch.append(row);
          }
        }
        engine.push('t', batch);
        const other = [orNothing(r), r.between(-2, 4)];
        others.push(other);
        push(engine, 'e', [other]);
        engine.barrier(now_us);
        const fresh = createEngine(pipeline!, { now_us, interpret, observe: 'all' });
        push(fresh, 't', rows);
        push(fresh, 'e', others);
        fresh.barrier(now_us);
        expect({ seed, step, ...contents(engine) }).toEqual({ seed, step, ...contents(fresh) });
        if (r.chance(30)) {
          const blocks = new Map<string, Uint8Array>();
          engine.save({ block: (name, bytes) => blocks.set(name, bytes.slice()) });
          engine = open();
          engine.restore({ block: (name) => blocks.get(name)!, has: (name) => blocks.has(name) });
        }
      }
    }
  },
);

function orNothing(r: Random): Datum {
  return r.chance(20) ? null : r.int(3);
}

function push(
  engine: ReturnType<typeof createEngine>,
  source: string,
  rows: readonly (readonly Datum[])[],
): void {
  const batch = engine.newBatch(source, rows.length);
  for (const row of rows) batch.append(row);
  engine.push(source, batch);
}

test.each([
  ['a source', OTHER],
  ['an append-only table', 'CREATE TABLE e (k INT, x INT) APPEND ONLY;'],
  ['an append-only table with a key', 'CREATE TABLE e (k INT PRIMARY KEY, x INT) APPEND ONLY;'],
  ['a table without a key over a topic', OTHER.replace('SOURCE', 'TABLE')],
])('%s refuses a retraction and keeps its rows', async (_, ddl) => {
  const sql = `${ddl} CREATE MATERIALIZED VIEW v AS SELECT k, MAX(x) AS x FROM e GROUP BY k;`;
  const p = await openPipeline({ 'a.sql': sql }, { now: NOW });
  p.insertDatums('e', [[1, 7]]);
  expect(() => p.insertDatums('e', [[1, 7]], -1)).toThrow(
    'e is append-only, so its rows cannot be retracted; make it a TABLE without APPEND ONLY',
  );
  expect(p.rows('v')).toEqual([{ k: 1, x: 7 }]);
  const batch = p.engine.newBatch('e', 2);
  batch.append([1, 9]);
  batch.append([1, 7], -1);
  expect(() => p.engine.push('e', batch)).toThrow('append-only');
  expect(p.rows('v')).toEqual([{ k: 1, x: 7 }]);
});

test('retracting a row that does not exist throws and changes nothing', async () => {
  const sql = `CREATE TABLE t (k INT, d DOUBLE PRECISION, s VARCHAR);
    CREATE TABLE keyed (id INT PRIMARY KEY, x INT);
    CREATE MATERIALIZED VIEW v AS SELECT k, SUM(d) AS d, COUNT(*) AS n FROM t GROUP BY k;
    CREATE TABLE firsts (id INT PRIMARY KEY, x INT) ON CONFLICT DO NOTHING;
    CREATE MATERIALIZED VIEW w AS SELECT SUM(x) AS x FROM keyed;
    CREATE MATERIALIZED VIEW f AS SELECT SUM(x) AS x FROM firsts;`;
  const p = await openPipeline({ 'a.sql': sql }, { now: NOW });
  p.insert('t', [
    { k: 1, d: 0, s: 'a' },
    { k: 1, d: 'NaN' },
  ]);
  p.insert('keyed', [{ id: 1, x: 5 }]);
  const before = [p.rows('v'), p.rows('w')];
  for (const row of [
    [2, 0],
    [1, 1],
    [null, 0],
    [1, null],
  ])
    expect(() => p.insertDatums('t', [row], -1)).toThrow(/^t has no row with k = /);
  expect(() =>
    p.insertDatums(
      't',
      [
        [1, 0],
        [1, 0],
      ],
      -1,
    ),
  ).toThrow('t has no row with k = 1, d = 0, s = NULL');
  expect(() => p.insertDatums('keyed', [[2, 5]], -1)).toThrow('keyed has no row with id = 2, x = 5');
  expect(() => p.insertDatums('keyed', [[1, 4]], -1)).toThrow('keyed has no row with id = 1, x = 4');
  expect([p.rows('v'), p.rows('w')]).toEqual(before);
  // Equal in SQL, and no view reads s.
  p.insertDatums(
    't',
    [
      [1, -0, 'b'],
      [1, NaN],
    ],
    -1,
  );
  p.insertDatums('keyed', [[1, 5]], -1);
  expect([p.rows('v'), p.rows('w')]).toEqual([[], [{ x: null }]]);
  expect(() => p.insertDatums('keyed', [[1, 5]], -1)).toThrow('keyed has no row with id = 1, x = 5');
  // DO NOTHING ignored the second row of the key.
  p.insertDatums('firsts', [[1, 5]]);
  p.insertDatums('firsts', [[1, 6]]);
  expect(() => p.insertDatums('firsts', [[1, 6]], -1)).toThrow('firsts has no row with id = 1, x = 6');
  expect(p.rows('f')).toEqual([{ x: 5 }]);
  p.insertDatums('firsts', [[1, 5]], -1);
  expect(p.rows('f')).toEqual([{ x: null }]);
});

test('retracting more rows than were inserted stops the engine: no count becomes negative', () => {
  const sql = `CREATE TABLE t (k INT, x INT); CREATE MATERIALIZED VIEW v AS SELECT k, SUM(x) AS x FROM t GROUP BY k;`;
  const { pipeline } = bindPipeline('test', [{ name: 'a.sql', text: sql }], {});
  const engine = createEngine(pipeline!, { now_us: 0 });
  const batch = engine.newBatch('t', 1);
  batch.append([1, 2], -1);
  engine.push('t', batch);
  expect(() => engine.barrier(0)).toThrow('a row was retracted that had not been added');
});
