import { beforeAll, describe, expect, it } from 'vitest';
import { RISINGWAVE_RULES } from '../../src/sql/target/risingwave/rules.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { bind } from './support/check.ts';

beforeAll(() => loadParser());

/** The findings of Freshet itself, and the notice of the licence that every DynamoDB sink gets, which has its own test. */
const BESIDE = /^(?:F|R025)/;

/** Returns the code of each finding for RisingWave, and the text that it points at. */
function found(sql: string): string[] {
  const { diagnostics } = bind(sql, {}, RISINGWAVE_RULES);
  return diagnostics
    .filter((d) => !BESIDE.test(d.code))
    .map((d) => `${d.code} ${sql.slice(d.span.start, d.span.end)}`);
}
const view = (query: string): string => `CREATE MATERIALIZED VIEW v AS ${query};`;
const sink = (options: string): string =>
  `CREATE SINK s FROM v WITH (connector = 'dynamodb', table = 'items', region = 'r', ${options});`;
const counted = (condition: string): string =>
  view(`SELECT viewer_id, COUNT(*) AS n FROM events WHERE ${condition} GROUP BY viewer_id`);

describe('checked for RisingWave,', () => {
  it.each<[string, string, string[]]>([
    ['an abbreviated unit', view(`SELECT date_trunc('S', at) AS t FROM events`), [`R001 'S'`]],
    ['a plural unit', view(`SELECT date_trunc('days', at, 'UTC') AS t FROM events`), [`R001 'days'`]],
    [
      'a unit in a CTE, a sub-select, a condition and a plain view',
      view(
        `WITH a AS (SELECT date_trunc('mins', at) AS t FROM events) SELECT t FROM (SELECT t FROM a WHERE date_trunc('hrs', t) = t) x`,
      ) + `CREATE VIEW p AS SELECT date_trunc('mon', at) AS t FROM events;`,
      [`R001 'mins'`, `R001 'hrs'`, `R001 'mon'`],
    ],
    ['the length of the second dimension', view('SELECT array_length(tags, 2) AS n FROM events'), ['R002 2']],
    [
      'a list of names that is too short',
      'CREATE MATERIALIZED VIEW v (a, b) AS SELECT viewer_id, genre, day FROM events;',
      ['R003 b'],
    ],
    [
      'a list of names of a plain view that is too short',
      'CREATE VIEW v (a) AS SELECT viewer_id, genre FROM events;',
      ['R003 a'],
    ],
    [
      'NOT NULL in a source',
      `CREATE SOURCE x (a INT NOT NULL, b INT, c INT NOT NULL) WITH (connector = 'kafka', topic = 'x', properties.bootstrap.server = 'k:9092') FORMAT PLAIN ENCODE JSON;`,
      ['R004 a', 'R004 c'],
    ],
    [
      'an expression over UNION, also in a sub-select',
      view(
        'SELECT a FROM (SELECT viewer_id AS a FROM events UNION ALL SELECT id FROM titles ORDER BY -a, a + 1 LIMIT 3) x',
      ),
      ['R005 -', 'R005 +'],
    ],
    ['CURRENT_DATE', counted('day > CURRENT_DATE - 7'), ['R006 CURRENT_DATE']],
    ['LOCALTIMESTAMP', counted('at::timestamp > LOCALTIMESTAMP'), ['R006 LOCALTIMESTAMP']],
    [
      'the clock in CASE, in FILTER and in GROUP BY',
      view(
        `SELECT CASE WHEN at > now() - INTERVAL '1 day' THEN 1 END AS c,
         COUNT(*) FILTER (WHERE at < CURRENT_TIMESTAMP) AS n FROM events
         GROUP BY CASE WHEN at > now() - INTERVAL '1 day' THEN 1 END`,
      ),
      ['R007 now', 'R007 CURRENT_TIMESTAMP', 'R007 now'],
    ],
    [
      'the clock of a CTE of parameters',
      view('WITH p AS (SELECT now() AS t) SELECT viewer_id FROM events JOIN p ON at < p.t'),
      ['R007 now'],
    ],
    [
      'a cast of the clock in WHERE, ON and HAVING',
      view(
        `SELECT e.viewer_id, MAX(at) AS m FROM events e JOIN titles t ON t.id = e.viewer_id AND e.day > now()::date
         WHERE day < CAST(now() AS date) GROUP BY e.viewer_id HAVING MAX(at)::date > now()::date - 3`,
      ),
      ['R008 now', 'R008 now', 'R008 now'],
    ],
    [
      'a field of the clock, its time in another zone, and its day there',
      counted(
        `EXTRACT(hour FROM at) = EXTRACT(hour FROM now()) AND at::timestamp < now() AT TIME ZONE 'Europe/Berlin'
         AND at > date_trunc('day', now(), 'Europe/Berlin')`,
      ),
      ['R008 now', 'R008 now', 'R008 now'],
    ],
    [
      'the clock beside a column',
      counted(`now() - at < INTERVAL '1 day' AND at + INTERVAL '1 day' > now()`),
      ['R010 now'],
    ],
    [
      'the clock in two arms',
      counted(`at > now() - INTERVAL '1 day' OR ok OR at < now() - INTERVAL '9 days'`),
      ['R011 now'],
    ],
    [
      'a function of the clock',
      counted(
        `at > LEAST(now(), '2030-01-01'::timestamptz) AND at > date_bin('1 hour', now(), '2000-01-01'::timestamptz)
         AND to_char(at, 'YYYY-MM-DD') = to_char(now(), 'YYYY-MM-DD')`,
      ),
      ['R008 now', 'R008 now', 'R008 now'],
    ],
    [
      'a condition with the clock as a value',
      counted(`CASE WHEN ok THEN at > now() ELSE at < now() END AND (at > now()) IS NOT TRUE`),
      ['R008 now', 'R008 now'],
    ],
    [
      'the clock beside a column in a function, a list and BETWEEN',
      counted(
        `COALESCE(at, now()) > '2020-01-01'::timestamptz AND date_bin('1 hour', now(), at) < '2030-01-01'::timestamptz
         AND now() - at BETWEEN INTERVAL '1 hour' AND INTERVAL '1 day'`,
      ),
      ['R010 now', 'R010 now', 'R010 now'],
    ],
    ['the clock without a column', counted(`now() > '2030-01-01'::timestamptz`), ['R010 now']],
    [
      'another comparison with the clock',
      counted(`at <> now() AND at IS DISTINCT FROM date_trunc('day', now()) AND at NOT IN (now())`),
      ['R010 now', 'R010 now', 'R010 now'],
    ],
    [
      'an IN and a NOT BETWEEN of two clocks',
      counted(
        `at IN (date_trunc('day', now()), date_trunc('hour', now()))
         AND at NOT BETWEEN now() - INTERVAL '1 day' AND now()`,
      ),
      ['R011 now', 'R011 now'],
    ],
    ['the time of day', counted('at::time < LOCALTIME'), ['R006 LOCALTIME']],
    ['a unit with a cast', view(`SELECT date_trunc('mon'::text, at) AS t FROM events`), [`R001 'mon'`]],
    [
      'an option of a source that only Freshet has',
      `CREATE SOURCE x (a INT) WITH (connector = 'kafka', topic = 'x', properties.bootstrap.server = 'k:9092', scan.on_lost_position = 'resume') FORMAT PLAIN ENCODE JSON;`,
      ['R012 scan.on_lost_position'],
    ],
    [
      'a sort key in an option',
      view('SELECT viewer_id, COUNT(*) AS n FROM events GROUP BY viewer_id') +
        sink(`primary_key = 'viewer_id', freshet.sort_key = 'x'`),
      ['R009 freshet.sort_key'],
    ],
    [
      'a sink of files',
      view('SELECT viewer_id FROM events') +
        `\nCREATE SINK files FROM v WITH (connector = 'posix_fs', posix_fs.root = 'out');`,
      [`R013 'posix_fs'`],
    ],
  ])('%s is reported at its place', (_, sql, expected) => {
    expect(found(sql)).toEqual(expected);
    expect(bind(sql).diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
  });

  it.each([
    [view(`SELECT date_trunc('SECOND', at) AS t, date_trunc(genre, at) AS u FROM events`)],
    [view('SELECT array_upper(tags, 1) AS n, array_length(tags, secs) AS m FROM events')],
    ['CREATE MATERIALIZED VIEW v (a, b) AS SELECT viewer_id, genre FROM events;'],
    [`CREATE TABLE x (a INT NOT NULL PRIMARY KEY, b INT NOT NULL);`],
    [view('SELECT viewer_id AS a FROM events UNION ALL SELECT id FROM titles ORDER BY a, 1 LIMIT 3')],
    [view('SELECT viewer_id FROM events ORDER BY secs + 1 LIMIT 3')],
    [counted(`at > now() - INTERVAL '7 days' AND at < CURRENT_TIMESTAMP`)],
    [counted(`at::timestamp > date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '7 days'`)],
    [counted(`at > now()::timestamptz`)],
    [counted(`date_trunc('day', at, 'utc') = date_trunc('day', now(), 'UTC')`)],
    [counted(`at > date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'Europe/Berlin'`)],
    [counted(`at + secs * INTERVAL '1 day' > now() - INTERVAL '1 day' * 3`)],
    [counted(`NOT (ok OR secs > 1) AND at IN (now(), '2020-01-01'::timestamptz)`)],
    [counted(`at NOT BETWEEN '2020-01-01'::timestamptz AND now()`)],
    [counted(`(ok OR at > now() - INTERVAL '7 days') AND at < now()`)],
    [counted(`at BETWEEN now() - INTERVAL '7 days' AND now()`)],
    [view('SELECT viewer_id, MAX(at) AS m FROM events GROUP BY viewer_id HAVING MAX(at) > now()')],
  ])('nothing is reported for %s', (sql) => expect(found(sql)).toEqual([]));

  it('a statement with another error is checked all the same', () => {
    expect(found(view(`SELECT nope, date_trunc('s', at) AS t FROM events`))).toEqual([
      '42703 nope',
      `R001 's'`,
    ]);
  });
});
