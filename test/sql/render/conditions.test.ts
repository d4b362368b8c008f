import { beforeAll, describe, expect, test } from 'vitest';
import { loadParser } from '../../../src/sql/parser.ts';
import { rendered, rendering } from './support/render.ts';
import { TABLES } from './support/random-clock-sql.ts';

beforeAll(loadParser);

/** Returns the rendered form of a condition in WHERE. */
async function condition(sql: string): Promise<string> {
  const text = await rendered(`${TABLES}CREATE MATERIALIZED VIEW v AS\nSELECT id FROM e\nWHERE ${sql};\n`);
  return text.slice(text.lastIndexOf('WHERE') + 'WHERE '.length).replace(/;\n$/, '');
}

const TODAY = "date_trunc('day', now() AT TIME ZONE 'UTC')";

describe('a condition that RisingWave filters by stays in its place', () => {
  test.each([
    ['d > CURRENT_DATE - 7', `d::timestamp > ${TODAY} - INTERVAL '7 days'`],
    ['CURRENT_DATE - 7 < d', `d::timestamp > ${TODAY} - INTERVAL '7 days'`],
    ['d = CURRENT_DATE', `d::timestamp = ${TODAY}`],
    ['ts::date >= CURRENT_DATE', `date_trunc('day', ts) >= ${TODAY}`],
    ['tz::date >= CURRENT_DATE', `date_trunc('day', tz AT TIME ZONE 'UTC') >= ${TODAY}`],
    ["ts > CURRENT_TIMESTAMP - INTERVAL '1 hour'", "ts > (now() AT TIME ZONE 'UTC') - INTERVAL '1 hour'"],
    ["tz > now() - INTERVAL '90 minutes'", "tz > now() - INTERVAL '90 minutes'"],
    ['tz > CURRENT_DATE', `tz AT TIME ZONE 'UTC' > ${TODAY}`],
    ["now() - tz < INTERVAL '2 weeks'", "tz > now() - INTERVAL '14 days'"],
    ["ts + INTERVAL '7 days' > LOCALTIMESTAMP", "ts + INTERVAL '7 days' > now() AT TIME ZONE 'UTC'"],
    ['CURRENT_DATE - d < 7', `d::timestamp > ${TODAY} - INTERVAL '7 days'`],
    ['CURRENT_DATE - d < n', `d::timestamp + n * INTERVAL '1 day' > ${TODAY}`],
    ['d > CURRENT_DATE - n', `d::timestamp + n * INTERVAL '1 day' > ${TODAY}`],
    ["d > (now() - INTERVAL '7 days')::date", `d::timestamp > ${TODAY} - INTERVAL '7 days'`],
    ["d >= date_trunc('month', now())", "d::timestamp >= date_trunc('month', now() AT TIME ZONE 'UTC')"],
    ['NOT d < CURRENT_DATE', `d::timestamp >= ${TODAY}`],
    [
      'd BETWEEN CURRENT_DATE - 6 AND CURRENT_DATE',
      `d::timestamp >= ${TODAY} - INTERVAL '6 days' AND d::timestamp <= ${TODAY}`,
    ],
    ['EXTRACT(EPOCH FROM now() - tz) < 3600', "tz > now() - INTERVAL '1 hour'"],
    ["DATE_PART('day', now() - tz) < 7", "tz > now() - INTERVAL '7 days'"],
    ['v > EXTRACT(EPOCH FROM now())', 'to_timestamp(v::double precision) > now()'],
    [
      "(tz AT TIME ZONE 'Europe/Berlin')::date > (now() AT TIME ZONE 'Europe/Berlin')::date - 7",
      "(date_trunc('day', tz AT TIME ZONE 'Europe/Berlin') + INTERVAL '7 days') AT TIME ZONE 'Europe/Berlin' > now()",
    ],
  ])('%s', async (sql, wanted) => {
    expect(await condition(sql)).toBe(wanted);
  });

  test('and what is in RisingWave’s words already is not touched', async () => {
    const sql = `${TABLES}-- A comment.
CREATE MATERIALIZED VIEW v AS
SELECT  id, -- odd  layout
  k FROM e WHERE date_trunc('minute', ts)>date_trunc('minute', now() AT TIME ZONE 'UTC')
                              - INTERVAL '6 hours' AND g <> 'a';
`;
    expect(await rendered(sql)).toBe(sql);
  });
});

test('other uses read bands of time, which are made of filters alone', async () => {
  const text = await rendered(`${TABLES}CREATE MATERIALIZED VIEW v AS
-- Two windows.
SELECT k,
    COUNT(*) FILTER (WHERE d > CURRENT_DATE - 7)  AS n_7d,  -- a week
    MAX(CASE WHEN d >= CURRENT_DATE THEN v END)   AS today
FROM e
GROUP BY k;
`);
  expect(text.slice(TABLES.length)).toMatchInlineSnapshot(`
    "CREATE MATERIALIZED VIEW v AS
    -- Two windows.
    WITH
    -- Each row of e with d_band, the band of time that it is in: 0 is the youngest. RisingWave takes
    -- now() only in filters such as these, and moves a row on when its time comes.
    e_by_d_band AS (
        SELECT k, v, 0 AS d_band
        FROM e
        WHERE d::timestamp > date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '1 day'
        UNION ALL
        SELECT k, v, 1
        FROM e
        WHERE d::timestamp <= date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '1 day'
          AND d::timestamp > date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '7 days'
        UNION ALL
        SELECT k, v, 2
        FROM e
        WHERE d::timestamp <= date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '7 days'
        UNION ALL
        SELECT k, v, NULL::int
        FROM e
        WHERE d::timestamp IS NULL
    )
    SELECT k,
        COUNT(*) FILTER (WHERE d_band <= 1)  AS n_7d,  -- a week
        MAX(CASE WHEN d_band = 0 THEN v END)   AS today
    FROM e_by_d_band
    GROUP BY k;
    "
  `);
});

