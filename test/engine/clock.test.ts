import { expect, test } from 'vitest';
import { engineProblems } from '../../src/engine/check.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { openPipeline } from '../../src/testing/index.ts';
import { expectScript } from './support/script.ts';

const E =
  "CREATE SOURCE e (v BIGINT, x INT, at TIMESTAMP) WITH (connector = 'kafka', topic = 'e') FORMAT PLAIN ENCODE JSON;";

test('CURRENT_DATE inside CASE: at midnight exactly the rows whose value differs change', () =>
  expectScript(
    `${E} CREATE MATERIALIZED VIEW v AS
       SELECT v, SUM(CASE WHEN at >= CURRENT_DATE - INTERVAL '1 day' THEN x ELSE 0 END) AS recent FROM e GROUP BY v;`,
    `@ 2026-03-15 23:00
     e + 1 5 '2026-03-14 10:00:00'
     e + 1 7 '2026-03-15 10:00:00'
     e + 2 1 '2026-03-15 10:00:00'
     => v + 1 12
     => v + 2 1
     @ 2026-03-15 23:59:59.999999
     =>
     @ 2026-03-16 00:00
     => v - 1 12
     => v + 1 7
     @ 2026-03-20 00:00
     => v - 1 7
     => v + 1 0
     => v - 2 1
     => v + 2 0`,
  ));

test('a temporal filter retracts each row at the instant it leaves the window, and the group with its last row', () =>
  expectScript(
    `${E} CREATE MATERIALIZED VIEW v AS
       SELECT v, COUNT(*) AS c FROM e WHERE at >= now() - INTERVAL '1 hour' GROUP BY v;`,
    `@ 2026-03-15 12:00
     e + 1 5 '2026-03-15 11:30:00'
     e + 1 5 '2026-03-15 11:30:00.000001'
     e + 1 5 '2026-03-15 10:59:59'
     => v + 1 2
     @ 2026-03-15 12:30
     =>
     @ 2026-03-15 12:30:00.000001
     => v - 1 2
     => v + 1 1
     @ 2026-03-15 12:30:00.000002
     => v - 1 1`,
  ));

test('rows with a future time appear when the clock reaches it', () =>
  expectScript(
    `${E} CREATE MATERIALIZED VIEW v AS SELECT v, SUM(x) AS s FROM e WHERE at <= now() GROUP BY v;`,
    `@ 2026-03-15 12:00
     e + 1 5 '2026-03-15 12:00:00.000001'
     e + 1 7 '2026-03-15 12:00:00'
     => v + 1 7
     @ 2026-03-15 12:00:01
     => v - 1 7
     => v + 1 12`,
  ));

test('a late row counts in the windows that still contain its time, regardless of the order of arrival', () =>
  expectScript(
    `${E} CREATE MATERIALIZED VIEW v AS
       SELECT v, COUNT(*) FILTER (WHERE at::date = CURRENT_DATE) AS today,
              COUNT(*) FILTER (WHERE at::date > CURRENT_DATE - 7) AS week FROM e GROUP BY v;`,
    `@ 2026-03-15 12:00
     e + 1 5 '2026-03-15 01:00:00'
     => v + 1 1 1
     @ 2026-03-16 12:00
     e + 1 5 '2026-03-15 02:00:00'
     e + 1 5 '2026-03-09 02:00:00'
     e + 1 5 '2026-03-10 02:00:00'
     => v - 1 1 1
     => v + 1 0 3
     @ 2026-03-17 00:00
     => v - 1 0 3
     => v + 1 0 2`,
  ));

test('a condition on the difference between the clock and a column is a window', () =>
  expectScript(
    `${E} CREATE MATERIALIZED VIEW v AS
       SELECT v, COUNT(*) FILTER (WHERE CURRENT_DATE - at::date < 2) AS days,
              COUNT(*) FILTER (WHERE now() - at < INTERVAL '90 minutes') AS minutes FROM e GROUP BY v;`,
    `@ 2026-03-15 12:00
     e + 1 5 '2026-03-15 11:00:00'
     => v + 1 1 1
     @ 2026-03-15 12:29:59.999999
     =>
     @ 2026-03-15 12:30
     => v - 1 1 1
     => v + 1 1 0
     @ 2026-03-17 00:00
     => v - 1 1 0
     => v + 1 0 0`,
  ));

