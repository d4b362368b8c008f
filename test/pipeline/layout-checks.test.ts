import { beforeAll, expect, test } from 'vitest';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { checkPipeline } from '../../src/pipeline/check.ts';
import { loadParser } from '../../src/sql/parser.ts';

beforeAll(() => loadParser());

const SOURCES = `
CREATE SOURCE plays (viewer BIGINT, genre VARCHAR, seconds INT, day DATE)
WITH (connector = 'kafka', topic = 'plays') FORMAT PLAIN ENCODE JSON;
CREATE MATERIALIZED VIEW watch AS
SELECT viewer, 'engagement#watch' AS sk, count(*) AS n, sum(seconds) AS total FROM plays GROUP BY viewer;
CREATE MATERIALIZED VIEW session AS SELECT viewer, max(seconds) AS longest FROM plays GROUP BY viewer;
CREATE MATERIALIZED VIEW more AS
SELECT viewer, count(*) AS total, max(day) AS "_v:x", max(genre) AS expires_at, max(genre) AS _domains
FROM plays GROUP BY viewer;
CREATE MATERIALIZED VIEW days AS SELECT viewer, day, count(*) AS n FROM plays GROUP BY viewer, day;
CREATE MATERIALIZED VIEW genres AS SELECT viewer, genre, count(*) AS n FROM plays GROUP BY viewer, genre;
CREATE MATERIALIZED VIEW named AS SELECT viewer AS value, count(*) AS n FROM plays GROUP BY viewer;
CREATE MATERIALIZED VIEW keys AS SELECT viewer, 'k' AS sk FROM plays GROUP BY viewer;
`;

function sink(
  name: string,
  view: string,
  layout: string,
  options: Readonly<Record<string, string>> = {},
): string {
  const all = {
    connector: 'dynamodb',
    table: 't_1',
    primary_key: 'viewer',
    'freshet.layout': layout,
    ...options,
  };
  const list = Object.entries(all).map(([option, value]) => `  ${option} = '${value}'`);
  return `CREATE SINK ${name} FROM ${view} WITH (\n${list.join(',\n')}\n);\n`;
}
const key = (primary_key: string) => ({ primary_key });
const sorted = (sort: string) => ({ 'freshet.sort_key': sort });

/** Returns the findings as `text: message (hint)`, where `text` is what the place in the SQL holds. */
function findings(sinks: string): readonly string[] {
  const text = SOURCES + sinks;
  const bound = bindPipeline('p', [{ name: 'p.sql', text }], {});
  const { diagnostics } = checkPipeline(bound);
  return diagnostics.map(
    ({ message, hint, span }) => `${text.slice(span.start, span.end)}: ${message} (${hint})`,
  );
}

test('every layout takes the sinks of a table whose columns and domains differ', () => {
  for (const layout of ['wide', 'metric']) {
    const both =
      sink('a', 'watch', layout, key('viewer,sk')) +
      sink('b', 'session', layout, sorted('engagement#session'));
    expect(findings(both)).toEqual([]);
  }
  const beside =
    sink('a', 'watch', 'domain', key('viewer,sk')) +
    sink('b', 'session', 'wide') +
    sink('c', 'days', 'daily', key('viewer,day')) +
    sink('d', 'session', 'metric', { table: 't_2', 'freshet.sort_key': 'x' });
  expect(findings(beside)).toEqual([]);
});

