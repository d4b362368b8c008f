import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient, ScanCommand, type AttributeValue } from '@aws-sdk/client-dynamodb';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type Outcome, cli } from '../cli/support/run-cli.ts';
import { startDynamoDbLocal } from './dynamodb-local-server.ts';
import { drained, sumOf, until as untilTrue } from './support/drained.ts';
import { type FreshetProcess, type RunningPipeline, startFreshet, startRun } from './support/freshet.ts';
import { type KafkaBroker, startKafka } from './support/kafka.ts';

// The shipped pipeline as in production: an Apache Kafka broker, DynamoDB Local, and `freshet run` in a process that is
// killed. In the end the table must hold what `freshet replay` computes from the same events in files.

const PIPELINE = 'pipelines/viewer-engagement';
const SOURCES = ['view_events', 'content_interactions'];
const SINKS = [
  'viewer_watch_sink',
  'viewer_session_sink',
  'viewer_interactions_sink',
  'viewer_preferences_sink',
  'viewer_history_sink',
  'catalogue_trending_sink',
];
const TABLE = 'viewer_profiles';
const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };
const HOUR_MS = 3_600_000;
/** Starts of the simulated days. The last event is old enough that values change only at midnight. */
const STARTS = [4.5, 3.5, 2.5].map((days) => new Date(Date.now() - days * 24 * HOUR_MS).toISOString());

let broker: KafkaBroker;
let dynamo: Awaited<ReturnType<typeof startDynamoDbLocal>>;
let client: DynamoDBClient;
let folder: string;
let running: RunningPipeline | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'freshet-kafka-run-'));
  [broker, dynamo] = await Promise.all([startKafka(), startDynamoDbLocal()]);
  client = new DynamoDBClient({ endpoint: dynamo.endpoint, region: 'us-east-1', credentials: CREDENTIALS });
});
afterEach(async () => {
  await running?.kill();
});
afterAll(async () => {
  client?.destroy();
  await Promise.all([broker?.stop(), dynamo?.close()]);
  await rm(folder, { recursive: true, force: true });
});

const run = (...flags: readonly string[]): Promise<RunningPipeline> =>
  startRun(
    [
      PIPELINE,
      '--state',
      join(folder, 'state'),
      '--barrier-interval',
      '0.1',
      '--checkpoint-interval',
      '0.5',
      ...flags,
    ],
    {
      KAFKA_BROKERS: broker.bootstrap,
      AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    },
  );

/** Returns the command that simulates day `n`, with the same events each time. */
const simulation = (n: number): readonly string[] => [
  'simulate',
  '--seed',
  `${n}`,
  '--viewers',
  '30',
  '--days',
  '1',
  '--rate',
  '0.03',
  '--start',
  STARTS[n]!,
];

/** Returns the items of all sinks as `freshet replay` computes them, in canonical form and order. */
async function expectedItems(asOf: string): Promise<readonly string[]> {
  const inputs = STARTS.flatMap((_, n) =>
    SOURCES.flatMap((source) => ['--input', `${source}=${join(folder, `${n}`, `${source}.ndjson`)}`]),
  );
  const items: string[] = [];
  for (const sink of SINKS) {
    const { stdout } = await succeed([
      'replay',
      PIPELINE,
      ...inputs,
      '--as-of',
      asOf,
      '--select',
      sink,
      '--items',
    ]);
    const lines = stdout.trim().split('\n');
    items.push(...lines.map((line) => canonical(JSON.parse(line) as Item)));
  }
  return items.sort();
}

/** Runs a command in this process, which is faster. Throws if it fails. */
async function succeed(argv: readonly string[]): Promise<Outcome> {
  const outcome = await cli(argv);
  if (outcome.code !== 0) throw new Error(`freshet ${argv[0]} ended with ${outcome.code}: ${outcome.stderr}`);
  return outcome;
}

type Item = Record<string, AttributeValue>;

