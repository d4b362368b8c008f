import { readFileSync, readdirSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { LINT_RULES } from '../../src/sql/lint/lint.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { bind, bindFiles, rendered } from './support/check.ts';

beforeAll(() => loadParser());

/** Returns `code:line` of each warning. */
function findings(sql: string): string[] {
  const checked = bind(sql);
  expect(checked.diagnostics.filter((d) => d.severity === 'error' && d.code !== 'F003')).toEqual([]);
  return checked.diagnostics.map((d) => `${d.code}:${sql.slice(0, d.span.start).split('\n').length}`);
}

const window = (condition: string, name = 'n_7d'): string[] =>
  findings(
    `CREATE MATERIALIZED VIEW v AS SELECT viewer_id, COUNT(CASE WHEN ${condition} THEN 1 END) AS ${name} FROM events GROUP BY viewer_id;`,
  );

describe('F001, a window longer than its name', () => {
  it('finds >= CURRENT_DATE less the days of the name', () => {
    expect(window("day >= CURRENT_DATE - INTERVAL '7 days'")).toEqual(['F001:1']);
    expect(window('day >= CURRENT_DATE - 7')).toEqual(['F001:1']);
    expect(window('CURRENT_DATE - 7 <= day')).toEqual(['F001:1']);
    expect(window("date_trunc('day', at) >= date_trunc('day', now()) - INTERVAL '7 days'")).toEqual([
      'F001:1',
    ]);
    expect(window("at >= CURRENT_DATE - INTERVAL '28 days'", 'n_28_days')).toEqual(['F001:1']);
  });

  it.each([
    ['at > CURRENT_DATE - 7'],
    ["at > date_trunc('day', now()) - INTERVAL '7 days'"],
    ['day BETWEEN CURRENT_DATE - 7 AND CURRENT_DATE'],
    ["day >= (now() AT TIME ZONE 'Europe/Berlin')::date - 7"],
    ["day >= (now() - INTERVAL '1 week')::date"],
    ["day >= CURRENT_DATE + INTERVAL '-7 days'"],
    ['NOT day < CURRENT_DATE - 7'],
    ['day - CURRENT_DATE >= -7'],
    ['CURRENT_DATE - day <= 7'],
    ['day + 7 >= CURRENT_DATE'],
  ])('finds %s', (condition) => expect(window(condition)).toEqual(['F001:1']));

  it.each(['n_last_7_days', 'n_7d_total', 'n7d', '"N_7D"', 'n_1w', 'n_1_week', '"7d"'])(
    'knows the name %s',
    (name) => expect(window('day >= CURRENT_DATE - 7', name)).toEqual(['F001:1']),
  );

  it.each([
    ['day >= CURRENT_DATE - 7 AND day < CURRENT_DATE'],
    ['day BETWEEN CURRENT_DATE - 7 AND CURRENT_DATE - 1'],
    ['day >= CURRENT_DATE - 7 AND day <> CURRENT_DATE'],
    ['at > CURRENT_DATE - 7 AND at < CURRENT_DATE'],
    ["date_trunc('day', at) > CURRENT_DATE - 7"],
    ['at::date > CURRENT_DATE - 7'],
    ['CURRENT_DATE - day < 7'],
    ["at > now() - INTERVAL '7 days'"],
    ["DATE '2026-03-01' <= CURRENT_DATE - 7"],
  ])('leaves %s alone', (condition) => expect(window(condition)).toEqual([]));

  it('follows columns and filters through the views that it reads', () => {
    const tile = (of: string): string =>
      `CREATE MATERIALIZED VIEW t AS SELECT viewer_id, ${of} AS d, COUNT(*) AS n FROM events GROUP BY 1, 2;\n`;
    const rolling = (rest: string): string =>
      `CREATE MATERIALIZED VIEW v AS SELECT viewer_id, SUM(n) AS n_7d FROM t ${rest} GROUP BY viewer_id;`;
    expect(findings(tile("date_trunc('day', at)") + rolling('WHERE d > CURRENT_DATE - 7'))).toEqual([]);
    expect(findings(tile("date_trunc('hour', at)") + rolling('WHERE d > CURRENT_DATE - 7'))).toEqual([
      'F001:2',
    ]);
    const recent =
      'CREATE MATERIALIZED VIEW t AS SELECT *, 1 AS n FROM events WHERE day >= CURRENT_DATE - 7;\n';
    expect(findings(recent + rolling(''))).toEqual(['F001:1']);
    expect(findings(recent + rolling('WHERE day > CURRENT_DATE - 7'))).toEqual([]);
    expect(findings(recent + rolling('').replace('SUM(n)', 'COUNT(*)'))).toEqual(['F001:1']);
  });

  it('has a hint with the right condition, in the time zone of the day', () => {
    const hints = (condition: string): (string | undefined)[] =>
      bind(
        `CREATE MATERIALIZED VIEW v AS SELECT viewer_id, COUNT(*) AS n_1d FROM events WHERE ${condition} GROUP BY viewer_id;`,
      ).diagnostics.map((d) => `${d.message}: ${d.hint}`);
    expect(hints('CURRENT_DATE - day <= 1')).toEqual([
      '"n_1d" covers 2 calendar days: today and the day before: for 1 day including today, write day >= CURRENT_DATE',
    ]);
    expect(hints("day >= (now() AT TIME ZONE 'Asia/Tokyo')::date - 1")).toEqual([
      expect.stringContaining("write day >= (now() AT TIME ZONE 'Asia/Tokyo')::date"),
    ]);
  });

  it('finds it in WHERE and FILTER', () => {
    expect(
      findings(
        'CREATE MATERIALIZED VIEW v AS SELECT viewer_id, COUNT(*) AS n_7d FROM events WHERE day >= CURRENT_DATE - 7 GROUP BY viewer_id;',
      ),
    ).toEqual(['F001:1']);
    expect(
      findings(
        'CREATE MATERIALIZED VIEW v AS SELECT viewer_id, COUNT(*) FILTER (WHERE day >= CURRENT_DATE - 7) AS n_7d FROM events GROUP BY viewer_id;',
      ),
    ).toEqual(['F001:1']);
  });

  it('accepts windows as long as their name says', () => {
    expect(window('day > CURRENT_DATE - 7')).toEqual([]);
    expect(window("day >= CURRENT_DATE - INTERVAL '6 days'")).toEqual([]);
    expect(window("at >= now() - INTERVAL '7 days'")).toEqual([]);
    expect(window('day >= CURRENT_DATE - 7', 'recent')).toEqual([]);
    expect(window('day >= CURRENT_DATE - 7', 'n_28d')).toEqual([]);
  });
});

describe('F002, SUM over COUNT(DISTINCT)', () => {
  const tile =
    'CREATE MATERIALIZED VIEW tile AS SELECT viewer_id, day, COUNT(DISTINCT genre) AS genres, COUNT(*) AS views FROM events GROUP BY viewer_id, day;\n';
  it('finds it through views, CASE and sub-selects', () => {
    expect(
      findings(
        `${tile}CREATE MATERIALIZED VIEW v AS SELECT viewer_id, SUM(genres) AS g, SUM(views) AS w FROM tile GROUP BY viewer_id;`,
      ),
    ).toEqual(['F002:2']);
    expect(
      findings(
        `${tile}CREATE MATERIALIZED VIEW v AS SELECT viewer_id, SUM(x) AS g FROM (SELECT viewer_id, CASE WHEN views > 3 THEN genres ELSE 0 END AS x FROM tile) q GROUP BY viewer_id;`,
      ),
    ).toEqual(['F002:2']);
  });
  it.each([
    ['SUM(genres + views)'],
    ['SUM(CASE WHEN views > 3 THEN genres ELSE 0 END)'],
    ['SUM(COALESCE(genres, 0) / 7.0)'],
    ['SUM(genres) / 7.0'],
  ])('finds %s', (item) => {
    const rolling = `CREATE MATERIALIZED VIEW v AS SELECT viewer_id, ${item} AS g FROM tile GROUP BY viewer_id;`;
    expect(findings(tile + rolling)).toEqual(['F002:2']);
  });
  it.each([
    ['AVG(genres)'],
    ['SUM(CASE WHEN genres > 3 THEN 1 ELSE 0 END)'],
    ['SUM((genres > 3)::int)'],
    ['SUM(views) FILTER (WHERE genres > 3)'],
    ['SUM(views / genres::float8)'],
  ])('leaves %s alone', (item) => {
    const rolling = `CREATE MATERIALIZED VIEW v AS SELECT viewer_id, ${item} AS g FROM tile GROUP BY viewer_id;`;
    expect(findings(tile + rolling)).toEqual([]);
  });
  it('accepts MAX, and sums of plain counts', () => {
    expect(
      findings(
        `${tile}CREATE MATERIALIZED VIEW v AS SELECT viewer_id, MAX(genres) AS g, SUM(views) AS w FROM tile GROUP BY viewer_id;`,
      ),
    ).toEqual([]);
  });
});

describe('F003, two sinks that write the same items', () => {
  const views =
    "CREATE MATERIALIZED VIEW a AS SELECT viewer_id, 'x' AS sk, COUNT(*) AS n FROM events GROUP BY viewer_id;\nCREATE MATERIALIZED VIEW b AS SELECT viewer_id, 'y' AS sk, MAX(secs) AS m FROM events GROUP BY viewer_id;\n";
  const sink = (name: string, key: string, rest = ''): string =>
    `CREATE SINK s_${name} FROM ${name} WITH (connector = 'dynamodb', table = 'profiles', primary_key = '${key}'${rest});\n`;
  it('finds two sinks whose key is the viewer alone', () => {
    expect(findings(views + sink('a', 'viewer_id') + sink('b', 'viewer_id'))).toEqual(['F003:4']);
  });
  it('accepts sinks that differ in a constant sort key, of a column or an option, in table or in region', () => {
    expect(findings(views + sink('a', 'viewer_id,sk') + sink('b', 'viewer_id,sk'))).toEqual([]);
    const option = (v: string): string => `, freshet.sort_key_name = 'k', freshet.sort_key = '${v}'`;
    expect(
      findings(views + sink('a', 'viewer_id', option('p')) + sink('b', 'viewer_id', option('q'))),
    ).toEqual([]);
    expect(
      findings(views + sink('a', 'viewer_id', option('p')) + sink('b', 'viewer_id', option('p'))),
    ).toEqual(['F003:4']);
    expect(
      findings(views + sink('a', 'viewer_id') + sink('b', 'viewer_id', ", region = 'eu-west-1'")),
    ).toEqual([]);
    expect(
      findings(views + sink('a', 'viewer_id') + sink('b', 'viewer_id').replace('profiles', 'other')),
    ).toEqual([]);
  });
  const keyed = (name: string, key: string, by = '2'): string =>
    `CREATE MATERIALIZED VIEW ${name} AS SELECT viewer_id, ${key} AS sk, COUNT(*) AS n FROM events GROUP BY 1, ${by};\n`;
  const pair = (left: string, right: string): string[] =>
    findings(keyed('a', left) + keyed('b', right) + sink('a', 'viewer_id,sk') + sink('b', 'viewer_id,sk'));
  it.each([
    ["'genre#' || genre", "'day#' || day::varchar"],
    ["'genre#' || genre", "concat('day#', day)"],
    ["CASE WHEN genre = 'a' THEN 'genre#a' ELSE 'genre#' || genre END", "'day#' || day::varchar"],
    ["COALESCE('genre#' || genre, 'genre#')", "'day#' || day::varchar || '#x'"],
  ])('accepts keys that begin with different texts: %s and %s', (left, right) => {
    expect(pair(left, right)).toEqual([]);
  });
  it.each([
    ["'g' || genre", "'genre#' || day::varchar"],
    ['genre', "'day#' || day::varchar"],
    ["'day#' || genre", "'day#' || day::varchar"],
    ["CASE WHEN genre = 'a' THEN 'day#' ELSE 'genre#' || genre END", "'day#' || day::varchar"],
  ])('finds keys that may be equal: %s and %s', (left, right) => {
    expect(pair(left, right)).toEqual(['F003:4']);
  });
  it('accepts keys that begin with different texts which other views add', () => {
    const through = (name: string): string => `CREATE MATERIALIZED VIEW ${name} AS SELECT * FROM ${name}0;\n`;
    expect(
      findings(
        keyed('a0', "'genre#' || genre", 'genre') +
          keyed('b0', "'day#' || day::varchar", 'day') +
          through('a') +
          through('b') +
          sink('a', 'viewer_id,sk') +
          sink('b', 'viewer_id,sk'),
      ),
    ).toEqual([]);
  });
  it('accepts sinks of different accounts, and recognizes an endpoint that is written differently', () => {
    const two = (left: string, right: string): string[] =>
      findings(views + sink('a', 'viewer_id', left) + sink('b', 'viewer_id', right));
    expect(two(", profile = 'old'", ", profile = 'new'")).toEqual([]);
    const keys = (id: string): string => `, access_key = '${id}', secret_key = 'x'`;
    expect(two(keys('k'), keys('l'))).toEqual([]);
    expect(two(", endpoint = 'http://localhost:8000'", ", endpoint_url = 'HTTP://localhost:8000/'")).toEqual([
      'F003:4',
    ]);
    expect(two(", endpoint = ''", '')).toEqual(['F003:4']);
  });
});

describe("F004, a source that starts at 'latest' under a long window", () => {
  const source = (mode: string): string =>
    `CREATE SOURCE x (v BIGINT, at TIMESTAMPTZ) WITH (connector = 'kafka', topic = 'x',\n kafka.scan.startup.mode = '${mode}') FORMAT PLAIN ENCODE JSON;\n`;
  const through = (days: number): string =>
    `CREATE MATERIALIZED VIEW t AS SELECT v, at::date AS day, COUNT(*) AS n FROM x GROUP BY 1, 2;\nCREATE MATERIALIZED VIEW r AS SELECT v, SUM(n) AS n FROM t WHERE day > CURRENT_DATE - ${days} GROUP BY v;`;
  it('finds it through views', () => {
    expect(findings(source('latest') + through(28))).toEqual(['F004:2']);
  });
  it.each([
    ["now() - at < INTERVAL '28 days'"],
    ["at + INTERVAL '28 days' > now()"],
    [
      "at AT TIME ZONE 'Asia/Tokyo' >= date_trunc('day', now() AT TIME ZONE 'Asia/Tokyo') - INTERVAL '28 days'",
    ],
  ])('finds it in %s', (condition) => {
    const view = `CREATE MATERIALIZED VIEW r AS SELECT v, COUNT(*) AS n FROM x WHERE ${condition} GROUP BY v;`;
    expect(findings(source('latest') + view)).toEqual(['F004:2']);
  });
  it('accepts earliest, and windows of a day', () => {
    expect(findings(source('earliest') + through(28))).toEqual([]);
    expect(findings(source('latest') + through(1))).toEqual([]);
  });
});

describe('F005, state with an entry per event', () => {
  it('finds groups, distinct counts and lists of event ids', () => {
    expect(
      findings('CREATE MATERIALIZED VIEW v AS SELECT event_id, COUNT(*) AS n FROM events GROUP BY event_id;'),
    ).toEqual(['F005:1']);
    expect(
      findings(
        'CREATE MATERIALIZED VIEW v AS SELECT viewer_id, COUNT(DISTINCT event_id) AS n FROM events GROUP BY viewer_id;',
      ),
    ).toEqual(['F005:1']);
    expect(
      findings('CREATE MATERIALIZED VIEW v AS SELECT DISTINCT event_id, viewer_id FROM events;'),
    ).toEqual(['F005:1']);
  });
  const of = (query: string): string[] => findings(`CREATE MATERIALIZED VIEW v AS ${query};`);
  it.each([
    ['SELECT DISTINCT ON (event_id) event_id, secs FROM events ORDER BY event_id, at'],
    [
      'SELECT event_id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY event_id ORDER BY at) AS r FROM events) x WHERE r = 1',
    ],
    ['SELECT event_id, COUNT(*) AS n FROM events WHERE at < now() GROUP BY event_id'],
    [
      "SELECT event_id, COUNT(*) AS n FROM events WHERE ok AND NOT at > now() + INTERVAL '1 hour' GROUP BY event_id",
    ],
    ['SELECT lower(event_id) AS e, COUNT(*) AS n FROM events GROUP BY lower(event_id)'],
    ["SELECT viewer_id, string_agg(genre, ',') AS g FROM events GROUP BY viewer_id"],
    [
      'SELECT viewer_id, array_agg(at ORDER BY at) AS g FROM events JOIN titles ON id = viewer_id GROUP BY viewer_id',
    ],
  ])('finds %s', (query) => expect(of(query)).toEqual(['F005:1']));
  it.each([
    [
      "SELECT DISTINCT ON (event_id) event_id, secs FROM events WHERE at > now() - INTERVAL '1 day' ORDER BY event_id, at",
    ],
    ['SELECT DISTINCT ON (viewer_id) viewer_id, event_id FROM events ORDER BY viewer_id, at DESC'],
    [
      "SELECT viewer_id, COUNT(DISTINCT event_id) FILTER (WHERE at > now() - INTERVAL '1 day') AS n FROM events GROUP BY 1",
    ],
    ['SELECT event_id, COUNT(*) AS n FROM events WHERE day = CURRENT_DATE GROUP BY event_id'],
    ['SELECT length(event_id) AS e, COUNT(*) AS n FROM events GROUP BY length(event_id)'],
    ['SELECT viewer_id, array_agg(DISTINCT genre) AS g FROM events GROUP BY viewer_id'],
    [
      'SELECT viewer_id, array_agg(g) AS g FROM (SELECT DISTINCT viewer_id, genre AS g FROM events) x GROUP BY viewer_id',
    ],
    ['SELECT rating, array_agg(name) AS g FROM titles GROUP BY rating'],
    [
      'SELECT viewer_id, array_agg(event_id) AS g FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY viewer_id ORDER BY at DESC) AS r FROM events) x WHERE r <= 9 GROUP BY viewer_id',
    ],
  ])('leaves %s alone', (query) => expect(of(query)).toEqual([]));
  it('accepts groups of events that time bounds, and counts of few different values', () => {
    expect(
      findings(
        "CREATE MATERIALIZED VIEW v AS SELECT event_id, COUNT(*) AS n FROM events WHERE at > now() - INTERVAL '1 day' GROUP BY event_id;",
      ),
    ).toEqual([]);
    expect(
      findings(
        'CREATE MATERIALIZED VIEW v AS SELECT viewer_id, COUNT(DISTINCT genre) AS n FROM events GROUP BY viewer_id;',
      ),
    ).toEqual([]);
  });
});

describe('F010, a division of whole numbers', () => {
  const of = (item: string): string[] =>
    findings(`CREATE MATERIALIZED VIEW v AS SELECT viewer_id, ${item} AS x FROM events GROUP BY viewer_id;`);

  it.each([
    ['SUM(secs) / 60'],
    ['SUM(secs / 60)'],
    ['COUNT(*) / 7'],
    ['COUNT(*) FILTER (WHERE ok) / COUNT(*)'],
    ['100 * COUNT(*) / SUM(secs)'],
    ['(SUM(secs) / 60)::float8'],
    ['round(SUM(secs) / 60, 2)'],
    ['ceil(SUM(secs) / 60)'],
    ['CASE WHEN SUM(secs) / COUNT(*) > 5 THEN 1 END'],
    ['MAX(secs) / 60 * 30'],
    ['MAX(secs) / 60 + MIN(secs) % 60'],
    ['(SUM(secs) - SUM(secs) % 7) / 60'],
    ['SUM(secs) % 3600 / (COUNT(*) / 7)'],
  ])('is found in %s', (item) => expect(of(item)).toEqual(['F010:1']));

  it.each([
    ['SUM(secs) / 60.0'],
    ['SUM(secs)::numeric / 60'],
    ['SUM(score) / 60'],
    ['SUM(viewer_id) / 60'],
    ['floor(SUM(secs) / 60)'],
    ['trunc(SUM(secs) / 60)'],
    ['(SUM(secs) / 60)::int'],
    ['SUM(secs) / 60 * 60'],
    ['SUM(secs) / 60 % 60'],
    ['SUM(secs) % 3600 / 60'],
    ['mod(SUM(secs), 3600) / 60'],
    ['(SUM(secs) - SUM(secs) % 60) / 60'],
    ['SUM(secs) / 60 + mod(SUM(secs), 60)'],
    ['60 * (SUM(secs) / 60)'],
    ['SUM(secs) / 1'],
    [`(MAX(secs) / 60)::varchar || ':' || (MAX(secs) % 60)::varchar`],
    ['COUNT(*) / 7 /* meant */ -- freshet:allow F010\n'],
  ])('is not reported, since it is intended or not a division of whole numbers: %s', (item) =>
    expect(of(item)).toEqual([]),
  );

  it.each([
    [
      'SELECT minute, COUNT(*) AS n FROM (SELECT secs / 60 AS minute FROM events) x WHERE minute > 1 GROUP BY minute',
      [],
    ],
    [
      'SELECT minute, SUM(half) AS n FROM (SELECT secs / 60 AS minute, secs / 2 AS half FROM events) x GROUP BY 1',
      ['F010:1'],
    ],
    ['SELECT name FROM events JOIN titles ON id = secs / 60', []],
    ['SELECT name FROM events JOIN titles ON id = viewer_id AND id > secs / 60', ['F010:1']],
  ])('is intended only where rows are grouped or joined by it alone: %s', (query, expected) => {
    expect(findings(`CREATE MATERIALIZED VIEW v AS ${query};`)).toEqual(expected);
  });

  it('is found in a generated column', () => {
    const x = 'CREATE TABLE x (a INT,\n b INT AS a / 60, c INT AS floor(a / 60)::int);';
    expect(findings(x)).toEqual(['F010:2']);
  });

  it('is intended where rows are grouped by it, and reported once where two views read a plain view', () => {
    const grouped = 'SELECT secs / 60 AS minute, COUNT(*) AS n FROM events GROUP BY secs / 60';
    expect(findings(`CREATE MATERIALIZED VIEW v AS ${grouped};`)).toEqual([]);
    const read = (name: string): string => `CREATE MATERIALIZED VIEW ${name} AS SELECT * FROM p;`;
    const plain = 'CREATE VIEW p AS SELECT viewer_id, secs / 60 AS m FROM events;';
    expect(findings(plain + read('a') + read('b'))).toEqual(['F010:1']);
  });
});

describe('F006, a timestamp without a zone', () => {
  it('finds it in sources with a connector', () => {
    const x =
      "CREATE SOURCE x (\n a TIMESTAMP,\n b TIMESTAMPTZ) WITH (connector = 'kafka', topic = 'x') FORMAT PLAIN ENCODE JSON;";
    expect(findings(x)).toEqual(['F006:2']);
    expect(findings('CREATE TABLE x (a TIMESTAMP);')).toEqual([]);
  });
});

describe('findings', () => {
  it('can be allowed by code, on their line or above it', () => {
    const x = (comment: string, above = ''): string =>
      `CREATE SOURCE x (${above}\n a TIMESTAMP ${comment}\n) WITH (connector = 'kafka', topic = 'x') FORMAT PLAIN ENCODE JSON;`;
    expect(findings(x('-- UTC; freshet:allow F006'))).toEqual([]);
    expect(findings(x('-- freshet:allow f006: they never have a zone'))).toEqual([]);
    expect(findings(x('', '\n -- freshet:allow F001, F006'))).toEqual([]);
    expect(findings(x('-- freshet:allow F005'))).toEqual(['F006:2']);
    expect(findings(x('-- freshet: allow'))).toEqual(['F006:2']);
  });

  it('of the binder can be allowed too, except for errors', () => {
    const ordered = (comment: string): string =>
      `CREATE MATERIALIZED VIEW v AS SELECT secs FROM events\nORDER BY secs${comment}\n;`;
    expect(findings(ordered(''))).toEqual(['F007:2']);
    expect(findings(ordered(' -- freshet:allow F007'))).toEqual([]);
    const wrong = bind('CREATE VIEW v AS SELECT nope FROM events; -- freshet:allow 42703');
    expect(wrong.diagnostics.map((d) => d.code)).toEqual(['42703']);
  });

  it('have a code, a description and a fix each', () => {
    const codes = LINT_RULES.map((r) => r.code);
    expect(codes).toEqual([...new Set(codes)].toSorted());
    expect(codes.filter((code) => !/^F\d{3}$/.test(code))).toEqual([]);
    for (const rule of LINT_RULES) expect(rule.about.length * rule.fix.length).toBeGreaterThan(0);
  });

  it('are the known ones for the published pipeline, and only F006, if any, for the shipped one', () => {
    const load = (name: string): string[] => {
      const dir = new URL(`../../pipelines/${name}/`, import.meta.url);
      const files = readdirSync(dir)
        .toSorted()
        .map((f) => [f, readFileSync(new URL(f, dir), 'utf8')] as const);
      const checked = bindFiles(Object.fromEntries(files));
      expect(rendered(checked)).not.toContain('error[');
      return [...new Set(checked.diagnostics.map((d) => d.code))].toSorted();
    };
    expect(load('as-published')).toEqual(['F001', 'F002', 'F004', 'F006']);
    expect(load('viewer-engagement').filter((code) => code !== 'F006')).toEqual([]);
  });
});

describe('F009, days of two time zones', () => {
  const where = (condition: string): string[] =>
    findings(
      `CREATE MATERIALIZED VIEW v AS SELECT viewer_id, COUNT(*) AS n FROM events WHERE ${condition} GROUP BY viewer_id;`,
    );
  const local = "(at AT TIME ZONE 'Asia/Tokyo')";

  it.each([
    `${local}::date > CURRENT_DATE - 7`,
    `CURRENT_DATE = ${local}::date`,
    `date_trunc('day', ${local}) >= CURRENT_DATE - INTERVAL '7 days'`,
    `${local}::date >= date_trunc('day', now() AT TIME ZONE 'UTC') - INTERVAL '1 day'`,
    `${local}::date = (now() AT TIME ZONE 'Europe/Berlin')::date`,
    "at::date = (now() AT TIME ZONE 'Asia/Tokyo')::date",
    `CURRENT_DATE - ${local}::date < 7`,
    `${local}::date IS DISTINCT FROM CURRENT_DATE`,
    `${local}::date IN (CURRENT_DATE, CURRENT_DATE - 1)`,
    "date_trunc('day', at, 'Asia/Tokyo') = CURRENT_DATE",
    `date_trunc('week', ${local}) = date_trunc('week', now())`,
  ])('finds %s', (condition) => {
    expect(where(condition)).toEqual(['F009:1']);
  });

  it.each([
    `${local}::date > (now() AT TIME ZONE 'Asia/Tokyo')::date - 7`,
    'day > CURRENT_DATE - 7',
    'at::date = CURRENT_DATE',
    "day = (now() AT TIME ZONE 'Asia/Tokyo')::date",
    `${local} > now() AT TIME ZONE 'UTC'`,
    `${local}::date = (now() AT TIME ZONE 'asia/tokyo')::date`,
    "(at AT TIME ZONE '+00')::date = CURRENT_DATE",
    "(at AT TIME ZONE 'Etc/GMT')::date = CURRENT_DATE",
    `(now() AT TIME ZONE 'Asia/Tokyo')::date - ${local}::date < 7`,
    "date_trunc('day', at, 'Asia/Tokyo') = date_trunc('day', now(), 'Asia/Tokyo')",
    "at >= date_trunc('day', now())",
  ])('leaves %s alone', (condition) => {
    expect(where(condition)).toEqual([]);
  });

  it('finds days in the condition of a join', () => {
    const days = (of: string): string => `(SELECT viewer_id, ${of} AS d FROM events)`;
    const joined = (left: string, on: string): string[] =>
      findings(
        `CREATE MATERIALIZED VIEW v AS SELECT a.viewer_id FROM ${days(left)} a JOIN ${days('at::date')} b ON ${on};`,
      );
    const same = 'a.viewer_id = b.viewer_id AND a.d';
    expect(joined(`${local}::date`, `${same} = b.d`)).toEqual(['F009:1']);
    expect(joined(`${local}::date`, `${same} > b.d`)).toEqual(['F009:1']);
    expect(joined('at::date', `${same} = b.d`)).toEqual([]);
  });

  it('finds days that another view computes', () => {
    const tile = `CREATE MATERIALIZED VIEW tile AS SELECT viewer_id, ${local}::date AS d, COUNT(*) AS n FROM events GROUP BY viewer_id, ${local}::date;\n`;
    const rolling = (today: string): string =>
      `${tile}CREATE MATERIALIZED VIEW v AS SELECT viewer_id, SUM(n) FILTER (WHERE d > ${today} - 7) AS w FROM tile GROUP BY viewer_id;`;
    expect(findings(rolling('CURRENT_DATE'))).toEqual(['F009:2']);
    expect(findings(rolling("(now() AT TIME ZONE 'Asia/Tokyo')::date"))).toEqual([]);
  });

  it('has a hint with the right expression', () => {
    expect(
      rendered(
        bind(
          `CREATE MATERIALIZED VIEW v AS SELECT viewer_id FROM events WHERE ${local}::date > CURRENT_DATE - 7;`,
        ),
      ),
    ).toContain("(now() AT TIME ZONE 'Asia/Tokyo')::date");
  });
});
