import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../../src/sql/parser.ts';
import { castDatum } from '../../src/values/cast.ts';
import { VARCHAR, typeName } from '../../src/values/types.ts';
import { bindFiles, pipelineOf } from './support/check.ts';
import { interpret } from './support/interpret.ts';
import type { Row, World } from './support/interpret.ts';
import { ourText, theirText, typeOfPostgres } from './support/postgres-text.ts';

// The plan that the binder makes of a query gives the rows and types that PostgreSQL gives. A simple interpreter runs
// the plan, so that the result does not depend on the engine.

const TABLES = `
CREATE TABLE e (
  id INT, viewer BIGINT, genre VARCHAR, secs INT, pct NUMERIC, at TIMESTAMPTZ, day DATE, f DOUBLE PRECISION,
  ok BOOLEAN, tags VARCHAR[], ts TIMESTAMP
);
CREATE TABLE t (viewer BIGINT, name VARCHAR, lim SMALLINT);
`;
const NOW = '2026-03-15 13:45:10+00';

const QUERIES: readonly string[] = [
  // Projection, types of expressions
  `SELECT id, secs + 1 AS a, secs / 7 AS b, secs / 7.0 AS c, secs * viewer AS d, -secs AS f, secs % 5 AS g FROM e`,
  `SELECT id, pct * 2 AS a, pct + secs AS b, f + secs AS c, f * pct AS d, viewer / secs AS g FROM e WHERE secs <> 0`,
  `SELECT id, CASE WHEN secs > 10 THEN 'long' WHEN secs > 5 THEN 'mid' ELSE genre END AS a, CASE genre WHEN 'a' THEN 1 WHEN 'b' THEN 2.5 END AS b FROM e`,
  `SELECT id, COALESCE(genre, 'none') AS a, NULLIF(secs, 3) AS b, GREATEST(secs, viewer, 4) AS c, LEAST(pct, 1) AS d, COALESCE(NULL, secs, 1.5) AS g FROM e`,
  `SELECT id, genre || '-' || secs AS a, upper(genre) AS b, substring(genre from 1 for 1) AS c, position('a' in genre) AS d, trim(' x ') AS f, overlay('abcd' placing 'X' from 2) AS g FROM e`,
  `SELECT id, day + 7 AS a, day - DATE '2026-01-01' AS b, day + INTERVAL '1 month' AS c, at - INTERVAL '2 hours' AS d, ts - TIMESTAMP '2026-03-01 00:00:00' AS f, extract(day from at) AS g FROM e`,
  `SELECT id, date_trunc('day', at) AS a, date_trunc('hour', ts) AS b, at::date AS c, ts::date AS d, at AT TIME ZONE 'UTC' AS f, ts AT TIME ZONE 'UTC' AS g, at AT TIME ZONE 'Europe/Berlin' AS h FROM e`,
  `SELECT id, secs::bigint AS a, pct::int AS b, secs::text AS c, '12'::int AS d, CAST(pct AS DOUBLE PRECISION) AS f, genre::varchar AS g, viewer::smallint AS h FROM e`,
  `SELECT id, tags[1] AS a, tags[1:2] AS b, ARRAY[secs, 2.5] AS c, cardinality(tags) AS d FROM e`,
  `SELECT 1 AS a, 'x' AS b, NULL AS c, 2147483648 AS d, 1.50 AS f, true AS g, DATE '2026-02-28' AS h, INTERVAL '1' DAY AS i, -2147483648 AS j, 9223372036854775808 AS k`,
  // The clock
  `SELECT id, CURRENT_DATE - day AS a, day >= CURRENT_DATE - INTERVAL '7 days' AS b, CASE WHEN at > now() - INTERVAL '7 days' THEN secs ELSE 0 END AS c, CURRENT_DATE - 7 AS d, CURRENT_DATE - INTERVAL '7 days' AS f, LOCALTIMESTAMP AS g FROM e`,
  `SELECT viewer, COUNT(*) FILTER (WHERE day > CURRENT_DATE - 28) AS n, SUM(CASE WHEN ts >= CURRENT_DATE - INTERVAL '7 days' THEN secs ELSE 0 END) AS s FROM e GROUP BY viewer`,
  // Conditions, NULLs
  `SELECT id FROM e WHERE genre IN ('a', 'c')`,
  `SELECT id FROM e WHERE genre NOT IN ('a', NULL)`,
  `SELECT id FROM e WHERE secs IN (1, 2, viewer)`,
  `SELECT id FROM e WHERE secs BETWEEN 3 AND 12 AND NOT (genre = 'a')`,
  `SELECT id FROM e WHERE secs NOT BETWEEN 3 AND 12 OR genre IS NULL`,
  `SELECT id, genre IS DISTINCT FROM 'a' AS a, genre IS NOT DISTINCT FROM NULL AS b, ok IS TRUE AS c, ok IS NOT FALSE AS d, ok IS UNKNOWN AS f, genre IS NOT NULL AS g FROM e`,
  `SELECT id FROM e WHERE genre LIKE '%a' OR genre ILIKE 'B_' OR genre ~ '^c'`,
  `SELECT id, ok AND secs > 3 AS a, ok OR NULL AS b, NOT ok AS c FROM e`,
  `SELECT id FROM e WHERE day > '2026-03-01' AND at < '2026-03-14 00:00:00+00' AND ts > day`,
  `SELECT id FROM e WHERE secs = ANY (ARRAY[1, 3, 5])`,
  `SELECT id FROM e WHERE genre = ANY ('{a,c}') AND secs <> ALL (ARRAY[3, 4, 5])`,
  `SELECT id FROM e WHERE NOT (secs <> ALL (ARRAY[3, NULL]))`,
  `SELECT id, f IN (0.25) AS a, secs IN (NULL) AS b FROM e`,
  `SELECT id FROM e WHERE ok AND true AND secs > 2 AND (genre = 'a' OR false)`,
  `SELECT id, NULLIF(secs, 2.5) / 4 AS a, NULLIF(secs, f) AS b, NULLIF('3', secs) AS c, NULLIF(secs, viewer) AS d, NULLIF(day, ts) AS g, NULLIF(pct, secs) AS h, NULLIF(f::real, 2.5) AS i, NULLIF(secs, 3::real) AS j FROM e`,
  `SELECT id, secs > ANY (ARRAY[10, NULL]) AS a, secs <= ALL (ARRAY[viewer, 5]) AS b, secs <> ANY ('{3,4}') AS c, secs = ALL (ARRAY[3]) AS d FROM e`,
  `SELECT id, secs = ANY (ARRAY[viewer, 3]) AS a, secs <> ALL (ARRAY[viewer, NULL]) AS b, secs = ANY (NULL) AS c, secs > ALL (ARRAY[]::int[]) AS d FROM e`,
  `SELECT id, genre LIKE ANY (ARRAY['B%', 'c']) AS a, genre NOT LIKE ALL ('{a,NULL}') AS b, genre ILIKE ANY (ARRAY[genre]) AS c FROM e`,
  `SELECT id, (f * 0 + 0.1)::real = ANY (ARRAY[0.1, 3]) AS a, (f * 0 + 0.1)::real <> ALL (ARRAY[0.1, 3]) AS b FROM e`,
  // Grouping
  `SELECT viewer, COUNT(*) AS n, COUNT(genre) AS c, COUNT(DISTINCT genre) AS d, SUM(secs) AS s, MIN(at) AS lo, MAX(genre) AS hi FROM e GROUP BY viewer`,
  `SELECT COUNT(*) AS n, SUM(viewer) AS s, AVG(secs) AS a, AVG(f) AS b, BOOL_AND(ok) AS c, BOOL_OR(ok) AS d, EVERY(secs > 0) AS g FROM e`,
  `SELECT COUNT(*) AS n, SUM(secs) AS s FROM e WHERE id < 0`,
  `SELECT date_trunc('day', ts) AS d, SUM(secs) / 60.0 AS m FROM e GROUP BY date_trunc('day', ts)`,
  `SELECT date_trunc('day', ts) AS d, genre AS g, COUNT(*) AS n FROM e GROUP BY 1, g`,
  `SELECT viewer + 1 AS v, viewer + 1 + COUNT(*) AS n FROM e GROUP BY viewer + 1`,
  `SELECT genre, SUM(secs) AS s FROM e GROUP BY genre HAVING COUNT(*) > 3 AND SUM(secs) > 20`,
  `SELECT genre AS viewer, COUNT(*) AS n FROM e GROUP BY genre, viewer`,
  `SELECT viewer, ARRAY_AGG(id ORDER BY secs DESC, id) AS a, STRING_AGG(genre, ',' ORDER BY id) AS s, ARRAY_AGG(id ORDER BY secs NULLS FIRST, id) FILTER (WHERE ok) AS o FROM e GROUP BY viewer`,
  `SELECT DISTINCT viewer, genre FROM e`,
  `SELECT DISTINCT viewer AS v, secs % 2 AS odd FROM e ORDER BY e.viewer DESC, secs % 2 LIMIT 5`,
  `SELECT DISTINCT genre, COUNT(*) AS n FROM e GROUP BY genre, viewer ORDER BY COUNT(*), genre LIMIT 4`,
  `SELECT viewer, genre, COUNT(*) AS n FROM e GROUP BY (viewer, genre)`,
  `SELECT a, b FROM (SELECT id AS a, viewer AS v FROM e), (SELECT viewer AS w, name AS b FROM t) WHERE v = w`,
  `SELECT 'k' AS k, COUNT(*) AS n FROM e GROUP BY k`,
  `SELECT viewer FROM e GROUP BY viewer HAVING MAX(secs) > 15`,
  `SELECT SUM(n) AS s, MAX(g) AS g FROM (SELECT genre AS g, COUNT(*) AS n FROM e GROUP BY genre) x WHERE n > 1`,
  // Joins
  `SELECT e.id, t.name FROM e JOIN t ON t.viewer = e.viewer`,
  `SELECT e.id, t.name, t.lim FROM e LEFT JOIN t ON e.viewer = t.viewer AND t.lim > 3`,
  `SELECT e.id, name FROM e LEFT JOIN t USING (viewer) WHERE name IS NULL`,
  `SELECT e.id, t.name FROM e LEFT JOIN t ON t.viewer = e.viewer AND t.lim > 1 AND e.ok WHERE e.secs > 3 AND e.genre <> 'a'`,
  `SELECT e.id, t.name FROM e JOIN t ON t.viewer = e.viewer AND e.ok WHERE t.lim > 1 AND e.secs > t.lim AND (t.name = 'n1' OR e.id > 9)`,
  `SELECT a.id, b.id AS other, t.name FROM e a LEFT JOIN t ON t.viewer = a.viewer JOIN e b ON b.secs = a.secs WHERE a.id < 20 AND b.id > a.id AND t.name IS NULL`,
  `SELECT a.id, t.name FROM t RIGHT JOIN e a ON t.viewer = a.viewer AND t.lim < 4 AND a.id > 5 WHERE a.genre = 'b'`,
  `SELECT t.name, r.id FROM t LEFT JOIN (SELECT viewer, id, ROW_NUMBER() OVER (PARTITION BY viewer ORDER BY id) AS rn FROM e) r ON r.viewer = t.viewer AND r.rn <= 2 AND r.id > 1`,
  `SELECT e.id, t.name FROM t RIGHT JOIN e ON e.viewer = t.viewer AND e.secs > t.lim`,
  `SELECT * FROM t JOIN (SELECT viewer, COUNT(*) AS n FROM e GROUP BY viewer) c USING (viewer)`,
  `SELECT a.id, b.id AS other FROM e a, e b WHERE a.viewer = b.viewer AND a.id < b.id AND a.secs > 10`,
  `SELECT e.id, t.name, u.lim FROM e, t, t u WHERE e.viewer = t.viewer AND u.viewer = t.viewer AND u.lim + 0 > e.secs - 100`,
  `SELECT x.id FROM e x JOIN t ON x.viewer = t.viewer AND x.secs > t.lim AND t.name <> 'zz'`,
  `SELECT viewer AS v, t.* FROM t WHERE lim = 2`,
  `SELECT e.id FROM e JOIN t ON e.secs = t.lim`,
  `SELECT lim, lim / 4 AS a, t.lim AS b FROM t JOIN (SELECT pct AS lim FROM e UNION ALL SELECT 3) x USING (lim)`,
  `SELECT lim, lim / 4 AS a, COUNT(*) AS n FROM t LEFT JOIN (SELECT pct AS lim FROM e) x USING (lim) GROUP BY lim`,
  `SELECT * FROM (SELECT pct AS lim, id FROM e) x RIGHT JOIN (SELECT lim FROM t) y USING (lim)`,
  `SELECT * FROM (SELECT lim FROM t) a LEFT JOIN (SELECT secs AS lim FROM e) b USING (lim) JOIN (SELECT viewer AS lim FROM t) c USING (lim)`,
  `SELECT day FROM (SELECT day FROM e) a LEFT JOIN (SELECT ts AS day FROM e) b USING (day)`,
  `SELECT e.id, t.name FROM e CROSS JOIN t CROSS JOIN (SELECT 3 AS three) x WHERE e.viewer = t.viewer AND e.secs > three`,
  `SELECT e.id, t.name FROM e LEFT JOIN t ON t.viewer = e.viewer AND false`,
  `SELECT e.id, t.name FROM e, t WHERE t.viewer = e.viewer AND 1 = 2`,
  // Set operations, CTEs, sub-selects
  `SELECT viewer AS v FROM e UNION ALL SELECT lim FROM t`,
  `SELECT viewer, genre FROM e UNION SELECT viewer, name FROM t`,
  `SELECT 1 AS a, NULL AS b UNION ALL SELECT 2.5, 'x' UNION ALL SELECT NULL, NULL`,
  `(SELECT id FROM e WHERE secs > 15 ORDER BY id LIMIT 2) UNION ALL SELECT 0`,
  `WITH d AS (SELECT viewer, SUM(secs) AS s FROM e GROUP BY viewer), big AS (SELECT * FROM d WHERE s > 30) SELECT b.viewer, d.s FROM big b JOIN d ON d.viewer = b.viewer`,
  `WITH x(a, b) AS (VALUES (1, 'p'), (2, NULL)) SELECT a + 1 AS c, b FROM x`,
  `SELECT q.y + 1 AS z FROM (SELECT secs + 1 AS y, id FROM e) q (y, i) WHERE i > 5`,
  `SELECT y, y * 2 AS z FROM (SELECT secs + viewer AS y FROM e) q WHERE y > 4`,
  // Order and rank
  `SELECT id, secs FROM e ORDER BY secs DESC NULLS LAST, id LIMIT 5`,
  `SELECT genre, COUNT(*) AS n FROM e GROUP BY genre ORDER BY n DESC, genre LIMIT 2 OFFSET 1`,
  `SELECT id FROM e ORDER BY secs + id DESC, 1 LIMIT 4`,
  `SELECT DISTINCT genre FROM e ORDER BY genre LIMIT 2`,
  `SELECT DISTINCT ON (viewer) viewer, id, genre FROM e ORDER BY viewer, secs DESC NULLS LAST, id`,
  `SELECT viewer, id FROM (SELECT viewer, id, ROW_NUMBER() OVER (PARTITION BY viewer ORDER BY at DESC, id) AS rn FROM e) r WHERE rn <= 2`,
  `SELECT viewer, id, rn FROM (SELECT viewer, id, ROW_NUMBER() OVER (PARTITION BY viewer ORDER BY secs NULLS FIRST, id) AS rn FROM e) r WHERE 3 > rn AND id > 4`,
  `SELECT viewer, genre, s FROM (SELECT viewer, genre, SUM(secs) AS s, ROW_NUMBER() OVER (PARTITION BY viewer ORDER BY SUM(secs) DESC NULLS LAST, genre) AS rn FROM e GROUP BY viewer, genre) r WHERE rn = 1`,
  `SELECT * FROM (SELECT id, ROW_NUMBER() OVER (ORDER BY id DESC) AS rn FROM e) r WHERE rn BETWEEN 3 AND 5`,
  `SELECT * FROM (SELECT id, ROW_NUMBER() OVER (PARTITION BY viewer ORDER BY secs, id) AS rn FROM e ORDER BY rn, id + 1) r WHERE rn <= 3`,
  `WITH r AS (SELECT e.viewer, e.id, t.name, ROW_NUMBER() OVER w AS rn FROM e JOIN t USING (viewer) WINDOW w AS (PARTITION BY t.name ORDER BY e.id)) SELECT name, id FROM r WHERE rn = 2`,
  `SELECT a.viewer, a.id, t.name FROM (SELECT viewer, id, ROW_NUMBER() OVER (PARTITION BY viewer ORDER BY id) AS rn FROM e) a JOIN t ON t.viewer = a.viewer WHERE a.rn <= 1`,
  `SELECT t.name, r.id FROM t LEFT JOIN (SELECT viewer, id, ROW_NUMBER() OVER (PARTITION BY viewer ORDER BY id) AS rn FROM e) r ON r.viewer = t.viewer WHERE r.rn <= 2`,
  `SELECT viewer, id FROM (SELECT viewer, id, ROW_NUMBER() OVER (PARTITION BY viewer ORDER BY id) AS rn FROM e) r WHERE rn IN (1, 3)`,
  `SELECT viewer, id FROM (SELECT viewer, id, ROW_NUMBER() OVER (PARTITION BY viewer ORDER BY id) AS rn FROM e) r WHERE rn = 1 OR (viewer = 2 AND rn <= 4) OR rn = 2`,
  `SELECT viewer, id FROM (SELECT viewer, id, ROW_NUMBER() OVER (PARTITION BY viewer ORDER BY id) AS rn FROM e) r WHERE NOT rn > 3 AND NOT rn = 2`,
  `SELECT DISTINCT ON (viewer, viewer) viewer, id FROM e ORDER BY viewer, id`,
  `SELECT DISTINCT ON (k) 'all' AS k, id FROM e ORDER BY k, id`,
  `SELECT viewer, ARRAY_AGG(id ORDER BY rn) AS ids FROM (SELECT viewer, id, ROW_NUMBER() OVER (PARTITION BY viewer ORDER BY id DESC) AS rn FROM e) r WHERE rn <= 3 GROUP BY viewer`,
];

