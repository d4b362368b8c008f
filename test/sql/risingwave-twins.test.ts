import { beforeAll, describe, expect, it } from 'vitest';
import { RISINGWAVE_RULES } from '../../src/sql/target/risingwave/rules.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { bind } from './support/check.ts';

beforeAll(() => loadParser());

/** Returns the findings for RisingWave: code, text at the place, message. */
function found(sql: string): { place: string; message: string }[] {
  const { diagnostics } = bind(sql, {}, RISINGWAVE_RULES);
  return diagnostics
    .filter((d) => !d.code.startsWith('F'))
    .map((d) => ({ place: `${d.code} ${sql.slice(d.span.start, d.span.end)}`, message: d.message }));
}

const view = (query: string): string => `CREATE MATERIALIZED VIEW v AS ${query};`;
const expr = (e: string): string => view(`SELECT viewer_id, ${e} AS x FROM events`);
const where = (condition: string): string => view(`SELECT viewer_id FROM events WHERE ${condition}`);
const KAFKA = `WITH (connector = 'kafka', topic = 'x', properties.bootstrap.server = 'k:9092')`;
const JSON_OF_KAFKA = `${KAFKA} FORMAT PLAIN ENCODE JSON`;
const source = (columns: string, rest = JSON_OF_KAFKA): string => `CREATE SOURCE x (${columns}) ${rest};`;
const table = (columns: string, rest = ''): string => `CREATE TABLE x (${columns}) ${rest};`;
const PROFILE = view(`SELECT viewer_id, 'a#b' AS sk, COUNT(*) AS n FROM events GROUP BY viewer_id`);
const sink = (name: string, options: string): string =>
  `CREATE SINK ${name} FROM v WITH (connector = 'dynamodb', -- freshet:allow R025
    table = 'items', region = 'r', ${options});`;

/** SQL that RisingWave refuses or answers otherwise, where and why, and SQL that differs by little and passes. */
type Twins = readonly [wrong: string, place: string, reason: RegExp, right: string];

/** Returns twins of SQL that only the parts in it tell apart. */
const twins =
  (make: (part: string) => string) =>
  (wrong: string, place: string, reason: RegExp, right: string): Twins => [
    make(wrong),
    place,
    reason,
    make(right),
  ];
const inExpr = twins(expr);
const inWhere = twins(where);
const inView = twins(view);
const inSource = twins((columns) => source(columns));

const PROVE = /cannot prove that this clock never falls/;
const SIDES = /now\(\) on one side of a comparison/;
const ONE_ARM = /only one arm of an OR/;
const PLACE = /only in WHERE, HAVING and ON/;