test('a window of one month ends by the calendar', () =>
  expectScript(
    `${E} CREATE MATERIALIZED VIEW v AS
       SELECT v, COUNT(*) FILTER (WHERE at >= CURRENT_DATE - INTERVAL '1 month') AS c FROM e GROUP BY v;`,
    `@ 2026-03-01 00:00
     e + 1 5 '2026-02-28 00:00:00'
     => v + 1 1
     @ 2026-03-31 23:59
     =>
     @ 2026-04-01 00:00
     => v - 1 1
     => v + 1 0`,
  ));

test('CURRENT_DATE as a value changes every row at midnight', () =>
  expectScript(
    `${E} CREATE MATERIALIZED VIEW v AS SELECT v, CURRENT_DATE AS as_of, SUM(x) AS s FROM e GROUP BY v;`,
    `@ 2026-03-15 12:00
     e + 1 5 '2026-03-15 11:00:00'
     => v + 1 2026-03-15 5
     @ 2026-03-16 00:00
     => v - 1 2026-03-15 5
     => v + 1 2026-03-16 5`,
  ));

test('a row that leaves its window leaves counts, distinct sets, ordered lists and the group', () =>
  expectScript(
    `CREATE TABLE t (id INT PRIMARY KEY, k VARCHAR, x INT, n NUMERIC, at TIMESTAMP);
     CREATE MATERIALIZED VIEW v AS SELECT k, COUNT(*) AS c,
       COUNT(DISTINCT n) FILTER (WHERE at >= CURRENT_DATE - INTERVAL '1 day') AS ns,
       AVG(x) FILTER (WHERE at >= CURRENT_DATE - INTERVAL '1 day') AS a,
       ARRAY_AGG(x ORDER BY x) FILTER (WHERE at >= CURRENT_DATE - INTERVAL '1 day') AS xs,
       BOOL_OR(at >= CURRENT_DATE) AS today, SUM(x) AS s
     FROM t WHERE at >= CURRENT_DATE - INTERVAL '2 days' GROUP BY k;`,
    `@ 2026-03-15 12:00
     t + 1 a 5 1.0 '2026-03-15 10:00:00'
     t + 2 a 7 1.00 '2026-03-14 10:00:00'
     t + 3 b 9 . '2026-03-15 10:00:00'
     => v + a 2 1 6 {5,7} t 12
     => v + b 1 0 9 {9} t 9
     @ 2026-03-16 00:00
     => v - a 2 1 6 {5,7} t 12
     => v + a 2 1 5 {5} f 12
     => v - b 1 0 9 {9} t 9
     => v + b 1 0 9 {9} f 9
     @ 2026-03-17 00:00
     => v - a 2 1 5 {5} f 12
     => v + a 1 0 . . f 5
     => v - b 1 0 9 {9} f 9
     => v + b 1 0 . . f 9
     t - 1 a 5 1.0 '2026-03-15 10:00:00'
     t + 4 b 1 2 '2026-03-17 00:00:00'
     => v - a 1 0 . . f 5
     => v - b 1 0 . . f 9
     => v + b 2 1 1 {1} t 10
     @ 2026-03-25 00:00
     => v - b 2 1 1 {1} t 10`,
  ));

test('values too large for the fast path leave a window as well', () =>
  expectScript(
    `CREATE SOURCE e (v BIGINT, b BIGINT, n NUMERIC, at TIMESTAMP) WITH (connector = 'kafka', topic = 'e')
       FORMAT PLAIN ENCODE JSON;
     CREATE MATERIALIZED VIEW v AS SELECT v,
       SUM(CASE WHEN at >= CURRENT_DATE THEN b + 1 ELSE 0 END) AS s,
       SUM(n * 2) FILTER (WHERE at >= CURRENT_DATE) AS t FROM e GROUP BY v;`,
    `@ 2026-03-15 12:00
     e + 1 9007199254740993 79228162514264337593543950 '2026-03-15 10:00:00'
     e + 1 1 0.5 '2026-03-15 10:00:00'
     => v + 1 9007199254740996 158456325028528675187087901
     @ 2026-03-16 00:00
     => v - 1 9007199254740996 158456325028528675187087901
     => v + 1 0 .`,
  ));

