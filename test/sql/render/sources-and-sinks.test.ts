import { beforeAll, describe, expect, test } from 'vitest';
import { loadParser } from '../../../src/sql/parser.ts';
import { rendered, rendering } from './support/render.ts';

beforeAll(loadParser);

const SOURCE = `CREATE SOURCE plays (viewer_id BIGINT, doc JSONB, at TIMESTAMP)
WITH (connector = 'kafka', topic = 'plays', properties.bootstrap.server = '\${KAFKA_BROKERS:-}')
FORMAT PLAIN ENCODE JSON;
`;
const VIEW = `CREATE MATERIALIZED VIEW totals AS
SELECT viewer_id, COUNT(*) AS plays, MAX(at) AS last_at FROM plays GROUP BY viewer_id;
`;

describe('a source', () => {
  test('loses the options that only Freshet has, with their commas and comments', async () => {
    const text = await rendered(`CREATE SOURCE plays (a INT) WITH (
    connector = 'kafka',
    topic = '\${TOPIC:-plays}',
    scan.on_lost_position = 'resume', -- go on
    properties.bootstrap.server = '\${KAFKA_BROKERS:-}',
    properties.sasl.password = '\${PASSWORD}'
) FORMAT PLAIN ENCODE JSON (freshet.jsonb = 'dynamic');
`);
    expect(text).toMatchInlineSnapshot(`
      "-- RisingWave: it has no option scan.on_lost_position.
      -- RisingWave: it has no option freshet.jsonb.
      CREATE SOURCE plays (a INT) WITH (
          connector = 'kafka',
          topic = '\${TOPIC:-plays}',
          properties.bootstrap.server = '\${KAFKA_BROKERS}',
          properties.sasl.password = '\${PASSWORD}'
      ) FORMAT PLAIN ENCODE JSON;
      "
    `);
  });

  test('that is NOT NULL gets another name, and a view under the old one', async () => {
    const text = await rendered(
      SOURCE.replace('viewer_id BIGINT', 'viewer_id BIGINT NOT NULL').replace(
        'at TIMESTAMP',
        'at TIMESTAMP NOT NULL',
      ),
    );
    expect(text).toMatchInlineSnapshot(`
      "-- RisingWave: a source has no NOT NULL. The view plays below leaves out the events that Freshet
      -- refuses.
      CREATE SOURCE plays_received (viewer_id BIGINT, doc JSONB, at TIMESTAMP)
      WITH (connector = 'kafka', topic = 'plays', properties.bootstrap.server = '\${KAFKA_BROKERS}')
      FORMAT PLAIN ENCODE JSON;

      CREATE VIEW plays AS
      SELECT viewer_id, doc, at
      FROM plays_received
      WHERE viewer_id IS NOT NULL
        AND at IS NOT NULL;
      "
    `);
    const { statements } = await rendering(SOURCE.replace('BIGINT', 'BIGINT NOT NULL') + VIEW);
    expect(statements.map(({ kind, name, reads }) => [kind, name, reads])).toEqual([
      ['source', 'plays_received', []],
      ['view', 'plays', ['plays_received']],
      ['materialized view', 'totals', ['plays']],
    ]);
  });

  test('loses its watermark, by which RisingWave would drop events, unless it is to be kept', async () => {
    const sql = SOURCE.replace('at TIMESTAMP)', "at TIMESTAMP, WATERMARK FOR at AS at - INTERVAL '1 day')");
    expect(await rendered(sql)).toContain('(viewer_id BIGINT, doc JSONB, at TIMESTAMP)');
    expect(await rendered(sql)).toContain('-- RisingWave: WATERMARK is left out');
    expect(await rendered(sql, { keepWatermarks: true })).toContain('WATERMARK FOR at');
  });

  test('that is a table keeps its key, and the first row of each', async () => {
    const sql = `CREATE TABLE plays (event_id VARCHAR PRIMARY KEY, viewer_id BIGINT NOT NULL) APPEND ONLY
ON CONFLICT IGNORE
WITH (connector = 'kafka', topic = 'plays', properties.bootstrap.server = 'k:9092') FORMAT PLAIN ENCODE JSON;
`;
    expect(await rendered(sql)).toBe(sql.replace('IGNORE', 'DO NOTHING'));
  });

  test('can take its secrets from RisingWave', async () => {
    const sql = `CREATE SOURCE plays (a INT) WITH (connector = 'kafka', topic = 't',
  properties.bootstrap.server = 'k:9092', properties.sasl.password = '\${KAFKA_PASSWORD}') FORMAT PLAIN ENCODE JSON;
`;
    expect(await rendered(sql)).toBe(sql);
    expect(await rendered(sql, { secrets: true })).toContain(
      'properties.sasl.password = secret kafka_password)',
    );
  });
});

