import { expect, test } from 'vitest';
import { openPipeline } from '../../src/testing/index.ts';

const SQL = `CREATE TABLE t (id INT PRIMARY KEY, x INT, k INT, s VARCHAR);
  CREATE MATERIALIZED VIEW v AS SELECT id, COALESCE(x / k, 7) AS q, s::int AS n FROM t;
  CREATE MATERIALIZED VIEW w AS
    SELECT id, CASE WHEN y > 0 THEN 1 ELSE 2 END AS c FROM (SELECT id, x / k AS y FROM t) AS inner_t;`;

test.each([false, true])(
  'a cast or call that fails makes only its own value NULL, and is counted (interpret: %s)',
  async (interpret) => {
    const p = await openPipeline({ 'a.sql': SQL }, { now: '2026-03-15T12:00:00Z', interpret });
    p.insert('t', [
      { id: 1, x: 6, k: 3, s: '12' },
      { id: 2, x: 6, k: 0, s: 'twelve' },
    ]);
    expect(p.rows('v')).toEqual([
      { id: 1, q: 2, n: 12 },
      { id: 2, q: 7, n: null },
    ]);
    expect(p.rows('w')).toEqual([
      { id: 1, c: 1 },
      { id: 2, c: 2 },
    ]);
    const errors = p.errors();
    expect(errors.map(({ view, code, count }) => [view, code, count]).sort()).toEqual([
      ['v', '22012', 1],
      ['v', '22P02', 1],
      ['w', '22012', 1],
    ]);
  },
);

test('with more kinds of errors than are kept, the engine goes on and counts all errors', async () => {
  const p = await openPipeline({ 'a.sql': SQL }, { now: '2026-03-15T12:00:00Z' });
  p.insert(
    't',
    Array.from({ length: 400 }, (_, id) => ({ id, x: 1, k: 1, s: `word ${id}` })),
  );
  const rows = p.rows('v').length;
  const errors = p.errors();
  expect(rows).toBe(400);
  expect(errors.length).toBeLessThan(300);
  const counts = errors.map((e) => e.count);
  expect(counts.reduce((n, count) => n + count, 0)).toBe(400);
  expect(errors.find((e) => e.message.startsWith('further'))?.count).toBeGreaterThan(100);
});

test.each([false, true])(
  'an error is counted when its row is inserted, not when the row is read or retracted (interpret: %s)',
  async (interpret) => {
    const sql = `CREATE TABLE t (id INT PRIMARY KEY, x INT, k INT);
      CREATE MATERIALIZED VIEW lazy AS SELECT id, x / k AS q FROM t;
      CREATE MATERIALIZED VIEW total AS SELECT SUM(x / k) AS q FROM t;
      CREATE MATERIALIZED VIEW pairs AS SELECT a.id, b.id AS other FROM t a JOIN t b
        ON a.k = b.k AND a.x / b.k > b.x - 9;`;
    const p = await openPipeline({ 'a.sql': sql }, { now: '2026-03-15T12:00:00Z', interpret });
    const counts = (): unknown[] => p.errors().map(({ view, count }) => [view, count]);
    p.insert('t', [{ id: 1, x: 6, k: 0 }]);
    expect(counts()).toEqual(
      expect.arrayContaining([
        ['lazy', 1],
        ['total', 1],
        ['pairs', 1],
      ]),
    );
    expect([p.rows('lazy'), p.rows('lazy'), p.rows('total'), p.rows('pairs')]).toHaveLength(4);
    expect(counts()).toEqual([]);
    p.insert('t', [{ id: 1, x: 6, k: 3 }]);
    expect(p.rows('total')).toEqual([{ q: 2 }]);
    expect(counts()).toEqual([]);
  },
);