const CLOCKS: readonly Twins[] = [
  inExpr('now()', 'R007 now', PLACE, 'at'),
  inExpr(`at > now() - INTERVAL '1 day'`, 'R007 now', PLACE, `at > TIMESTAMP WITH TIME ZONE '2026-01-01'`),
  inView(
    'SELECT DISTINCT ON (at > now()) viewer_id FROM events ORDER BY at > now(), at',
    'R007 now',
    PLACE,
    'SELECT DISTINCT ON (ok) viewer_id FROM events ORDER BY ok, at',
  ),
  inView(
    'SELECT viewer_id FROM events GROUP BY viewer_id HAVING MAX(at) FILTER (WHERE at < now()) IS NULL',
    'R007 now',
    PLACE,
    'SELECT viewer_id FROM events GROUP BY viewer_id HAVING MAX(at) < now()',
  ),
  inWhere('day > CURRENT_DATE', 'R006 CURRENT_DATE', /does not know CURRENT_DATE/, 'day > now()'),
  inWhere('day > now()::date', 'R008 now', PROVE, `day > date_trunc('day', now())`),
  inWhere('at > now()::timestamp', 'R008 now', PROVE, 'at > now()::timestamptz'),
  inWhere(
    `at::timestamp > (now() AT TIME ZONE 'Europe/Berlin')`,
    'R008 now',
    PROVE,
    `at::timestamp > (now() AT TIME ZONE 'utc')`,
  ),
  inWhere(
    `at > date_trunc('day', now(), 'Asia/Tokyo')`,
    'R008 now',
    PROVE,
    `at > date_trunc('day', now(), 'UTC')`,
  ),
  inWhere(
    `at > now() AT TIME ZONE 'UTC'`,
    'R008 now',
    /casts this clock to the type of the column/,
    `at::timestamp > now() AT TIME ZONE 'UTC'`,
  ),
  inWhere(
    `at BETWEEN TIMESTAMP WITH TIME ZONE '2026-01-01' AND date_trunc('hour', now() AT TIME ZONE 'UTC')`,
    'R008 now',
    /casts this clock/,
    `at BETWEEN TIMESTAMP WITH TIME ZONE '2026-01-01' AND date_trunc('hour', now())`,
  ),
  inWhere(
    `secs * INTERVAL '1 day' < '2030-01-01 00:00:00Z'::timestamptz - now()`,
    'R008 now',
    /falls while the clock rises/,
    `secs * INTERVAL '1 day' < now() - '2020-01-01 00:00:00Z'::timestamptz`,
  ),
  inWhere(
    `at - at < now() - '2026-01-01'::timestamptz`,
    'R008 now',
    PROVE,
    `at - at < now() - '2026-01-01 00:00:00Z'::timestamptz`,
  ),
  inWhere(
    `at > now() - 7::bigint * INTERVAL '1 day'`,
    'R008 now',
    PROVE,
    `at > now() - -7 * INTERVAL '1 day'`,
  ),
  inWhere(`secs > EXTRACT(epoch FROM now())`, 'R008 now', PROVE, `secs > EXTRACT(epoch FROM at)`),
  inWhere(`at > GREATEST(now(), now())`, 'R008 now', PROVE, `at > now() AND GREATEST(at, at) > now()`),
  inWhere(`at > now() + secs * INTERVAL '1 s'`, 'R010 now', SIDES, `at - secs * INTERVAL '1 s' > now()`),
  inWhere(`now() - at < INTERVAL '1 day'`, 'R010 now', SIDES, `now() - INTERVAL '1 day' < at`),
  inWhere(`now() > '2026-01-01'::timestamptz`, 'R010 now', SIDES, `at > '2026-01-01'::timestamptz`),
  inWhere('at <> now()', 'R010 now', /only by =, <, <=, > and >=/, 'at = now()'),
  inWhere('at IS DISTINCT FROM now()', 'R010 now', /only by/, 'at = now()'),
  inWhere('at > ANY (ARRAY[now()])', 'R010 now', /only by/, 'at > now()'),
  inWhere('at NOT IN (now())', 'R010 now', /only by/, 'at IN (now())'),
  inWhere('NOT at < now()', 'R010 now', /does not turn a comparison with now\(\) around/, 'at >= now()'),
  inWhere(`NOT (at < now() OR ok)`, 'R010 now', /does not turn/, `NOT (ok OR secs > 1) AND at >= now()`),
  inWhere('(at > now()) IS TRUE', 'R008 now', /plain comparison/, 'at > now()'),
  inWhere('CASE WHEN ok THEN at > now() END', 'R008 now', /plain comparison/, 'ok AND at > now()'),
  inWhere('COALESCE(at > now(), ok)', 'R008 now', /plain comparison/, '(ok OR at > now())'),
  inWhere('at > now() OR at < now()', 'R011 now', ONE_ARM, 'at > now() OR ok'),
  inWhere(
    `(at > now() AND ok) OR (at > now() - INTERVAL '1 day' AND NOT ok)`,
    'R011 now',
    ONE_ARM,
    `(at > now() AND ok) OR (at > now() AND NOT ok)`,
  ),
  inWhere(
    'at NOT BETWEEN now() AND now()',
    'R011 now',
    ONE_ARM,
    `at NOT BETWEEN '2026-01-01'::timestamptz AND now()`,
  ),
  inWhere(
    `at IN (date_trunc('day', now()), now())`,
    'R011 now',
    ONE_ARM,
    `at IN (date_trunc('day', now()), '2026-01-01'::timestamptz)`,
  ),
];

const UNREAD = /does not read/;
const TAKES = /does not take the word/;