test('a condition in WHERE on the same time leaves out the bands that it drops', async () => {
  const text = await rendered(`${TABLES}CREATE MATERIALIZED VIEW v AS
SELECT k, d > CURRENT_DATE - 7 AS recent FROM e WHERE d > CURRENT_DATE - 28 AND g = 'a';
`);
  expect(text.slice(TABLES.length)).toMatchInlineSnapshot(`
    "CREATE MATERIALIZED VIEW v AS
    WITH
    -- Each row of e with d_band, the band of time that it is in: 0 is the youngest. Rows that WHERE
    -- drops are in none. RisingWave takes now() only in filters such as these, and moves a row on when
    -- its time comes.
    e_by_d_band AS (
        SELECT k, g, 0 AS d_band
        FROM e
        WHERE d::timestamp > date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '7 days'
        UNION ALL
        SELECT k, g, 1
        FROM e
        WHERE d::timestamp <= date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '7 days'
          AND d::timestamp > date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '28 days'
    )
    SELECT k, d_band = 0 AS recent FROM e_by_d_band WHERE g = 'a';
    "
  `);
});

test.each([
  ["d > CURRENT_DATE - 9 AND g = 'a' AND d <= CURRENT_DATE", "WHERE g = 'a'"],
  ["g = 'a' AND d > CURRENT_DATE - 9 AND d <= CURRENT_DATE", "WHERE g = 'a'"],
  ['d > CURRENT_DATE - 9 AND d <= CURRENT_DATE', ''],
  ["((d > CURRENT_DATE - 9) AND (g = 'a')) AND k = 1", "WHERE (g = 'a') AND k = 1"],
  ['(d > CURRENT_DATE - 9 AND d <= CURRENT_DATE) AND k = 1', 'WHERE k = 1'],
])('WHERE %s loses what the bands do', async (where, wanted) => {
  const sql = `CREATE MATERIALIZED VIEW v AS SELECT k, d > CURRENT_DATE - 7 AS recent FROM e WHERE ${where};\n`;
  const text = await rendered(TABLES + sql);
  const rest = text.slice(text.lastIndexOf('FROM e_by_d_band') + 'FROM e_by_d_band'.length);
  expect(rest.trim()).toBe(`${wanted};`);
});

test('the clock beside an aggregate is compared after the groups are made', async () => {
  const text = await rendered(`${TABLES}CREATE MATERIALIZED VIEW v AS
SELECT e.k, CASE WHEN MAX(ts) > now() - INTERVAL '7 days' THEN 'active' ELSE 'idle' END AS state, COUNT(*) AS events
FROM e
GROUP BY e.k
HAVING COUNT(*) > 1;
`);
  expect(text.slice(TABLES.length)).toMatchInlineSnapshot(`
    "CREATE MATERIALIZED VIEW v AS
    WITH
    -- The groups of the query that reads them, without the clock.
    e_grouped AS (
        SELECT
            e.k AS k,
            MAX(ts) AS max_ts,
            COUNT(*) AS events
        FROM e
        GROUP BY e.k
        HAVING COUNT(*) > 1
    ),
    -- Each row of e_grouped with max_ts_band, the band of time that it is in: 0 is the youngest.
    -- RisingWave takes now() only in filters such as these, and moves a row on when its time comes.
    e_grouped_by_max_ts_band AS (
        SELECT k, events, 0 AS max_ts_band
        FROM e_grouped
        WHERE max_ts > (now() AT TIME ZONE 'UTC') - INTERVAL '7 days'
        UNION ALL
        SELECT k, events, 1
        FROM e_grouped
        WHERE max_ts <= (now() AT TIME ZONE 'UTC') - INTERVAL '7 days'
        UNION ALL
        SELECT k, events, NULL::int
        FROM e_grouped
        WHERE max_ts IS NULL
    )
    SELECT k, CASE WHEN max_ts_band = 0 THEN 'active' ELSE 'idle' END AS state, events
    FROM e_grouped_by_max_ts_band;
    "
  `);
});

describe('a condition that RisingWave has no form for is refused at its place', () => {
  test.each([
    ['SELECT id, CURRENT_DATE AS today FROM e', 'CURRENT_DATE', /compute with it/],
    ['SELECT id, CURRENT_DATE - d AS age FROM e', 'CURRENT_DATE', /compute with it/],
    ["SELECT id FROM e WHERE to_char(now(), 'YYYY') = g", '=', /in no form/],
    ["SELECT id FROM e WHERE DATE '2026-01-01' < CURRENT_DATE", '<', /reads no column/],
    ["SELECT id FROM e WHERE tz > now() - INTERVAL '1 month'", '>', /falls at the end of a long month/],
    [
      "SELECT id FROM e WHERE tz AT TIME ZONE 'Europe/Berlin' > now() AT TIME ZONE 'Europe/Berlin'",
      '>',
      /falls when clocks are put back/,
    ],
    ['SELECT e.id, e.d + p.days > CURRENT_DATE AS x FROM e JOIN p ON p.k = e.k', '>', /reads several/],
    ["SELECT id FROM e WHERE age(now(), tz) < INTERVAL '2 months'", '<', /age/],
  ])('%s', async (query, at, message) => {
    const sql = `${TABLES}CREATE MATERIALIZED VIEW v AS\n${query};\n`;
    const { diagnostics } = await rendering(sql);
    const [first] = diagnostics;
    expect(first?.message).toMatch(message);
    expect(sql.slice(first!.span.start, first!.span.end)).toBe(at);
    expect(first?.hint).not.toBe('');
  });
});