test.each([false, true])(
  'a sum beyond the range of NUMERIC is NULL, and counted once when it gets there (interpret: %s)',
  async (interpret) => {
    const sql = `CREATE TABLE t (id INT PRIMARY KEY, k INT, n NUMERIC, b BIGINT);
      CREATE MATERIALIZED VIEW v AS SELECT k, SUM(n) AS s, AVG(n) AS a, SUM(DISTINCT n) AS d,
        SUM(n) FILTER (WHERE id > 1) AS f FROM t GROUP BY k;
      CREATE MATERIALIZED VIEW whole AS SELECT COALESCE(SUM(n), 7) AS s, SUM(n) * 2 AS twice FROM t;`;
    const p = await openPipeline({ 'a.sql': sql }, { now: '2026-03-15T12:00:00Z', interpret });
    const counts = (): unknown[] => p.errors().map(({ view, code, count }) => [view, code, count]);
    const max = '79228162514264337593543950335';
    p.insert('t', [
      { id: 1, k: 1, n: max },
      { id: 2, k: 1, n: max },
      { id: 3, k: 2, n: max },
      { id: 4, k: 2, n: `-${max}` },
      { id: 9, k: 3, n: max },
    ]);
    expect(p.rows('v')).toEqual([
      { k: 1, s: null, a: max, d: max, f: max },
      { k: 2, s: 0, a: 0, d: 0, f: 0 },
      { k: 3, s: max, a: max, d: max, f: max },
    ]);
    expect(p.rows('whole')).toEqual([{ s: 7, twice: null }]);
    expect(counts()).toEqual([
      ['v', '22003', 1],
      ['whole', '22003', 1], // both columns are the same sum
    ]);
    // Reading again, changing another group, or staying out of range counts nothing more.
    expect(p.rows('v')).toHaveLength(3);
    p.insert('t', [{ id: 3, k: 2, n: 1 }]);
    p.insert('t', [{ id: 5, k: 1, n: -1 }]);
    expect(p.rows('v')[0]).toMatchObject({ s: null });
    expect(counts()).toEqual([]);
    p.insert('t', [{ id: 2, k: 1, n: 0 }]);
    expect(p.rows('v')[0]).toMatchObject({ s: '79228162514264337593543950334' });
    p.insert('t', [{ id: 2, k: 1, n: max }]);
    expect(counts()).toContainEqual(['v', '22003', 1]);
  },
);

test.each([false, true])(
  'products, casts and averages that are out of range are NULL and counted (interpret: %s)',
  async (interpret) => {
    const sql = `CREATE TABLE t (id INT PRIMARY KEY, n NUMERIC, b BIGINT, d DOUBLE PRECISION);
      CREATE MATERIALIZED VIEW rows AS SELECT id, n * n AS product, n::bigint AS cast_down, b * b AS whole,
        d * d AS square, d::real AS single, d::numeric AS exact FROM t;
      CREATE MATERIALIZED VIEW sums AS SELECT SUM(n * n) AS product, SUM(n::bigint) AS cast_down, SUM(b * b) AS whole,
        SUM(d * d) AS square, SUM(d::real) AS single, AVG(d::numeric) AS exact FROM t;`;
    const p = await openPipeline({ 'a.sql': sql }, { now: '2026-03-15T12:00:00Z', interpret });
    p.insert('t', [{ id: 1, n: '1e20', b: 9_000_000_000_000_000n, d: 1e200 }]);
    const nothing = { product: null, cast_down: null, whole: null, square: null, single: null, exact: null };
    expect(p.rows('rows')).toEqual([{ id: 1, ...nothing }]);
    expect(p.rows('sums')).toEqual([nothing]);
    const errors = p.errors();
    for (const view of ['rows', 'sums']) {
      const counted = errors.filter((e) => e.view === view).reduce((n, e) => n + e.count, 0);
      expect({ view, counted }).toEqual({ view, counted: 6 });
    }
  },
);

test('an aggregated text or json that is too long is NULL and counted; later rows are processed', async () => {
  const sql = `CREATE TABLE t (k INT, s VARCHAR);
    CREATE MATERIALIZED VIEW v AS SELECT k, STRING_AGG(s, ',' ORDER BY s) AS s, JSONB_AGG(s ORDER BY s) AS j,
      JSONB_OBJECT_AGG(s, s ORDER BY s) AS o, COUNT(*) AS n FROM t GROUP BY k;`;
  const p = await openPipeline({ 'a.sql': sql }, { now: '2026-03-15T12:00:00Z' });
  const text = 'x'.repeat(1_000_000);
  const rows = Array.from({ length: 11 }, (_, i) => ({ k: 1, s: `${i}${text}` }));
  p.insert('t', [...rows, { k: 2, s: 'a' }]);
  expect(p.rows('v')).toEqual([
    { k: 1, s: null, j: null, o: null, n: 11 },
    { k: 2, s: 'a', j: ['a'], o: { a: 'a' }, n: 1 },
  ]);
  expect(p.errors().map(({ view, code, count }) => [view, code, count])).toEqual([
    ['v', '54000', 1],
    ['v', '54000', 1],
    ['v', '54000', 1],
  ]);
  p.insert('t', [{ k: 2, s: 'b' }]);
  expect(p.rows('v')[1]).toMatchObject({ s: 'a,b' });
  expect(p.errors()).toEqual([]);
  // The value fits again.
  p.insertDatums(
    't',
    rows.slice(4).map(({ k, s }) => [k, s]),
    -1,
  );
  expect((p.rows('v')[0]!['s'] as string).length).toBe(4 * 1_000_001 + 3);
});