const SPELLINGS: readonly Twins[] = [
  inExpr('1_000', 'R014 1_000', UNREAD, '1000'),
  inExpr(`'a'\n'b'`, `R014 'a'\n'b'`, UNREAD, `'a' || 'b'`),
  inExpr(`U&'d\\0061t'`, `R014 U&'d\\0061t'`, UNREAD, `E'd\\u0061t'`),
  inExpr('secs AS "a""b", 1', 'R014 "a""b"', UNREAD, 'secs AS "a b", 1'),
  inExpr(`int8 '1'`, 'R014 int8', UNREAD, `bigint '1'`),
  inExpr(`timestamptz '2026-01-01'`, 'R014 timestamptz', UNREAD, `timestamp with time zone '2026-01-01'`),
  inExpr(`pg_catalog.date '2026-01-01'`, 'R014 date', UNREAD, `date '2026-01-01'`),
  inExpr(`'{a}'::varchar[3]`, `R014 varchar`, UNREAD, `'{a}'::varchar[]`),
  inExpr(`'{a}'::varchar ARRAY`, 'R014 ARRAY', UNREAD, `'{a}'::varchar[]`),
  inExpr(`overlay(genre, 'x', 2)`, 'R014 overlay', UNREAD, `overlay(genre PLACING 'x' FROM 2)`),
  inExpr('substring(genre FOR 3 FROM 2)', 'R014 substring', UNREAD, 'substring(genre FROM 2 FOR 3)'),
  inExpr('secs OPERATOR(pg_catalog.+) 1', 'R014 OPERATOR', UNREAD, 'secs + 1'),
  inWhere('genre NOTNULL', 'R014 NOTNULL', UNREAD, 'genre IS NOT NULL'),
  inWhere('genre ISNULL', 'R014 ISNULL', UNREAD, 'genre IS NULL'),
  inWhere('secs BETWEEN ASYMMETRIC 1 AND 2', 'R014 ASYMMETRIC', UNREAD, 'secs BETWEEN 1 AND 2'),
  inView(
    'SELECT id FROM titles ORDER BY id LIMIT 3 OFFSET 1 + 1',
    'R014 OFFSET',
    UNREAD,
    'SELECT id FROM titles ORDER BY id LIMIT 1 + 2 OFFSET 2',
  ),
  inView(
    'SELECT id FROM titles ORDER BY id FETCH FIRST (3) ROWS ONLY',
    'R014 FETCH',
    UNREAD,
    'SELECT id FROM titles ORDER BY id FETCH FIRST 3 ROWS ONLY',
  ),
  inView('TABLE titles', 'R014 TABLE', UNREAD, 'SELECT * FROM titles'),
  inView('SELECT id FROM titles *', 'R014 titles', UNREAD, 'SELECT id FROM titles'),
  inView(
    'SELECT id FROM titles UNION DISTINCT SELECT id FROM titles',
    'R014 DISTINCT',
    UNREAD,
    'SELECT id FROM titles UNION SELECT id FROM titles',
  ),
  inView(
    'WITH a AS MATERIALIZED (SELECT id FROM titles) SELECT id FROM a',
    'R014 a',
    UNREAD,
    'WITH a AS (SELECT id FROM titles) SELECT id FROM a',
  ),
  inView(
    'SELECT genre, COUNT(*) AS n FROM events GROUP BY ALL genre',
    'R014 ALL',
    UNREAD,
    'SELECT genre, COUNT(*) AS n FROM events GROUP BY genre',
  ),
  inView('SELECT id AS größe FROM titles', 'R014 größe', UNREAD, 'SELECT id AS "größe" FROM titles'),
  [
    source('a INT', `FORMAT PLAIN ENCODE JSON ${KAFKA}`),
    `R015 connector`,
    /wants WITH \(\.\.\.\) further to the front/,
    source('a INT'),
  ],
  [
    table('a INT PRIMARY KEY', 'ON CONFLICT DO NOTHING APPEND ONLY'),
    'R015 APPEND ONLY',
    /wants APPEND ONLY further/,
    table('a INT PRIMARY KEY', 'APPEND ONLY ON CONFLICT DO NOTHING'),
  ],
  [
    source(
      'a INT',
      `WITH ('connector' = 'kafka', topic = 'x', properties.bootstrap.server = 'k:9092') FORMAT PLAIN ENCODE JSON`,
    ),
    `R015 'connector'`,
    /option name in single quotes/,
    source(
      'a INT',
      `WITH ("connector" = 'kafka', topic = 'x', properties.bootstrap.server = 'k:9092') FORMAT PLAIN ENCODE JSON`,
    ),
  ],
  [
    source(
      'a INT',
      `WITH (connector = kafka, topic = 'x', properties.bootstrap.server = 'k:9092') FORMAT PLAIN ENCODE JSON`,
    ),
    'R015 kafka',
    /value of connector in quotes/,
    source('a INT'),
  ],
  inSource('full INT', 'R016 full', TAKES, '"full" INT'),
  inView('SELECT id, name top FROM titles', 'R016 top', TAKES, 'SELECT id, name AS top FROM titles'),
  inView('SELECT id FROM titles view', 'R016 view', TAKES, 'SELECT id FROM titles AS view'),
  inView(
    'SELECT position FROM (SELECT id AS position FROM titles) t',
    'R016 position',
    TAKES,
    'SELECT t.position FROM (SELECT id AS position FROM titles) t',
  ),
];

