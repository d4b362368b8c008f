import { beforeAll, expect, test } from 'vitest';
import { loadParser } from '../../../src/sql/parser.ts';
import { openPipeline } from '../../../src/testing/index.ts';
import type { TestPipeline } from '../../../src/testing/index.ts';
import { Random } from '../../oracle/support/random.ts';
import { DAY_MS, HOUR_MS, event, people, rowsOf } from './support/events.ts';
import { TABLES } from './support/random-clock-sql.ts';
import { rendered } from './support/render.ts';

// Queries in forms and layouts that people write, rendered, and compared with the original over random rows and times.

const QUERIES = [
  'select "k", count(*) filter (where "d">current_date-7) as "N 7" from public.e as "E" group by "k"',
  "SELECT e.* FROM e WHERE (d > CURRENT_DATE - 3 OR g = 'a') -- why\n AND /* odd */ k IS NOT NULL",
  `SELECT p.name, x.a FROM p RIGHT JOIN
     (SELECT k, SUM(v) FILTER (WHERE d >= CURRENT_DATE) AS a FROM e GROUP BY k) x USING (k)`,
  `SELECT k, x.n7 FROM (SELECT k, COUNT(*) FILTER (WHERE ts > now() - INTERVAL '7 days') AS n7 FROM e GROUP BY k)
     AS x (k, n7) WHERE x.n7 > 0`,
  `WITH a AS (
     WITH b AS (SELECT k, d FROM e)
     SELECT k, MAX(CASE WHEN d = CURRENT_DATE THEN 1 ELSE 0 END) AS t FROM b GROUP BY k
   ), c AS (SELECT k, t FROM a) SELECT c.k, c.t FROM c`,
  `SELECT DISTINCT ON (k) k, id, ts > LOCALTIMESTAMP - INTERVAL '1 day' AS fresh FROM e
   ORDER BY k, ts DESC NULLS LAST, id`,
  'SELECT k, COUNT(*) AS n FROM e GROUP BY k, (d > CURRENT_DATE - 7) HAVING COUNT(*) > 1',
  'SELECT k, (d > CURRENT_DATE - 7) AS recent, COUNT(*) FROM e GROUP BY k, d > CURRENT_DATE - 7',
  `SELECT e1.id, e2.id AS other, e1.d > CURRENT_DATE - 7 AS a, e2.d > CURRENT_DATE - 7 AS b
   FROM e e1 JOIN e e2 ON e1.k = e2.k AND e1.id < e2.id`,
  `SELECT t.k, t.m FROM (SELECT k, MAX(d) AS m FROM e GROUP BY k) t
   WHERE t.m < CURRENT_DATE - 2 OR t.m IS NULL`,
  `SELECT k,
     CASE WHEN MAX(d) >= CURRENT_DATE - 1 THEN 'a' WHEN MAX(d) >= CURRENT_DATE - 7 THEN 'b' ELSE 'c' END AS seg,
     COALESCE(SUM(v) FILTER (WHERE d >= CURRENT_DATE - 7), 0)::numeric / NULLIF(COUNT(*), 0) AS r
   FROM e GROUP BY k`,
  "SELECT id, ts BETWEEN now() - INTERVAL '1 day' AND now() AS in_day, NOT (tz < now()) AS future FROM e",
  'SELECT k, SUM(v) AS s FROM e WHERE d > CURRENT_DATE - 7 GROUP BY k HAVING SUM(v) > 10',
  `SELECT k, AVG(v) FILTER (WHERE d > CURRENT_DATE - 7)
     - AVG(v) FILTER (WHERE d <= CURRENT_DATE - 7 AND d > CURRENT_DATE - 14) AS trend FROM e GROUP BY k`,
  'SELECT k, BOOL_OR(ts::date = CURRENT_DATE) AND COUNT(*) > 1 AS both FROM e GROUP BY k',
  `SELECT g, COUNT(DISTINCT k) FILTER (WHERE date_trunc('week', ts) = date_trunc('week', now())) AS wau,
     COUNT(DISTINCT k) FILTER (WHERE date_trunc('month', ts) = date_trunc('month', now())) AS mau FROM e GROUP BY g`,
  "SELECT id FROM e WHERE CASE WHEN g = 'a' THEN d > CURRENT_DATE - 3 ELSE d > CURRENT_DATE - 6 END",
  "SELECT MAX(ts) > now() - INTERVAL '1 hour' AS alive FROM e",
  `SELECT k, 'é—' || g AS "ü", d >= CURRENT_DATE - 5 AS x FROM e WHERE g <> 'né'`,
  `SELECT k, COUNT(*) FILTER (WHERE d > CURRENT_DATE - INTERVAL '7 days') AS a,
     COUNT(*) FILTER (WHERE ts >= CURRENT_TIMESTAMP - INTERVAL '168 hours') AS b FROM e GROUP BY k`,
  `SELECT a.k, COUNT(*) FILTER (WHERE a.d > CURRENT_DATE - 7) AS n, MAX(p.since) AS s
   FROM e AS a LEFT OUTER JOIN p ON (p.k = a.k AND p.since > CURRENT_DATE - 5) GROUP BY a.k`,
  'SELECT (me.d > CURRENT_DATE - 7) IS NOT DISTINCT FROM TRUE AS x, me.id FROM e me',
  'SELECT id, d IS NOT NULL AND d > CURRENT_DATE - 2 AND ((v > 5) = (d > CURRENT_DATE - 4)) AS z FROM e',
  "SELECT k, MAX(ts) FILTER (WHERE ts < now()) > now() - INTERVAL '2 days' AS live FROM e GROUP BY k",
  'SELECT k FROM e GROUP BY k HAVING MAX(d) FILTER (WHERE d < CURRENT_DATE) IS NULL',
];

beforeAll(loadParser);

test.each(QUERIES.map((query, i) => [i, query] as const))('%i: %s', async (seed, query) => {
  const sql = `${TABLES}CREATE MATERIALIZED VIEW v AS\r\n${query};\r\n`;
  const text = await rendered(sql);
  const r = new Random(seed);
  let now_ms = Date.UTC(2026, 2, 1, 12);
  const open = (each: string): Promise<TestPipeline> =>
    openPipeline({ 'test.sql': each }, { now: new Date(now_ms) });
  const [one, other] = [await open(sql), await open(text)];
  for (const each of [one, other]) each.insert('p', people(now_ms));
  for (let step = 0; step < 40; step++) {
    const row = event(r, now_ms);
    for (const each of [one, other]) each.insert('e', row);
    now_ms += r.pick([HOUR_MS, 6 * HOUR_MS, DAY_MS - (now_ms % DAY_MS), 3 * DAY_MS]);
    for (const each of [one, other]) each.advanceTo(new Date(now_ms));
    expect(rowsOf(other, 'v'), `step ${step}\n${text}`).toEqual(rowsOf(one, 'v'));
  }
});