test.each([false, true])(
  'a failed expression is not counted again when the clock changes another column of its row (interpret: %s)',
  async (interpret) => {
    const sql = `CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR, day DATE, n INT);
      CREATE MATERIALIZED VIEW lasting AS SELECT id, s::int AS n, day > CURRENT_DATE - 2 AS recent FROM t;
      CREATE MATERIALIZED VIEW total AS SELECT SUM(s::int) AS n, COUNT(*) FILTER (WHERE day > CURRENT_DATE - 2) AS c
        FROM t;
      CREATE MATERIALIZED VIEW windowed AS SELECT id, s::int AS n FROM t WHERE day > CURRENT_DATE - 2;
      CREATE MATERIALIZED VIEW moved AS SELECT day > CURRENT_DATE - 2 AS recent, SUM(s::int) AS n FROM t GROUP BY 1;
      CREATE MATERIALIZED VIEW once AS SELECT id, n / (CURRENT_DATE - day) AS q FROM t;`;
    const p = await openPipeline({ 'a.sql': sql }, { now: '2026-03-15T12:00:00Z', interpret });
    const counts = (): unknown => Object.fromEntries(p.errors().map(({ view, count }) => [view, count]));
    p.insert('t', [
      { id: 1, s: 'one', day: '2026-03-15', n: 1 },
      { id: 2, s: '2', day: '2026-03-17', n: 1 },
    ]);
    expect(counts()).toEqual({ lasting: 1, total: 1, windowed: 1, moved: 1, once: 1 });
    p.advanceBy('1 day');
    expect(counts()).toEqual({});
    p.advanceBy('1 day');
    expect(counts()).toEqual({ once: 1 }); // the second row divides by zero on its day
    p.advanceBy('8 days');
    expect(counts()).toEqual({});
    expect(p.rows('windowed')).toEqual([]);
  },
);

test('an expression that fails alike in every row is counted when it starts to fail, not at every tick', async () => {
  const sql = `CREATE TABLE t (id INT PRIMARY KEY);
    CREATE MATERIALIZED VIEW v AS SELECT id, 10 / (CURRENT_DATE - DATE '2026-03-16') AS q FROM t;`;
  const p = await openPipeline({ 'a.sql': sql }, { now: '2026-03-15T12:00:00Z' });
  const count = (): number => p.errors().reduce((n, e) => n + e.count, 0);
  p.insert('t', [{ id: 1 }]);
  expect([p.rows('v'), count()]).toEqual([[{ id: 1, q: -10 }], 0]);
  p.advanceTo('2026-03-16T00:00:00Z');
  expect([p.rows('v'), count()]).toEqual([[{ id: 1, q: null }], 1]);
  for (let minute = 0; minute < 5; minute++) p.advanceBy('1 minute');
  expect(count()).toBe(0);
  p.advanceBy('2 days');
  expect([p.rows('v'), count()]).toEqual([[{ id: 1, q: 5 }], 0]);
});

test('a constant expression that fails is NULL and counted, also in a query that reads no rows', async () => {
  const p = await openPipeline(
    {
      'a.sql': `CREATE MATERIALIZED VIEW v AS
        SELECT 1 AS one, CASE WHEN 1 IN (1, 2) THEN 2000000000 ELSE 0 END + 2000000000 AS two;`,
    },
    { now: '2026-03-15T12:00:00Z' },
  );
  expect(p.rows('v')).toEqual([{ one: 1, two: null }]);
  expect(p.errors()).toEqual([{ view: 'v', code: '22003', message: 'integer out of range', count: 1 }]);
});