const LACKS = /RisingWave has no /;
const TEXT = /RisingWave (?:writes|keeps)/;

const FUNCTIONS: readonly Twins[] = [
  inExpr(`age(at, '2026-01-01'::timestamptz)`, 'R017 age', LACKS, `at - '2026-01-01'::timestamptz`),
  inExpr('div(pct, 2)', 'R017 div', LACKS, 'trunc(pct / 2)'),
  inExpr('gcd(secs, 4)', 'R017 gcd', LACKS, 'mod(secs, 4)'),
  inExpr('num_nulls(secs, genre)', 'R017 num_nulls', LACKS, 'CASE WHEN secs IS NULL THEN 1 ELSE 0 END'),
  inExpr('width_bucket(score, 0, 1, 5)', 'R017 width_bucket', LACKS, 'floor(score * 5)'),
  inExpr('justify_days(at - at)', 'R017 justify_days', LACKS, 'at - at'),
  inExpr(`regexp_like(genre, 'a')`, 'R017 regexp_like', LACKS, `genre ~ 'a'`),
  inExpr(`genre ~* 'a'`, 'R017 ~*', LACKS, `genre ~ 'a'`),
  inExpr(`genre !~* 'a'`, 'R017 !~*', LACKS, `genre !~ 'a'`),
  inExpr('trunc(pct, 2)', 'R017 trunc', LACKS, 'trunc(pct)'),
  inExpr('log(2, 8 + secs)', 'R017 log', LACKS, 'log(score)'),
  inExpr(`substring(genre FROM 'a.')`, 'R017 substring', LACKS, 'substring(genre FROM 2)'),
  inExpr(`to_char(secs, '999')`, 'R017 to_char', LACKS, `to_char(at, 'YYYY')`),
  inExpr(`-(at - at)`, 'R017 -', LACKS, `-1 * (at - at)`),
  inExpr('GREATEST(tags, tags)', 'R017 GREATEST', LACKS, 'GREATEST(genre, genre)'),
  inWhere(`doc > '{}'`, 'R017 >', LACKS, `doc = '{}'`),
  inView(
    'SELECT id, every(rating > 1) AS x FROM titles GROUP BY id',
    'R017 every',
    LACKS,
    'SELECT id, bool_and(rating > 1) AS x FROM titles GROUP BY id',
  ),
  inExpr(
    'EXTRACT(milliseconds FROM at)',
    'R018 milliseconds',
    /does not know the field/,
    'EXTRACT(millisecond FROM at)',
  ),
  inExpr(`date_part('hrs', at)`, `R018 'hrs'`, /does not know the field/, `date_part('hour', at)`),
  inExpr(`date_trunc('mons', at)`, `R001 'mons'`, /does not know the unit/, `date_trunc('month', at)`),
  inExpr('array_upper(tags, 2)', 'R002 2', /only dimension 1/, 'array_upper(tags, 1)'),
  inExpr(`to_char(at, 'Day')`, `R027 'Day'`, /reads Day in a template/, `to_char(at, 'Mon')`),
  inExpr(`to_char(at, 'FMHH24')`, `R027 'FMHH24'`, /prefix FM/, `to_char(at, 'HH24')`),
  inExpr(`to_char(at, 'YYYY"y"')`, `R027 'YYYY"y"'`, /double quotes/, `to_char(at, 'YYYY')`),
  inExpr(`to_date(genre, 'DDth')`, `R027 'DDth'`, /suffix TH/, `to_date(genre, 'DD')`),
  inExpr('at::varchar', 'R028 at', TEXT, 'day::varchar'),
  inExpr('pct::text', 'R028 pct', TEXT, 'secs::text'),
  inExpr(`concat(genre, pct)`, 'R028 pct', TEXT, `concat(genre, secs)`),
  inExpr('doc::text', 'R028 doc', /as doubles/, `(doc -> 'a') IS NULL`),
  inExpr(`jsonb_build_object('a', score)`, 'R028 score', /2 as 2\.0/, `jsonb_build_object('a', genre)`),
  inExpr('initcap(genre)', 'R042 initcap', /begins words behind blanks/, 'upper(genre)'),
  inExpr(`ARRAY[genre] && ARRAY['a']`, 'R043 &&', /before 3\.0/, `ARRAY[genre] @> ARRAY['a']`),
  inExpr('to_jsonb(secs)', 'R042 to_jsonb', /JSON null of NULL/, 'to_jsonb(COALESCE(secs, 0))'),
  inExpr('jsonb_build_array(secs::real)', 'R028 secs', /digits of a double/, 'jsonb_build_array(secs)'),
  inExpr('jsonb_build_array(pct)', 'R028 pct', /as a double/, 'jsonb_build_array(secs)'),
  inView(
    'SELECT id, array_agg(name) AS x FROM titles GROUP BY id',
    'R029 array_agg',
    /another order/,
    'SELECT id, array_agg(name ORDER BY name) AS x FROM titles GROUP BY id',
  ),
  inView(
    'SELECT name, SUM(rating) AS x FROM titles GROUP BY name',
    'R030 SUM',
    /SUM is 0 in RisingWave/,
    'SELECT name, SUM(id) AS x FROM titles GROUP BY name',
  ),
  inView(
    'SELECT name, SUM(rating) + 1 AS x FROM titles GROUP BY name',
    'R030 SUM',
    /SUM is 0 in RisingWave/,
    'SELECT name, COALESCE(SUM(rating), 0) + 1 AS x FROM titles GROUP BY name',
  ),
  inView(
    `SELECT genre, SUM(secs) AS x FROM events WHERE at > now() - INTERVAL '1 day' GROUP BY genre`,
    'R030 SUM',
    /SUM is 0/,
    `SELECT genre, SUM(secs) AS x FROM events WHERE at > '2026-01-01'::timestamptz GROUP BY genre`,
  ),
  inExpr(`genre ~ '\\yx'`, `R031 '\\yx'`, /have no \\y/, `genre ~ '\\wx'`),
  inExpr(
    `regexp_replace(genre, 'a', 'b', 'n')`,
    `R031 'n'`,
    /no option n/,
    `regexp_replace(genre, 'a', 'b', 'g')`,
  ),
  inExpr(`regexp_match(genre, 'a|ab')`, `R031 'a|ab'`, /first alternative/, `genre ~ 'a|ab'`),
  inView(
    `SELECT id, string_agg(DISTINCT name, id::text ORDER BY name) AS x FROM titles GROUP BY id`,
    'R034 id',
    /wants a constant here/,
    `SELECT id, string_agg(DISTINCT name, '#' ORDER BY name) AS x FROM titles GROUP BY id`,
  ),
  inView(
    'SELECT name, jsonb_object_agg(id, name) AS x FROM titles GROUP BY name',
    'R017 jsonb_object_agg',
    /key of type BIGINT/,
    'SELECT name, jsonb_object_agg(id::varchar, name) AS x FROM titles GROUP BY name',
  ),
  inExpr(`INTERVAL '1 week'`, `R038 '1 week'`, /does not read this as INTERVAL/, `INTERVAL '7 days'`),
  inExpr(`INTERVAL '1.5 hours'`, `R038 '1.5 hours'`, /as INTERVAL/, `INTERVAL '1 hour 30 minutes'`),
  inExpr(`INTERVAL '1 day ago'`, `R038 '1 day ago'`, /as INTERVAL/, `INTERVAL '-1 day'`),
  inExpr(`DATE '20260315'`, `R038 '20260315'`, /as DATE/, `DATE '2026-03-15'`),
  inExpr(`TIME '9:15'`, `R038 '9:15'`, /as TIME/, `TIME '10:00'`),
  inWhere(`day > '2026-3-15'`, `R038 '2026-3-15'`, /as DATE/, `day > '2026-03-15'`),
  inWhere(
    `at > 'March 15, 2026'`,
    `R038 'March 15, 2026'`,
    /as TIMESTAMPTZ/,
    `at > '2026-03-15 10:00:00+01'`,
  ),
  inExpr(`at AT TIME ZONE 'PST'`, `R039 'PST'`, /does not know the time zone PST/, `at AT TIME ZONE 'EST'`),
  inExpr(
    `date_trunc('day', at, '+02')`,
    `R039 '+02'`,
    /time zone \+02/,
    `date_trunc('day', at, 'Africa/Cairo')`,
  ),
  inExpr('exp(pct)', 'R035 exp', /last digits of exp/, 'exp(score)'),
];