test('a row with a NULL time is in no window', () =>
  expectScript(
    `${E} CREATE MATERIALIZED VIEW v AS
       SELECT v, SUM(CASE WHEN at >= CURRENT_DATE - INTERVAL '1 day' THEN x ELSE 0 END) AS s FROM e GROUP BY v;`,
    `@ 2026-03-15 12:00
     e + 1 5 .
     => v + 1 0
     @ 2026-03-18 12:00
     =>`,
  ));

test('a window over another view follows the changes of that view', () =>
  expectScript(
    `${E} CREATE MATERIALIZED VIEW d AS SELECT v, at::date AS day, SUM(x) AS s FROM e GROUP BY v, at::date;
     CREATE MATERIALIZED VIEW v AS SELECT v, SUM(s) FILTER (WHERE day > CURRENT_DATE - 2) AS s2 FROM d GROUP BY v;`,
    `@ 2026-03-15 12:00
     e + 1 5 '2026-03-15 11:00:00'
     => d + 1 2026-03-15 5
     => v + 1 5
     @ 2026-03-16 00:00
     e + 1 1 '2026-03-15 23:00:00'
     => d - 1 2026-03-15 5
     => d + 1 2026-03-15 6
     => v - 1 5
     => v + 1 6
     @ 2026-03-17 00:00
     => v - 1 6
     => v + 1 .`,
  ));

test('now() minus one month steps back at the end of a month: rows leave and come back', () =>
  expectScript(
    `${E} CREATE MATERIALIZED VIEW v AS
       SELECT v, COUNT(*) AS c FROM e WHERE at >= now() - INTERVAL '1 month' GROUP BY v;`,
    // From March 28th to 31st, "a month ago" is February 28th on all four days.
    `@ 2026-03-28 10:00
     e + 1 5 '2026-02-28 12:00:00'
     => v + 1 1
     @ 2026-03-28 12:00:00.000001
     => v - 1 1
     @ 2026-03-29 00:00
     => v + 1 1
     @ 2026-03-31 12:00
     =>
     @ 2026-03-31 12:00:00.000001
     => v - 1 1
     @ 2026-04-01 00:00
     =>`,
  ));

const ZONED =
  "CREATE SOURCE e (v INT, zone VARCHAR, days INT, at TIMESTAMPTZ) WITH (connector = 'kafka', topic = 'e') FORMAT PLAIN ENCODE JSON;";

test("each viewer's days follow the viewer's time zone, also a day of 25 hours", () =>
  expectScript(
    `${ZONED} CREATE MATERIALIZED VIEW today AS SELECT v, COUNT(*) AS c FROM e
       WHERE (at AT TIME ZONE zone)::date = (now() AT TIME ZONE zone)::date GROUP BY v;`,
    `@ 2026-10-25 12:00
     e + 1 Europe/Berlin 0 '2026-10-24 22:00:00'
     e + 2 Asia/Tokyo 0 '2026-10-24 22:00:00'
     => today + 1 1
     => today + 2 1
     @ 2026-10-25 14:59:59.999999
     =>
     @ 2026-10-25 15:00
     => today - 2 1
     @ 2026-10-25 22:59:59.999999
     =>
     @ 2026-10-25 23:00
     => today - 1 1`,
  ));

test('the length of a window can come from a column, and from an age in hours', () =>
  expectScript(
    `${ZONED} CREATE MATERIALIZED VIEW kept AS SELECT v FROM e WHERE at > now() - days * INTERVAL '1 day';
     CREATE MATERIALIZED VIEW young AS SELECT v, DATE_PART('day', now() - at)::int AS age FROM e
       WHERE EXTRACT(EPOCH FROM now() - at) / 3600 < 48;`,
    `@ 2026-03-15 12:00
     e + 1 . 1 '2026-03-15 09:00:00'
     e + 2 . 2 '2026-03-14 18:00:00'
     => kept + 1
     => kept + 2
     => young + 1 0
     => young + 2 0
     @ 2026-03-15 18:00
     => young - 2 0
     => young + 2 1
     @ 2026-03-16 08:59:59.999999
     =>
     @ 2026-03-16 09:00
     => kept - 1
     => young - 1 0
     => young + 1 1
     @ 2026-03-16 18:00
     => kept - 2
     => young - 2 1
     @ 2026-03-17 09:00
     => young - 1 1`,
  ));