describe('a DynamoDB sink', () => {
  const sink = (options: string): string =>
    `CREATE SINK s FROM totals\nWITH (connector = 'dynamodb', table = 'profiles', ${options});\n`;

  test('has its constant sort key in a column', async () => {
    const sql = sink("primary_key = 'viewer_id', freshet.sort_key = 'it''s', freshet.create_table = 'false'");
    const text = await rendered(SOURCE + VIEW + sql);
    expect(text.slice(text.indexOf('CREATE SINK'))).toMatchInlineSnapshot(`
      "CREATE SINK s AS SELECT viewer_id, plays, last_at, 'it''s' AS sk FROM totals
      WITH (connector = 'dynamodb', table = 'profiles', primary_key = 'viewer_id,sk');
      "
    `);
  });

  test('has the retry options from version 3.0 on', async () => {
    const sql =
      SOURCE + VIEW + sink("primary_key = 'viewer_id', dynamodb.batch_write_retry_backoff_ms = '50'");
    expect(await rendered(sql, { version: '3.0' })).toContain('retry_backoff');
    expect(await rendered(sql, { version: '2.8' })).not.toContain("retry_backoff_ms = '50'");
  });

  test('of a plain view or a source reads it by a query', async () => {
    const named = 'CREATE VIEW named AS SELECT viewer_id, plays FROM totals;\n';
    const text = await rendered(
      SOURCE + VIEW + named + sink("primary_key = 'viewer_id'").replace('FROM totals', 'FROM named'),
    );
    expect(text).toContain('CREATE SINK s AS SELECT viewer_id, plays FROM named\nWITH (');
  });

  test('becomes an upsert topic for `freshet sink`, with times as text', async () => {
    const sql = sink("primary_key = 'viewer_id', freshet.sort_key = 'x'");
    const text = await rendered(SOURCE + VIEW + sql, { sinks: 'kafka', topicPrefix: 'profiles.' });
    expect(text.slice(text.indexOf('-- RisingWave: the changes'))).toMatchInlineSnapshot(`
      "-- RisingWave: the changes go to a topic, from which \`freshet sink\` writes the items.
      -- RisingWave: times are written as text, because its JSON has no microseconds.
      CREATE SINK s AS SELECT viewer_id, plays, last_at::varchar AS last_at FROM totals
      WITH (
          connector = 'kafka',
          topic = 'profiles.s',
          properties.bootstrap.server = '\${KAFKA_BROKERS}',
          properties.enable.idempotence = 'true',
          primary_key = 'viewer_id'
      ) FORMAT UPSERT ENCODE JSON (
          jsonb.handling.mode = 'string',
          timestamptz.handling.mode = 'utc_string'
      );
      "
    `);
  });
});

test('upsert topics are written with the security options of a source', async () => {
  const source = SOURCE.replace(
    "topic = 'plays'",
    "topic = 'plays', properties.security.protocol = 'SASL_SSL', properties.sasl.mechanisms = 'PLAIN'",
  );
  const sink =
    "CREATE SINK s FROM totals WITH (connector = 'dynamodb', table = 'abc', primary_key = 'viewer_id');\n";
  const text = await rendered(source + VIEW + sink, { sinks: 'kafka' });
  expect(text.slice(text.indexOf('CREATE SINK'))).toContain(`
    properties.security.protocol = 'SASL_SSL',
    properties.sasl.mechanism = 'PLAIN',
    properties.bootstrap.server = '\${KAFKA_BROKERS}',`);
});