let pg: PGlite;
let world: World;

beforeAll(async () => {
  await loadParser();
  pg = await PGlite.create();
  await pg.exec(`SET TIME ZONE 'UTC'; ${TABLES.replaceAll('VARCHAR', 'TEXT')}`);
  const { sources } = pipelineOf(bindFiles({ 'tables.sql': TABLES }));
  const data = randomRows(42);
  const relations = new Map<string, Row[]>();
  for (const source of sources) {
    const rows = data[source.name]!;
    const tuples = rows.map((row) => `(${row.map((v) => (v === null ? 'NULL' : `'${v}'`)).join(', ')})`);
    await pg.exec(`INSERT INTO ${source.name} VALUES ${tuples.join(', ')}`);
    relations.set(
      source.name,
      rows.map((row) =>
        row.map((v, i) => (v === null ? null : castDatum(v, VARCHAR, source.columns[i]!.type))),
      ),
    );
  }
  world = { relations, now_us: Date.parse(NOW) * 1000 };
});
afterAll(() => pg.close());

/** Returns random rows as text, with few different values per column so that joins and groups find equal ones. */
function randomRows(seed: number): Record<string, (string | null)[][]> {
  let state = seed;
  const next = (n: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % n;
  };
  const maybe = (v: string): string | null => (next(6) === 0 ? null : v);
  const two = (n: number): string => String(n).padStart(2, '0');
  const moment = (): string =>
    `2026-${two(2 + next(2))}-${two(1 + next(28))} ${two(next(24))}:${two(next(60))}:00`;
  const e = Array.from({ length: 60 }, (_, i) => [
    String(i),
    maybe(String(1 + next(5))),
    maybe(['a', 'b', 'c', 'Ba'][next(4)]!),
    maybe(String(next(20))),
    maybe(`${next(2)}.${next(100)}`),
    maybe(`${moment()}+00`),
    maybe(moment().slice(0, 10)),
    maybe(String(next(40) / 4)),
    maybe(next(2) === 0 ? 't' : 'f'),
    maybe(next(3) === 0 ? '{}' : `{x${next(3)},y}`),
    maybe(moment()),
  ]);
  const t = [1, 2, 2, 4, 6].map((v, i) => [maybe(String(v)), maybe(`n${i}`), String(next(6))]);
  return { e, t };
}