async function storedItems(): Promise<readonly Item[]> {
  const items: Item[] = [];
  let from: Item | undefined;
  do {
    const page = await client.send(
      new ScanCommand({ TableName: TABLE, ConsistentRead: true, ExclusiveStartKey: from }),
    );
    items.push(...(page.Items ?? []));
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
  return items;
}

/** Returns the item as JSON with sorted keys, without the bookkeeping attributes, whose names begin with `_`. */
function canonical(item: Item): string {
  return JSON.stringify(
    sortKeys(Object.fromEntries(Object.entries(item).filter(([name]) => !name.startsWith('_')))),
  );
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]));
}

/** Returns the number of events in both topics. */
async function produced(): Promise<number> {
  const admin = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const ends = await Promise.all(SOURCES.map((topic) => admin.fetchTopicOffsets(topic)));
    return ends.flat().reduce((sum, { high }) => sum + Number(high), 0);
  } finally {
    await admin.disconnect();
  }
}

const until = (what: string, isTrue: () => Promise<boolean>): Promise<void> =>
  untilTrue(what, isTrue, () => running?.stderr());

const putsOf = async (pipeline: RunningPipeline): Promise<number> =>
  sumOf(await pipeline.metrics(), 'freshet_sink_upserts_total');
const checkpointsOf = async (pipeline: RunningPipeline): Promise<number> =>
  (await pipeline.metrics()).get('freshet_checkpoint_duration_seconds_count')!;

it('Kafka to DynamoDB, killed twice: items equal those of a replay, nothing is lost or counted twice', async () => {
  // The same seeds write the same events to files and topics.
  let events = 0;
  for (const n of STARTS.keys()) {
    const { stderr } = await succeed([...simulation(n), '--out', join(folder, `${n}`)]);
    events += Number(/([\d,]+) events\n/.exec(stderr)![1]!.replaceAll(',', ''));
  }
  const toKafka = (n: number): FreshetProcess =>
    startFreshet([...simulation(n), '--kafka', broker.bootstrap]);
  expect(await toKafka(0).ended).toMatchObject({ code: 0 });
  running = await run();
  await until('the first day is delivered', async () => drained(running!));

  // First kill, during writes: some items in the table are newer than the last checkpoint.
  let puts = await putsOf(running);
  const second = toKafka(1);
  await until('the sinks write', async () => (await putsOf(running!)) > puts);
  await running.kill();
  expect(await second.ended).toMatchObject({ code: 0 });
  running = await run();

  // Second kill, after a checkpoint that was taken between writes.
  puts = await putsOf(running);
  const third = toKafka(2);
  await until('the sinks write', async () => (await putsOf(running!)) > puts);
  const checkpoints = await checkpointsOf(running);
  await until('there is a checkpoint', async () => (await checkpointsOf(running!)) > checkpoints);
  await running.kill();
  expect(await third.ended).toMatchObject({ code: 0 });
  running = await run();
  await until('all is delivered', async () => drained(running!));

  expect(running.stderr()).toContain('"msg":"state restored"');
  expect(await produced()).toBe(events);
  const stored = (await storedItems()).map(canonical).sort();
  expect(stored.length).toBeGreaterThan(100);
  const { as_of } = (await (await fetch(`${running.url}/v1/status`)).json()) as { as_of: string };
  expect(stored).toEqual(await expectedItems(as_of));

  const stopped = await running.stop();
  expect(stopped.stderr).toContain('"msg":"stopped"');
  expect(stopped.code).toBe(0);
  running = await run();
  await until('it is ready', async () => drained(running!));
  expect(running.stderr()).toContain('"redelivered":0');
  expect(sumOf(await running.metrics(), 'freshet_source_records_total')).toBe(0);
  expect(await putsOf(running)).toBe(0);

  await broker.kill(); // `run` still stops cleanly without its broker
  await sleep(1000);
  expect(await running.stop()).toMatchObject({ code: 0 });
});
