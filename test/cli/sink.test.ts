import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { viewTopics } from '../../src/cli/view-topics.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import type { Pipeline } from '../../src/plan/pipeline.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { cli, startCli } from './support/run-cli.ts';

const source = (name: string, more: string): string => `
CREATE SOURCE ${name} (viewer BIGINT, n INT)
WITH (connector = 'kafka', topic = '${name}', ${more}) FORMAT PLAIN ENCODE JSON;`;
const BROKERS = "properties.bootstrap.server = '${BROKERS:-kafka:9092}'";
const SECURITY =
  "properties.security.protocol = 'sasl_ssl', properties.sasl.password = 'secret', scan.startup.mode = 'latest'";
const SINKS = `
CREATE MATERIALIZED VIEW totals AS SELECT viewer, sum(n) AS n FROM events GROUP BY viewer;
CREATE SINK totals_sink FROM totals
  WITH (connector = 'dynamodb', table = 'totals', region = 'us-east-1', primary_key = 'viewer');
CREATE MATERIALIZED VIEW pairs AS SELECT viewer, n, count(*) AS c FROM events GROUP BY viewer, n;
CREATE SINK pairs_sink FROM pairs
  WITH (connector = 'dynamodb', table = 'pairs', region = 'us-east-1', primary_key = 'viewer,n');`;
const PIPELINE = source('events', `${BROKERS}, ${SECURITY}`) + SINKS;

let folder: string;
beforeAll(async () => {
  await loadParser();
  folder = await mkdtemp(join(tmpdir(), 'freshet-sink-'));
});
afterAll(() => rm(folder, { recursive: true }));

let count = 0;
async function pipelineIn(sql: string): Promise<string> {
  const dir = `p${count++}`;
  await mkdir(join(folder, dir));
  await writeFile(join(folder, dir, 'p.sql'), sql);
  return dir;
}

describe('freshet sink refuses', () => {
  it.each<[string, string, readonly string[], RegExp]>([
    ['a pipeline with errors', 'CREATE SOURCE x (a INT);', [], /error\[42P16\]: source "x" has no connector/],
    [
      'a pipeline without a DynamoDB sink',
      source('events', BROKERS),
      [],
      /p\d+ has no DynamoDB sink\nhint: add CREATE SINK/,
    ],
    [
      'an unknown sink',
      PIPELINE,
      ['--topic', 'total_sink=t'],
      /no sink named total_sink\nhint: did you mean "totals_sink"\?/,
    ],
    ['a topic without a sink', PIPELINE, ['--topic', 't'], /expected NAME=VALUE/],
    [
      'a text key of two columns',
      PIPELINE,
      ['--key', 'text'],
      /--key text is the text of one column, and the key of sink pairs_sink has 2/,
    ],
    ['an unknown writer', PIPELINE, ['--writer', 'spark'], /Allowed choices are risingwave, flink, debezium/],
    [
      'an unknown Kafka option',
      PIPELINE,
      ['--kafka-option', 'properties.sasl.pasword=x'],
      /no Kafka option properties\.sasl\.pasword for --kafka-option\nhint: did you mean "properties\.sasl\.password"\?/,
    ],
    ['the topic as a Kafka option', PIPELINE, ['--kafka-option', 'topic=x'], /no Kafka option topic/],
    [
      'a wrong value of a Kafka option',
      PIPELINE,
      ['--kafka-option', 'properties.security.protocol=tls'],
      /--kafka-option properties\.security\.protocol must be 'plaintext' or 'ssl'/,
    ],
    [
      'a variable that is not set',
      PIPELINE,
      ['--kafka-option', 'properties.sasl.password=${NOT_SET}'],
      /uses \$\{NOT_SET\}, which is not set/,
    ],
    [
      'a pipeline without brokers',
      source('events', "properties.bootstrap.server = ''") + SINKS,
      [],
      /no Kafka broker is known\nhint: give --brokers/,
    ],
    [
      'sources with different brokers',
      PIPELINE + source('others', "properties.bootstrap.server = 'elsewhere:9092'"),
      [],
      /the sources events and others connect to Kafka in different ways\nhint: .*--like <source>/,
    ],
  ])('%s', async (_, sql, flags, message) => {
    const { code, stderr } = await cli(['sink', await pipelineIn(sql), ...flags], { cwd: folder });
    expect(stderr).toMatch(message);
    expect(code).toBeGreaterThan(0);
    expect(stderr).not.toContain('secret');
  });
});

