import { expect, test } from 'vitest';
import { openPipeline } from '../../src/testing/index.ts';

const SQL = `CREATE TABLE t (id INT PRIMARY KEY, x INT, k INT, s VARCHAR);
  CREATE MATERIALIZED VIEW v AS SELECT id, COALESCE(x / k, 7) AS q, s::int AS n FROM t;
  CREATE MATERIALIZED VIEW w AS
    SELECT id, CASE WHEN y > 0 THEN 1 ELSE 2 END AS c FROM (SELECT id, x / k AS y FROM t) AS inner_t;`;

test.each([false, true])(
  'a cast or call that fails is NULL alone, and is counted (interpret: %s)',
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

test('more kinds of errors than are kept stop nothing, and all are counted', async () => {
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
  'a row that fails is counted when it comes, not when it is read or goes (interpret: %s)',
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