const KEY = /refuses JSONB as a key/;
const NO_NAME = /gives this column no name/;
const KEPT = /keeps the column name/;

const QUERIES: readonly Twins[] = [
  inView('SELECT doc FROM events GROUP BY doc', 'R019 doc', KEY, 'SELECT tags FROM events GROUP BY tags'),
  inView('SELECT DISTINCT doc FROM events', 'R019 doc', KEY, 'SELECT doc FROM events'),
  inView(
    'SELECT viewer_id FROM events ORDER BY doc LIMIT 3',
    'R019 doc',
    KEY,
    'SELECT viewer_id FROM events ORDER BY at LIMIT 3',
  ),
  inView(
    'SELECT DISTINCT ON (doc) viewer_id FROM events ORDER BY doc, at',
    'R019 doc',
    KEY,
    'SELECT DISTINCT ON (genre) viewer_id, doc FROM events ORDER BY genre, at',
  ),
  inView(
    'SELECT viewer_id, p.d FROM events, (SELECT 7 AS d) p',
    'R020 7',
    /join without an equality/,
    'SELECT viewer_id, 7 AS d FROM events',
  ),
  inView(
    'WITH p AS (SELECT 7 AS d) SELECT viewer_id FROM events CROSS JOIN p WHERE secs > d AND secs < d + 9',
    'R020 p',
    /join without an equality/,
    'WITH p AS (SELECT 7 AS d) SELECT viewer_id FROM events CROSS JOIN p WHERE secs > d',
  ),
  inView(
    'SELECT viewer_id, d FROM events JOIN (VALUES (7)) p (d) ON secs > d',
    'R020 7',
    /join without an equality/,
    'SELECT viewer_id, d FROM events JOIN (VALUES (7)) p (d) ON secs = d',
  ),
  inView(
    'SELECT viewer_id FROM events LEFT JOIN (SELECT 7 AS d) p ON secs > d',
    'R020 7',
    /join without an equality/,
    'SELECT viewer_id FROM events JOIN (SELECT 7 AS d) p ON secs > d',
  ),
  inView(
    'SELECT id FROM titles UNION ALL SELECT id FROM titles UNION ALL SELECT 0',
    'R021 0',
    /wants BIGINT in this branch/,
    'SELECT id FROM titles UNION ALL SELECT id FROM titles UNION ALL SELECT 0::bigint',
  ),
  inView(
    'SELECT id FROM titles UNION ALL SELECT id FROM titles UNION ALL SELECT NULL',
    'R021 NULL',
    /not a text or NULL/,
    'SELECT id FROM titles UNION ALL SELECT NULL UNION ALL SELECT id FROM titles',
  ),
  inView(
    'SELECT id FROM titles UNION ALL (SELECT 1)',
    'R021 1',
    /wants BIGINT/,
    'SELECT id FROM titles UNION ALL SELECT 1',
  ),
  inView(
    'SELECT id FROM titles UNION ALL VALUES (1)',
    'R021 1',
    /wants BIGINT/,
    'SELECT id FROM titles UNION ALL VALUES (1::bigint)',
  ),
  inView(
    'SELECT name, rn FROM (SELECT name, ROW_NUMBER() OVER (ORDER BY id) AS rn FROM titles) t WHERE rn < 9',
    'R037 ROW_NUMBER',
    /only within partitions/,
    'SELECT name FROM (SELECT name, ROW_NUMBER() OVER (ORDER BY id) AS rn FROM titles) t WHERE rn < 9',
  ),
  inView(
    'SELECT DISTINCT ON (genre) genre, at FROM events',
    'R029 genre',
    /keeps other rows/,
    'SELECT DISTINCT ON (genre) genre, at FROM events ORDER BY genre, at DESC',
  ),
  inView('SELECT TRIM(name) FROM titles', 'R022 TRIM', NO_NAME, 'SELECT lower(name) FROM titles'),
  inView(
    `SELECT at AT TIME ZONE 'UTC' FROM events`,
    'R022 at',
    NO_NAME,
    `SELECT timezone('UTC', at) FROM events`,
  ),
  inView('SELECT (name) FROM titles', 'R022 (', NO_NAME, 'SELECT name FROM titles'),
  inView('SELECT tags[1:2] FROM events', 'R022 tags', NO_NAME, 'SELECT tags[1] FROM events'),
  inView(
    'SELECT CASE WHEN id > 1 THEN 1 ELSE id END FROM titles',
    'R022 CASE',
    /calls this column case/,
    'SELECT CASE WHEN id > 1 THEN id ELSE 1 END FROM titles',
  ),
  inView(
    'SELECT btrim FROM (SELECT TRIM(name) FROM titles) t',
    'R022 TRIM',
    NO_NAME,
    'SELECT btrim FROM (SELECT TRIM(name) AS btrim FROM titles) t',
  ),
  inView('SELECT id AS _rw_id FROM titles', 'R023 id', KEPT, 'SELECT id AS rw_id FROM titles'),
  inSource('ctid INT', 'R023 ctid', KEPT, 'cid INT'),
  [
    'CREATE MATERIALIZED VIEW w (ctid) AS SELECT id FROM titles; -- freshet:allow R003',
    'R023 ctid',
    KEPT,
    'CREATE MATERIALIZED VIEW w (cid) AS SELECT id FROM titles; -- freshet:allow R003',
  ],
  inView(
    'SELECT id FROM titles UNION ALL SELECT id FROM titles ORDER BY id + 1 LIMIT 2',
    'R005 +',
    /orders the result of a UNION|by the columns of a UNION|UNION/,
    'SELECT id FROM titles UNION ALL SELECT id FROM titles ORDER BY id LIMIT 2',
  ),
];