test('UNION of three branches has equal types in each', async () => {
  const text = await rendered(`${SOURCE}CREATE MATERIALIZED VIEW v AS
SELECT viewer_id, 1 AS n, NULL AS note FROM plays
UNION ALL
SELECT 7, 2.5, 'x' FROM plays
UNION ALL
SELECT *
FROM (SELECT viewer_id::int AS a, 3::bigint AS b, 'y' AS c FROM plays)
  AS r;
`);
  expect(text.slice(text.indexOf('CREATE MATERIALIZED'))).toMatchInlineSnapshot(`
    "CREATE MATERIALIZED VIEW v AS
    SELECT viewer_id, 1::NUMERIC AS n, NULL::VARCHAR AS note FROM plays
    UNION ALL
    SELECT 7::BIGINT, 2.5, 'x' FROM plays
    UNION ALL
    SELECT a::BIGINT AS viewer_id, b::NUMERIC AS n, c
    FROM (SELECT viewer_id::int AS a, 3::bigint AS b, 'y' AS c FROM plays)
      AS r;
    "
  `);
});

test('units, columns without a name and intervals are written out', async () => {
  const text = await rendered(`${SOURCE}CREATE MATERIALIZED VIEW v (a) AS
SELECT date_trunc('mon', at), viewer_id FROM plays WHERE at > TIMESTAMP '2026-01-01' + INTERVAL '2 weeks';
`);
  expect(text.slice(text.indexOf('CREATE MATERIALIZED'))).toMatchInlineSnapshot(`
    "CREATE MATERIALIZED VIEW v (a, viewer_id) AS
    SELECT date_trunc('month', at), viewer_id FROM plays WHERE at > TIMESTAMP '2026-01-01' + INTERVAL '14 days';
    "
  `);
});

test('a definition that IF NOT EXISTS skips is left out', async () => {
  const view = (days: number): string =>
    `CREATE MATERIALIZED VIEW IF NOT EXISTS v AS\nSELECT viewer_id FROM plays WHERE at > CURRENT_DATE - ${days};\n`;
  const { statements, files } = await rendering(SOURCE + view(7) + view(8));
  expect(statements.map(({ name }) => name)).toEqual(['plays', 'v']);
  const text = files.get('test.sql')!;
  expect(text).toContain("INTERVAL '7 days'");
  expect(text.slice(text.indexOf("'7 days'"))).toBe(
    "'7 days';\n-- RisingWave: another definition of v is left out.\n",
  );
});

test('a warning that a comment allows stays allowed beside a query that is refused', async () => {
  const refused = `CREATE MATERIALIZED VIEW v AS SELECT a FROM f WHERE b > now() - INTERVAL '1 month';\n`;
  const codes = async (comment: string): Promise<readonly string[]> => {
    const source = `CREATE SOURCE f (a INT, b TIMESTAMPTZ) WITH (
  ${comment}
  connector = 'posix_fs', posix_fs.root = '/tmp', match_pattern = '*.json'
) FORMAT PLAIN ENCODE JSON;\n`;
    return (await rendering(source + refused)).diagnostics.map(({ code }) => code);
  };
  expect(await codes('')).toEqual(['0A000', 'R032']);
  expect(await codes('-- freshet:allow R032')).toEqual(['0A000']);
});

test.each([
  ['wide', 'dynamodb', ['R044']],
  ['wide', 'kafka', []],
  ['metric', 'kafka', []],
  ['daily', 'kafka', []],
  ['daily', 'dynamodb', ['R044']],
  ['domain', 'dynamodb', []],
] as const)(
  'a sink of layout %s with --sinks %s is refused where nobody would write that layout',
  async (layout, sinks, codes) => {
    const sql = `${SOURCE}CREATE MATERIALIZED VIEW v AS
SELECT viewer_id, at::date AS day, COUNT(*) AS n FROM plays GROUP BY viewer_id, at::date;
CREATE MATERIALIZED VIEW w AS SELECT viewer_id, COUNT(*) AS n FROM plays GROUP BY viewer_id;
CREATE SINK s FROM ${layout === 'daily' ? 'v' : 'w'} WITH (
  connector = 'dynamodb', -- freshet:allow R025
  table = 'items', region = 'r', primary_key = '${layout === 'daily' ? 'viewer_id,day' : 'viewer_id'}',
  freshet.layout = '${layout}');\n`;
    const { diagnostics, statements } = await rendering(sql, { sinks });
    expect(diagnostics.map(({ code }) => code)).toEqual(codes);
    expect(statements.some((each) => /freshet\.layout\s*=/.test(each.sql))).toBe(false);
  },
);