test.each([
  [
    'two domains of one name',
    sink('a', 'watch', 'wide', key('viewer,sk')) + sink('b', 'session', 'wide', sorted('profile#watch')),
    `'profile#watch': sink "b": sinks "a" and "b" both write the domain "watch" to table t_1 ` +
      '(a domain is named by the last part of its sort key, or by its sink if it has none; ' +
      "give one of the two another name, such as freshet.sort_key = 'profile#orders')",
  ],
  [
    'one domain in two layouts',
    sink('a', 'watch', 'domain', key('viewer,sk')) +
      sink('b', 'session', 'metric', sorted('engagement#watch')),
    `'engagement#watch': sink "b": sinks "a" and "b" both write the domain "watch" to table t_1 ` +
      '(a domain is named by the last part of its sort key, or by its sink if it has none; ' +
      "give one of the two another name, such as freshet.sort_key = 'profile#orders')",
  ],
  [
    'a common metric',
    sink('a', 'watch', 'metric', key('viewer,sk')) + sink('b', 'more', 'metric'),
    `'metric': sink "b": in layout 'metric' column "more"."total" would be the same item of table t_1 as ` +
      '"watch"."total" of sink "a" (rename one of the two in its view, such as total AS more_total)',
  ],
  [
    'a common attribute',
    sink('a', 'days', 'daily', key('viewer,day')) + sink('b', 'days', 'daily', key('viewer,day')),
    `'daily': sink "b": in layout 'daily' column "days"."n" would be the same attribute of table t_1 as ` +
      '"days"."n" of sink "a" (rename one of the two in its view, such as n AS days_n)',
  ],
  [
    'no bookkeeping',
    sink('a', 'session', 'wide', { 'freshet.bookkeeping': 'off' }),
    `'off': sink "a": layout 'wide' needs freshet.bookkeeping = 'on' ` +
      '(the version of each domain is what lets several sinks update one item; remove the option)',
  ],
  [
    'a column with the name of bookkeeping',
    sink('a', 'more', 'wide'),
    `'wide': sink "a": column "_v:x" has the name of a bookkeeping attribute ` +
      "(rename the column in the view: items of layout 'wide' keep their own _v:x)",
  ],
  [
    'rows that a sort key tells apart',
    sink('a', 'genres', 'wide', key('viewer,genre')),
    `'viewer,genre': sink "a": layout 'wide' has one row for each "viewer", but rows are also told apart by "genre" ` +
      `(let "genre" be the same text in every row, such as 'profile#orders' AS genre; or use freshet.layout = 'domain')`,
  ],
  [
    'a domain without a name',
    sink('a', 'session', 'metric', sorted('engagement#')),
    `'engagement#': sink "a": the sort key 'engagement#' ends with '#', so the domain has no name ` +
      "(add a name, such as 'profile#orders')",
  ],
  [
    'a key with the name of a value',
    sink('a', 'named', 'metric', key('value')),
    `'value': sink "a": the key "value" has the name of an attribute of each metric ` +
      '(rename the column in the view, or set freshet.sort_key_name to another name)',
  ],
  [
    'a view without metrics',
    sink('a', 'keys', 'metric', key('viewer,sk')),
    `'metric': sink "a": "keys" has no metric: all its columns belong to the key (add a column, or use another layout)`,
  ],
  [
    'the day before the viewer',
    sink('a', 'days', 'daily', key('day,viewer')),
    `'daily': layout 'daily' has an item for each partition key and day, in this order ` +
      "(write primary_key = 'viewer,day'; or use freshet.layout = 'domain')",
  ],
  [
    'items without a version',
    sink('a', 'session', 'wide', { 'freshet.gone_items': 'delete_all' }),
    `'delete_all': sink "a": freshet.gone_items = 'delete_all' is for layout 'domain', not 'wide' ` +
      "(only items of layout 'domain' have a form that other writers use; set it to 'delete')",
  ],
])('says what is wrong with %s', (_what, sinks, ...expected) => {
  expect(findings(sinks)).toEqual(expected);
});

test('days that several sinks share expire together', () => {
  const view = `CREATE MATERIALIZED VIEW other AS SELECT viewer, day, max(seconds) AS longest FROM plays GROUP BY viewer, day;`;
  const sinks =
    view +
    sink('a', 'days', 'daily', key('viewer,day')) +
    sink('b', 'other', 'daily', { ...key('viewer,day'), 'freshet.expire_after_days': '40' });
  expect(findings(sinks)).toEqual([
    `'40': sink "b": sinks "a" and "b" share the items of a day, which would expire after 35 and after 40 days ` +
      '(set freshet.expire_after_days to the same number in both)',
  ]);
});

test('days that a window adds up must not have expired', () => {
  const view = `CREATE MATERIALIZED VIEW rolling AS
    SELECT viewer, SUM(CASE WHEN day > CURRENT_DATE - 28 THEN n ELSE 0 END) AS n_28d FROM days GROUP BY viewer;\n`;
  const daily = (days: string) => sink('a', 'rolling', 'daily', { 'freshet.expire_after_days': days });
  expect(findings(view + daily('28'))).toEqual([]);
  expect(findings(view + daily('27'))).toEqual([
    `'27': sink "a": days expire after 27 days, and "rolling" adds up the last 28 ` +
      '(set freshet.expire_after_days to 28 or more)',
  ]);
});

test('a view with more columns than an update has room for is refused', () => {
  const many = Array.from({ length: 600 }, (_, i) => `max(seconds) AS c${i}`).join(', ');
  const view = `CREATE MATERIALIZED VIEW large AS SELECT viewer, ${many} FROM plays GROUP BY viewer;\n`;
  expect(findings(view + sink('a', 'large', 'wide'))).toEqual([
    `'wide': sink "a": an update of 600 columns is longer than DynamoDB allows ` +
      "(select fewer columns, or use freshet.layout = 'domain')",
  ]);
});