const DEFINITIONS: readonly Twins[] = [
  inSource(
    `a TIMESTAMP, b TIMESTAMP AS date_trunc('hrs', a)`,
    `R001 'hrs'`,
    /unit 'hrs'/,
    `a TIMESTAMP, b TIMESTAMP AS date_trunc('hour', a)`,
  ),
  inSource(
    `a TIMESTAMPTZ, b BOOLEAN AS age(a, a) > INTERVAL '1 day'`,
    'R017 age',
    /no function age/,
    `a TIMESTAMPTZ, b BOOLEAN AS a - a > INTERVAL '1 day'`,
  ),
  inSource(`a VARCHAR, b BOOLEAN AS a ISNULL`, 'R014 ISNULL', UNREAD, `a VARCHAR, b BOOLEAN AS a IS NULL`),
  inSource(
    `a TIMESTAMPTZ, WATERMARK FOR a AS a - INTERVAL '1 week'`,
    `R038 '1 week'`,
    /as INTERVAL/,
    `a TIMESTAMPTZ, WATERMARK FOR a AS a - INTERVAL '7 days'`,
  ),
  inSource('a INT NOT NULL', 'R004 a', /does not allow NOT NULL/, 'a INT'),
  [
    'CREATE MATERIALIZED VIEW v (a) AS SELECT id, name FROM titles;',
    'R003 a',
    /a name for every column/,
    'CREATE MATERIALIZED VIEW v (a, b) AS SELECT id, name FROM titles;',
  ],
  [
    source(
      'a INT',
      `WITH (connector = 'kafka', topic = 'x', properties.bootstrap.server = 'k:9092', properties.sasl.mechanisms = 'plain') FORMAT PLAIN ENCODE JSON`,
    ),
    'R012 properties.sasl.mechanisms',
    /refuses a source with an unknown option/,
    source(
      'a INT',
      `WITH (connector = 'kafka', topic = 'x', properties.bootstrap.server = 'k:9092', properties.sasl.mechanism = 'plain') FORMAT PLAIN ENCODE JSON`,
    ),
  ],
  [
    source(
      'a INT',
      `WITH (connector = 'kafka', topic = 'x', properties.bootstrap.server = 'k:9092', scan.startup.mode = 'latest') FORMAT PLAIN ENCODE JSON`,
    ),
    `R026 'latest'`,
    /when the source is created/,
    source(
      'a INT',
      `WITH (connector = 'kafka', topic = 'x', properties.bootstrap.server = 'k:9092', scan.startup.mode = 'earliest') FORMAT PLAIN ENCODE JSON`,
    ),
  ],
  [
    source('a INT', `WITH (connector = 'posix_fs', posix_fs.root = 'x') FORMAT PLAIN ENCODE JSON`),
    `R032 'posix_fs'`,
    /unsafe_enable_local_fs_connector/,
    source('a INT'),
  ],
  [
    source('a INT', `${KAFKA} FORMAT PLAIN ENCODE CSV (without_header = 'true')`),
    'R036 CSV',
    /wants the delimiter/,
    source('a INT', `${KAFKA} FORMAT PLAIN ENCODE CSV (without_header = 'true', delimiter = ',')`),
  ],
  [
    source('a INT', `${KAFKA} FORMAT PLAIN ENCODE CSV (without_header = 'true', delimiter = 'pipe')`),
    `R036 'pipe'`,
    /',', ';' or a tab/,
    source('a INT', `${KAFKA} FORMAT PLAIN ENCODE CSV (without_header = 'true', delimiter = ';')`),
  ],
  [
    source('a INT', `${KAFKA} FORMAT PLAIN ENCODE CSV (delimiter = ',')`),
    'R036 CSV',
    /only without a header/,
    source('a INT', `${KAFKA} FORMAT PLAIN ENCODE CSV (delimiter = ',', without_header = 'true')`),
  ],
  [
    table('a INT', 'INCLUDE timestamp AS t'),
    'R036 INCLUDE timestamp AS t',
    /nothing to include/,
    table('a INT', `INCLUDE timestamp AS t ${JSON_OF_KAFKA}`),
  ],
  [
    view(`SELECT viewer_id, COUNT(*) AS n FROM events GROUP BY viewer_id`) +
      sink('s', `primary_key = 'viewer_id', freshet.sort_key = 'a#b'`),
    'R009 freshet.sort_key',
    /does not know freshet\.sort_key/,
    PROFILE + sink('s', `primary_key = 'viewer_id,sk'`),
  ],
  [
    source('a INT', `WITH (connector = 'kafka', topic = 'x') FORMAT PLAIN ENCODE JSON`),
    `R040 'kafka'`,
    /wants properties\.bootstrap\.server/,
    source('a INT'),
  ],
  [
    table('a INT PRIMARY KEY', `${KAFKA} FORMAT UPSERT ENCODE JSON`),
    'R036 a',
    /only the key of the record/,
    table('k BYTEA, a INT, PRIMARY KEY (k)', `${KAFKA} FORMAT UPSERT ENCODE JSON`).replace(
      'k BYTEA, a INT, PRIMARY KEY (k))',
      'a INT, PRIMARY KEY (k)) INCLUDE KEY AS k',
    ),
  ],
  [
    PROFILE + sink('s', `primary_key = 'viewer_id,sk', type = 'append-only'`),
    `R041 'append-only'`,
    /refuses type = 'append-only', since rows of "v" change/,
    PROFILE + sink('s', `primary_key = 'viewer_id,sk', type = 'append-only', ignore_delete = true`),
  ],
  [
    PROFILE + sink('s', `primary_key = 'viewer_id,sk', type = 'UPSERT'`),
    `R041 'UPSERT'`,
    /no type 'UPSERT'/,
    PROFILE + sink('s', `primary_key = 'viewer_id,sk', type = 'upsert'`),
  ],
  [
    PROFILE + sink('s', `primary_key = 'viewer_id,sk', commit_checkpoint_interval = 5`),
    'R024 commit_checkpoint_interval',
    /later ones refuse the sink/,
    PROFILE + sink('s', `primary_key = 'viewer_id,sk', force_compaction = 'true'`),
  ],
  [
    `${PROFILE} CREATE MATERIALIZED VIEW w AS SELECT viewer_id, 'c#d' AS k, 1 AS n FROM v;` +
      sink('s', `primary_key = 'viewer_id,sk'`) +
      sink('t', `primary_key = 'viewer_id,k'`).replace('FROM v', 'FROM w'),
    `R033 'viewer_id,k'`,
    /this one has \(viewer_id, k\), "s" has \(viewer_id, sk\)/,
    `${PROFILE} CREATE MATERIALIZED VIEW w AS SELECT viewer_id, 'c#d' AS sk, 1 AS n FROM v;` +
      sink('s', `primary_key = 'viewer_id,sk'`) +
      sink('t', `primary_key = 'viewer_id,sk'`).replace('FROM v', 'FROM w'),
  ],
  [
    view('SELECT viewer_id FROM events') +
      `CREATE SINK s FROM v WITH (connector = 'posix_fs', posix_fs.root = 'out');`,
    `R013 'posix_fs'`,
    /no connector 'posix_fs' of a sink/,
    view('SELECT viewer_id FROM events'),
  ],
  [
    `${PROFILE} CREATE SINK s FROM v WITH (connector = 'dynamodb', table = 'items', region = 'r', primary_key = 'viewer_id,sk');`,
    `R025 'dynamodb'`,
    /4 CPU cores and 20 GiB/,
    PROFILE + sink('s', `primary_key = 'viewer_id,sk'`),
  ],
];

describe.each<[string, readonly Twins[]]>([
  ['clocks', CLOCKS],
  ['spellings', SPELLINGS],
  ['functions and values', FUNCTIONS],
  ['queries', QUERIES],
  ['definitions', DEFINITIONS],
])('for RisingWave, of %s', (_, all) => {
  it.each(all)('%s is reported at its place', (wrong, place, reason, right) => {
    const [first, ...others] = found(wrong);
    expect(first?.place, `${first?.message}`).toBe(place);
    expect(first?.message).toMatch(reason);
    expect(new Set(others.map((o) => o.place.slice(0, 4))), `of ${wrong}`).toEqual(
      new Set(others.map(() => place.slice(0, 4))),
    );
    expect(found(right), `${right}`).toEqual([]);
  });
});