/** Replaces the clock of a query by {@link NOW}, since PostgreSQL's clock cannot be set. */
function atNow(sql: string): string {
  return sql
    .replaceAll('CURRENT_DATE', `DATE '${NOW.slice(0, 10)}'`)
    .replaceAll('LOCALTIMESTAMP', `TIMESTAMP '${NOW.slice(0, 19)}'`)
    .replaceAll('now()', `TIMESTAMPTZ '${NOW}'`);
}

describe('a bound query', () => {
  for (const query of QUERIES) {
    it(`gives the rows and types that PostgreSQL gives: ${query}`, async () => {
      const sql = `${TABLES}CREATE MATERIALIZED VIEW v AS ${query};`;
      const view = pipelineOf(bindFiles({ 'p.sql': sql })).views[0]!;
      const names = view.columns.map((_, i) => `c${i}`);
      const ours = interpret(view.plan, world);
      const from = `FROM (${atNow(query)}) q (${names.join(', ')})`;
      const rows = await pg.query<(string | null)[]>(
        `SELECT ${names.map((n) => `${n}::text`).join(', ')} ${from}`,
        [],
        {
          rowMode: 'array',
        },
      );
      const types = await pg.query<string[]>(
        // The LEFT JOIN gives one row with the types even if the query has no rows.
        `SELECT ${names.map((n) => `pg_typeof(${n})::text`).join(', ')} FROM (SELECT) one LEFT JOIN (SELECT * ${from} LIMIT 1) r ON true`,
        [],
        { rowMode: 'array' },
      );
      const theirs = rows.rows.map((row) => row.map((v, i) => theirText(view.columns[i]!.type, v)));
      const text = ours.map((row) => row.map((v, i) => ourText(view.columns[i]!.type, v)));
      expect(text.map((r) => r.join(' | ')).toSorted()).toEqual(theirs.map((r) => r.join(' | ')).toSorted());
      expect(view.columns.map((c) => typeName(c.type))).toEqual(types.rows[0]!.map(typeOfPostgres));
      const broken = view.columns.filter((c, i) => !c.nullable && ours.some((row) => row[i] === null));
      expect(broken).toEqual([]);
      const keys = text.map((row, i) => (view.key ?? [-1]).map((k) => row[k] ?? String(i)).join(' | '));
      expect(new Set(keys).size).toBe(keys.length);
    });
  }
});