test('hour and formatted date of now() in a time zone change for all rows at their steps', () =>
  expectScript(
    `${ZONED} CREATE MATERIALIZED VIEW v AS
       SELECT v, EXTRACT(HOUR FROM now() AT TIME ZONE 'Asia/Kathmandu')::int AS h, to_char(now(), 'Mon DD') AS d FROM e;`,
    `@ 2026-03-15 23:50
     e + 1 . . .
     => v + 1 5 'Mar 15'
     @ 2026-03-16 00:00
     => v - 1 5 'Mar 15'
     => v + 1 5 'Mar 16'
     @ 2026-03-16 00:14:59
     =>
     @ 2026-03-16 00:15
     => v - 1 5 'Mar 16'
     => v + 1 6 'Mar 16'`,
  ));

test('a continuously changing clock value is refused, with the reason', async () => {
  const sql = `${E} CREATE MATERIALIZED VIEW v AS SELECT v, MAX(now() - at) AS age FROM e GROUP BY v;`;
  await expect(openPipeline({ 'a.sql': sql }, { now: '2026-03-15T12:00:00Z' })).rejects.toThrow(
    /changes continuously/,
  );
});

test.each([
  [
    'SELECT day, localtimestamp AS x FROM (SELECT v, at::date AS day FROM e) AS d WHERE day = CURRENT_DATE',
    'localtimestamp',
  ],
  [
    'SELECT v, COUNT(*) FILTER (WHERE at > now()), MAX(LOCALTIMESTAMP - at) AS m FROM e GROUP BY v',
    'LOCALTIMESTAMP',
  ],
])('the diagnostic points at the clock call that changes continuously: %s', async (query, culprit) => {
  await loadParser();
  const text = `${E} CREATE MATERIALIZED VIEW v AS ${query};`;
  const { pipeline, diagnostics } = bindPipeline('p', [{ name: 'a.sql', text }], {});
  expect(diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
  const places = engineProblems(pipeline!).map(({ span }) => text.slice(span.start, span.end));
  expect(places).toEqual([culprit]);
});

test('a row that is updated many times has one entry in the timer queue', async () => {
  const sql = `${E} CREATE MATERIALIZED VIEW last AS SELECT v, MAX(at) AS at FROM e GROUP BY v;
    CREATE MATERIALIZED VIEW active AS SELECT COUNT(*) AS c FROM last WHERE at > now() - INTERVAL '1 hour';`;
  const p = await openPipeline({ 'a.sql': sql }, { now: '2026-03-15T12:00:00Z' });
  const at = (s: number): string => new Date(Date.UTC(2026, 2, 15, 12) + s * 1000).toISOString();
  for (let s = 1; s <= 2000; s++) {
    p.advanceTo(at(s));
    p.insert('e', [{ v: 1, x: 0, at: at(s).slice(0, -1) }]);
    if (s === 5) p.insert('e', [{ v: 2, x: 0, at: at(s).slice(0, -1) }]);
    p.rows('active');
  }
  const timers = p.engine.operators().find(({ holds }) => holds.startsWith('timers'));
  expect(timers!.rows).toBeLessThanOrEqual(2);
  const counts = [3604, 3605, 5599, 5600].map((s) => {
    p.advanceTo(at(s));
    return p.rows('active')[0]!['c'];
  });
  expect(counts).toEqual([2, 1, 1, 0]);
});

test('over a year of midnights each row leaves its window once', async () => {
  const sql = `${E} CREATE MATERIALIZED VIEW v AS
    SELECT v, COUNT(*) FILTER (WHERE at::date > CURRENT_DATE - 28) AS c FROM e GROUP BY v;`;
  const p = await openPipeline({ 'a.sql': sql }, { now: '2026-01-01T00:00:00Z' });
  for (let day = 0; day < 365; day++) {
    p.insert('e', [{ v: 1, x: 1, at: p.now.toISOString().slice(0, 19) }]);
    p.advanceBy('1 day');
  }
  // The window holds the events of the 27 days before today; today has no event yet.
  expect(p.rows('v')).toEqual([{ v: 1, c: 27 }]);
  // One change per event, and one per midnight from the 28th day on.
  expect(p.changes('v')).toHaveLength(365 + 365 - 27);
});

test('under a filter that rows only enter, MAX keeps one value per group', async () => {
  const sql = `${E} CREATE MATERIALIZED VIEW v AS
    SELECT v, MAX(at) AS last FROM e WHERE at::date <= CURRENT_DATE AND x > 0 GROUP BY v;`;
  const p = await openPipeline({ 'a.sql': sql }, { now: '2026-03-15T12:00:00Z' });
  p.insert('e', [
    { v: 1, x: 1, at: '2026-03-15T10:00:00' },
    { v: 1, x: 1, at: '2026-03-16T10:00:00' },
  ]);
  expect(p.rows('v')).toEqual([{ v: 1, last: '2026-03-15T10:00:00' }]);
  p.advanceTo('2026-03-16T00:00:00Z');
  expect(p.rows('v')).toEqual([{ v: 1, last: '2026-03-16T10:00:00' }]);
  expect(p.engine.operators().map((o) => o.holds)).toContain('groups by (v): max');
});

test('rows without an input follow the clock: SELECT without FROM, VALUES, and each branch of a union', () =>
  expectScript(
    `CREATE MATERIALIZED VIEW today AS SELECT CURRENT_DATE AS d;
     CREATE MATERIALIZED VIEW days AS
       SELECT * FROM (VALUES (CURRENT_DATE, 1), (DATE '2026-03-01', 2), (CURRENT_DATE - 1, 3)) AS t(d, n);
     CREATE MATERIALIZED VIEW open AS
       SELECT 'now' AS what WHERE now() >= TIMESTAMPTZ '2026-03-16 08:00Z' UNION ALL SELECT 'always';`,
    `@ 2026-03-15 12:00
     => today + 2026-03-15
     => days + 2026-03-15 1
     => days + 2026-03-01 2
     => days + 2026-03-14 3
     => open + always
     @ 2026-03-15 23:59:59.999999
     =>
     @ 2026-03-16 00:00
     => today - 2026-03-15
     => today + 2026-03-16
     => days - 2026-03-15 1
     => days + 2026-03-16 1
     => days - 2026-03-14 3
     => days + 2026-03-15 3
     @ 2026-03-16 08:00
     => open + now`,
  ));

test('a one-row parameter relation follows the clock in conditions, values and group keys', () =>
  expectScript(
    `${E} CREATE MATERIALIZED VIEW v AS
       WITH p AS (SELECT CURRENT_DATE AS today, 2 AS days)
       SELECT e.v, SUM(e.x) FILTER (WHERE e.at::date > p.today - p.days) AS recent, p.today - MIN(e.at)::date AS age
       FROM e CROSS JOIN p GROUP BY e.v, p.today;
     CREATE MATERIALIZED VIEW same_day AS
       WITH p AS (SELECT CURRENT_DATE AS today) SELECT e.v FROM e JOIN p ON e.at::date = p.today;
     CREATE MATERIALIZED VIEW past AS
       SELECT e.v, p.today FROM e LEFT JOIN (SELECT CURRENT_DATE AS today) AS p ON e.at::date < p.today;`,
    `@ 2026-03-15 12:00
     e + 1 5 '2026-03-15 11:00:00'
     => v + 1 5 0
     => same_day + 1
     => past + 1 .
     @ 2026-03-16 00:00
     => v - 1 5 0
     => v + 1 5 1
     => same_day - 1
     => past - 1 .
     => past + 1 2026-03-16
     @ 2026-03-17 00:00
     => v - 1 5 1
     => v + 1 . 2
     => past - 1 2026-03-16
     => past + 1 2026-03-17`,
  ));