it('a view that this engine cannot run is no obstacle; a sink of files is left out', async () => {
  const dir = await pipelineIn(`
    CREATE SOURCE events (viewer BIGINT, n INT, at TIMESTAMPTZ, WATERMARK FOR at AS at - INTERVAL '1 minute')
      WITH (connector = 'kafka', topic = 'events') FORMAT PLAIN ENCODE JSON;
    CREATE MATERIALIZED VIEW totals AS
      SELECT viewer, at, sum(n) AS n FROM events GROUP BY viewer, at EMIT ON WINDOW CLOSE;
    CREATE SINK totals_sink FROM totals
      WITH (connector = 'dynamodb', table = 'totals', region = 'us-east-1', primary_key = 'viewer,at');
    CREATE SINK files FROM events WITH (connector = 'posix_fs', posix_fs.root = 'out');`);
  const env = {
    AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1',
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'y',
  };
  const running = startCli(['sink', dir, '--brokers', '127.0.0.1:1', '--topic-prefix', 'p.'], {
    cwd: folder,
    env,
  });
  const [line] = await running.logs(/^.*"topic":"p\.totals_sink".*$/m);
  expect(JSON.parse(line)).toMatchObject({ sink: 'totals_sink', msg: 'topic of a sink' });
  running.interrupt();
  const { stderr } = await running.ended;
  expect(stderr).toContain('"sink":"files"');
  expect(stderr).not.toContain('EMIT ON WINDOW CLOSE');
  expect((await cli(['check', dir], { cwd: folder })).stdout).toContain(
    'EMIT ON WINDOW CLOSE does not run here yet',
  );
});

describe('topics of views', () => {
  const bound = (sql: string): Pipeline => bindPipeline('p', [{ name: 'p.sql', text: sql }], {}).pipeline!;
  const flags = { writer: 'risingwave', key: 'json' } as const;
  const connectionOf = (sql: string, more: object, env = {}): Record<string, string> => {
    const pipeline = bound(sql);
    const { connection } = viewTopics({ env }, { ...flags, ...more }, pipeline, pipeline.sinks);
    return Object.fromEntries([...connection].map(([name, { value }]) => [name, value]));
  };

  it('are named after the sinks, with a prefix, or as the command line says', () => {
    const pipeline = bound(PIPELINE);
    const topic = new Map([['pairs_sink', 'other']]);
    const given = { ...flags, topicPrefix: 'prod.', topic };
    const topics = viewTopics({ env: {} }, given, pipeline, pipeline.sinks);
    expect(topics).toMatchObject({ format: 'upsert', keyEncode: 'json' });
    expect([topics.topicOf('totals_sink'), topics.topicOf('pairs_sink')]).toEqual([
      'prod.totals_sink',
      'other',
    ]);
    const envelopes = viewTopics({ env: {} }, { ...flags, writer: 'debezium' }, pipeline, pipeline.sinks);
    expect(envelopes).toMatchObject({ format: 'debezium', keyEncode: undefined });
  });

  it('have the brokers and the security of the pipeline, and start at their beginning', () => {
    expect(connectionOf(PIPELINE, {})).toEqual({
      'properties.bootstrap.server': 'kafka:9092',
      'properties.security.protocol': 'sasl_ssl',
      'properties.sasl.password': 'secret',
    });
    expect(connectionOf(PIPELINE, { brokers: 'a:1,b:2' })).toMatchObject({
      'properties.bootstrap.server': 'a:1,b:2',
    });
    const two = PIPELINE + source('others', "kafka.brokers = 'elsewhere:9092'");
    expect(connectionOf(two, { like: 'others' })).toEqual({ 'kafka.brokers': 'elsewhere:9092' });
    expect(connectionOf(two, { like: 'others', brokers: 'a:1' })).toEqual({
      'properties.bootstrap.server': 'a:1',
    });
  });

  it('take options of the command line, with variables of the environment', () => {
    const kafkaOption = new Map([
      ['properties.sasl.username', 'u-${USER_NAME}'],
      ['properties.sasl.password', '${PASSWORD}'],
    ]);
    const env = { USER_NAME: 'n', PASSWORD: '$& ${x}' };
    expect(
      connectionOf(
        SINKS.replaceAll('events', 't').replace('', 'CREATE TABLE t (viewer BIGINT, n INT);'),
        { brokers: 'a:1', kafkaOption },
        env,
      ),
    ).toEqual({
      'properties.sasl.username': 'u-n',
      'properties.sasl.password': '$& ${x}',
      'properties.bootstrap.server': 'a:1',
    });
  });
});
