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
    expect(errors.map((e) => e.code).sort()).toEqual(['22012', '22012', '22P02']);
    expect(new Set(errors.map((e) => e.view))).toEqual(new Set(['v', 'w']));
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
  // Reading rows evaluates them too, so each row may be counted more than once.
  expect(errors.reduce((n, e) => n + e.count, 0) % 400).toBe(0);
  expect(errors.find((e) => e.message.startsWith('further'))?.count).toBeGreaterThan(100);
});
