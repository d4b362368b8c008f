import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AttributeValue, DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import { loadPipeline } from '../../src/pipeline/load.ts';
import type { Pipeline } from '../../src/plan/pipeline.ts';
import { itemLines } from '../../src/runtime/item-lines.ts';
import { createJsonDecoder } from '../../src/sources/json/decoder.ts';
import { createSimulator } from '../../src/sources/simulator/simulator.ts';
import type { Datum } from '../../src/values/datum.ts';
import { cli } from '../cli/support/run-cli.ts';
import { ROOT } from '../house/files.ts';
import { Random } from '../oracle/support/random.ts';
import { makeRecords } from '../sources/support/source.ts';
import { randomDatum } from '../support/random-datum.ts';
import { recordsOf, type TopicRecord, topicWriter, type WriterName } from '../support/topic-writers.ts';
import { bothForms } from '../risingwave/support/rendered.ts';
import { TopicItems } from '../risingwave/support/topic-items.ts';
import { startDynamoDbLocal } from './dynamodb-local-server.ts';
import { drained, sumOf, until as untilTrue } from './support/drained.ts';
import { type RunningPipeline, startServing } from './support/freshet.ts';
import { type KafkaBroker, startKafka } from './support/kafka.ts';

// `freshet sink` behind Kafka: an engine in this test stands for the cluster that computes the views, and writers that
// share no code with our decoders write their changes to upsert topics, with repetitions. `freshet sink` is killed
// again and again. In the end the table must hold the items of the views, attribute for attribute; the bookkeeping
// attributes (version, time of writing), whose names begin with `_`, tell of the delivery and are left out.

const WRITERS: readonly WriterName[] = ['risingwave', 'flink', 'debezium'];
const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };
const DAY_US = 86_400_000_000;
const PARTITIONS = 3;
const KILLS = 4;

let broker: KafkaBroker;
let dynamo: Awaited<ReturnType<typeof startDynamoDbLocal>>;
let client: DynamoDBClient;
let kafka: Kafka;
let producer: Producer;
let folder: string;
let running: RunningPipeline | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'freshet-sink-topics-'));
  [broker, dynamo] = await Promise.all([startKafka(), startDynamoDbLocal()]);
  client = new DynamoDBClient({ endpoint: dynamo.endpoint, region: 'us-east-1', credentials: CREDENTIALS });
  kafka = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING });
  producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
});
afterEach(async () => {
  await running?.kill();
});
afterAll(async () => {
  client?.destroy();
  await producer?.disconnect();
  await Promise.all([broker?.stop(), dynamo?.close()]);
  await rm(folder, { recursive: true, force: true });
});

/** A program that computes the views of a pipeline and writes their changes to topics `<prefix><sink>`. */
class Cluster {
  readonly pipeline: Pipeline;
  readonly engine: Engine;
  readonly #prefix: string;
  readonly #writers: ReadonlyMap<string, ReturnType<typeof topicWriter>>;
  readonly #logs = new Map<string, TopicRecord[]>();
  readonly #random: Random;

  constructor(pipeline: Pipeline, writer: WriterName, prefix: string, random: Random) {
    this.pipeline = pipeline;
    this.#prefix = prefix;
    this.#random = random;
    this.engine = createEngine(pipeline, { now_us: 0 });
    this.#writers = new Map(
      pipeline.sinks.map(({ name, from, primaryKey }) => {
        const { columns } = pipeline.views.find((view) => view.name === from)!;
        return [name, topicWriter(writer, columns, primaryKey)];
      }),
    );
  }

  async createTopics(): Promise<void> {
    const admin = kafka.admin();
    await admin.connect();
    const topics = this.pipeline.sinks.map(({ name }) => ({
      topic: this.#prefix + name,
      numPartitions: PARTITIONS,
    }));
    await admin.createTopics({ topics, waitForLeaders: true });
    await admin.disconnect();
  }

  /** Moves the clock and writes what changed. After a recovery a cluster writes its last records again. */
  async barrier(now_us: number): Promise<void> {
    const changed = new Map(this.engine.barrier(now_us).map(({ view, changes }) => [view, changes]));
    for (const { name, from } of this.pipeline.sinks) {
      const changes = changed.get(from);
      const log = this.#logs.get(name) ?? [];
      this.#logs.set(name, log);
      const records = changes === undefined ? [] : recordsOf(changes, this.#writers.get(name)!);
      log.push(...records);
      await this.send(name, this.#random.chance(25) ? [...records, ...log.slice(-40)] : records);
    }
  }

  async send(sink: string, records: readonly TopicRecord[]): Promise<void> {
    if (records.length === 0) return;
    await producer.send({ topic: this.#prefix + sink, acks: -1, messages: [...records] });
  }

  items(): readonly string[] {
    return this.pipeline.sinks
      .flatMap(({ name }) => itemLines(this.pipeline, this.engine, name))
      .map((line) => canonical(JSON.parse(line) as Item))
      .toSorted();
  }
}

type Item = Record<string, AttributeValue>;

/** Returns the item as JSON with sorted keys, without the bookkeeping attributes. */
function canonical(item: Item): string {
  return JSON.stringify(
    sortKeys(Object.fromEntries(Object.entries(item).filter(([name]) => !name.startsWith('_')))),
  );
}

function sortKeys(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  if ('N' in value && typeof value.N === 'string') return { N: plainNumber(value.N) };
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]));
}

/** Returns a number without an exponent: DynamoDB stores the number, in a notation of its own. */
function plainNumber(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)!;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  const all = digits.padStart(digits.length + Math.max(0, -point), '0').padEnd(point, '0');
  const at = Math.max(0, point);
  const [head, tail] = [all.slice(0, at).replace(/^0+/, ''), all.slice(at).replace(/0+$/, '')];
  return head === '' && tail === ''
    ? '0'
    : `${sign}${head === '' ? '0' : head}${tail === '' ? '' : `.${tail}`}`;
}

async function storedItems(table: string): Promise<readonly string[]> {
  const items: Item[] = [];
  let from: Item | undefined;
  do {
    const page = await client.send(
      new ScanCommand({ TableName: table, ConsistentRead: true, ExclusiveStartKey: from }),
    );
    items.push(...(page.Items ?? []));
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
  return items.map(canonical).toSorted();
}

const writesOf = async (pipeline: RunningPipeline): Promise<number> => {
  const metrics = await pipeline.metrics();
  return sumOf(metrics, 'freshet_sink_upserts_total') + sumOf(metrics, 'freshet_sink_deletes_total');
};

const until = (what: string, isTrue: () => Promise<boolean>): Promise<void> =>
  untilTrue(what, isTrue, () => running?.stderr());

const environment = (table: string): Record<string, string> => ({
  VIEWER_PROFILES_TABLE: table,
  AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
});

const start = (
  dir: string,
  { writer, prefix, table }: { readonly writer: WriterName; readonly prefix: string; readonly table: string },
  ...flags: readonly string[]
): Promise<RunningPipeline> =>
  startServing(
    [
      'sink',
      dir,
      '--writer',
      writer,
      '--topic-prefix',
      prefix,
      '--brokers',
      broker.bootstrap,
      '--state',
      join(folder, prefix),
      '--barrier-interval',
      '0.1',
      '--checkpoint-interval',
      '0.5',
      ...flags,
    ],
    environment(table),
  );

/** Starts `freshet sink`, kills it while it writes, and so on until `written` has resolved. Then lets it finish. */
async function runAndKill(again: () => Promise<RunningPipeline>, written: Promise<void>): Promise<void> {
  let isWritten = false;
  const writing = (async () => {
    await written;
    isWritten = true;
  })();
  for (let kill = 0; kill < KILLS; kill++) {
    running = await again();
    await until('it writes or all is written', async () => isWritten || (await writesOf(running!)) > 20);
    await sleep(100 * kill);
    await running.kill();
  }
  await writing;
  running = await again();
  await until('all is delivered', async () => drained(running!));
}

function pushEvents(cluster: Cluster, source: string, lines: readonly Uint8Array[]): void {
  const { engine, pipeline } = cluster;
  const def = pipeline.sources.find(({ name }) => name === source)!;
  const decoder = createJsonDecoder(def, engine.wanted(source), engine.pool);
  const records = makeRecords(lines);
  const batch = engine.newBatch(source, 1024);
  for (let i = 0; i < records.count;) {
    batch.n = 0;
    i = decoder.decode(records, i, batch, () => {});
    if (batch.n > 0) engine.push(source, batch);
  }
}

/** Simulates a month of viewers; the clock passes midnights, so items change and shrink without events too. */
async function month(cluster: Cluster): Promise<void> {
  const start_us = Date.UTC(2026, 1, 1) * 1000;
  const simulator = createSimulator({
    seed: 7,
    viewers: 40,
    start_us,
    events_per_second: 0.004,
    late_ratio: 0.05,
    duplicate_ratio: 0.01,
  });
  for (let day = 1; day <= 31; day++) {
    const until_us = start_us + day * DAY_US;
    for (
      let batches = simulator.next(until_us, 4000);
      batches.length > 0;
      batches = simulator.next(until_us, 4000)
    ) {
      for (const { source, bytes, starts, ends, count } of batches)
        pushEvents(
          cluster,
          source,
          Array.from({ length: count }, (_, i) => bytes.slice(starts[i], ends[i])),
        );
      if (batches.every(({ count }) => count === 0)) break;
    }
    await cluster.barrier(until_us);
  }
}

describe.each(WRITERS)('behind topics that %s writes, killed again and again', (writer) => {
  it('the shipped pipeline: the table holds the items of its views', async () => {
    const dir = 'pipelines/viewer-engagement';
    const { pipeline } = await loadPipeline(join(ROOT, dir), { env: {} });
    const prefix = `${writer}.`;
    const cluster = new Cluster(pipeline!, writer, prefix, new Random(1));
    await cluster.createTopics();
    await runAndKill(() => start(dir, { writer, prefix, table: `profiles_${writer}` }), month(cluster));
    expect(cluster.items().length).toBeGreaterThan(150);
    expect(await storedItems(`profiles_${writer}`)).toEqual(cluster.items());
    const [viewer] = cluster.engine.view('viewer_engagement_rolling').page(0, 1).rows.row(0);
    const profile = (await (
      await fetch(`${running!.url}/v1/viewers/${String(viewer)}/profile`)
    ).json()) as object;
    expect(profile).toMatchObject({ domains: { watch: { status: 'present' } } });
    expect(await running!.stop()).toMatchObject({ code: 0 });
  });

  it('every type: rows that come, change and go; what cannot be read is a dead letter', async () => {
    const dir = join(folder, `types-${writer}`);
    await mkdir(dir);
    await writeFile(join(dir, 'p.sql'), EVERY_TYPE);
    const { pipeline } = await loadPipeline(dir, { env: {} });
    const prefix = `types.${writer}.`;
    const random = new Random(2);
    const cluster = new Cluster(pipeline!, writer, prefix, random);
    await cluster.createTopics();
    const columns = pipeline!.sources[0]!.columns;
    const rows = async (): Promise<void> => {
      for (let round = 0; round < 60; round++) {
        const batch = cluster.engine.newBatch('raw', 32);
        for (let i = 0; i < 20; i++) {
          const row: Datum[] = [
            BigInt(random.int(60)),
            ...columns.slice(1).map(({ type }) => randomDatum(random, type)),
          ];
          batch.append(row, random.chance(70) ? 1 : -1);
        }
        cluster.engine.push('raw', batch);
        await cluster.barrier(0);
        if (round % 20 === 10) await cluster.send('types_sink', BAD);
        await sleep(20);
      }
    };
    await runAndKill(() => start(dir, { writer, prefix, table: `types_${writer}` }), rows());
    expect(cluster.items().length).toBeGreaterThan(20);
    expect(cluster.items().length).toBeLessThan(60); // rows are gone, and so are their items
    expect(await storedItems(`types_${writer}`)).toEqual(cluster.items());
    expect(await running!.stop()).toMatchObject({ code: 0 });
    const { stdout } = await cli(['dead-letters', 'list', join(folder, prefix)]);
    expect(stdout).toContain(`${prefix}types_sink`);
    expect(stdout.match(/malformed|not_null/g)!.length).toBeGreaterThanOrEqual(3 * BAD.length);
  });
});

it('items that no row stands for stay while the topic is empty and with --no-clear, and then go', async () => {
  const dir = join(folder, 'types-first');
  await mkdir(dir);
  await writeFile(join(dir, 'p.sql'), EVERY_TYPE);
  const { pipeline } = await loadPipeline(dir, { env: {} });
  const cluster = new Cluster(pipeline!, 'risingwave', 'first.', new Random(3));
  await cluster.createTopics();
  const place = { writer: 'risingwave', prefix: 'first.', table: 'types_first' } as const;
  const restart = async (...flags: readonly string[]): Promise<void> => {
    await running?.kill();
    running = await start(dir, place, ...flags);
    await until('it is ready', async () => drained(running!));
  };
  /** Returns the number of items that a start with a new state folder would delete. */
  const wouldDelete = async (state: string, ...flags: readonly string[]): Promise<number> => {
    const argv = [
      'sink',
      dir,
      '--topic-prefix',
      place.prefix,
      '--brokers',
      broker.bootstrap,
      '--dry-run',
      '--json',
    ];
    const env = environment(place.table);
    const { stdout } = await cli([...argv, '--state', join(folder, state), ...flags], { env });
    const report = JSON.parse(stdout) as { sinks: [{ deletes: number; gone?: { deleted: number } }] };
    const [{ deletes, gone }] = report.sinks;
    return deletes + (gone?.deleted ?? 0);
  };
  const ids = async (): Promise<readonly string[]> =>
    (await storedItems(place.table))
      .map((item) => (JSON.parse(item) as { id: { N: string } }).id.N)
      .toSorted();

  await restart();
  for (const id of ['1', '2', '3']) {
    const Item = { id: { N: id }, sk: { S: 'types#all' }, _v: { N: '1' } };
    await client.send(new PutItemCommand({ TableName: place.table, Item }));
  }
  await restart();
  await sleep(1000);
  expect(await ids()).toEqual(['1', '2', '3']);
  expect(await wouldDelete('first')).toBe(0);

  await cluster.send('types_sink', [{ key: '{"id":2}', value: '{"id":2,"name":"there"}' }]);
  await restart('--no-clear');
  await sleep(1000);
  expect(await ids()).toEqual(['1', '2', '3']);
  expect(await wouldDelete('second')).toBe(2);
  expect(await wouldDelete('third', '--no-clear')).toBe(0);

  await restart();
  await until('the others are gone', async () => (await ids()).length === 1);
  expect(await ids()).toEqual(['2']);
});

it('the comparison of test/risingwave passes over topics that are right, and says what they lack', async () => {
  const place = { brokers: broker.bootstrap, prefix: 'comparison.' };
  const [here, there] = await bothForms({ 'types.sql': EVERY_TYPE }, '3.0', place);
  const [sink] = there.statements.filter(({ kind }) => kind === 'sink');
  expect(sink!.sql).toContain("topic = 'comparison.types_sink'");
  const items = new TopicItems(here, place);
  await items.create();
  const random = new Random(4);
  const { columns } = here.pipeline.sources[0]!;
  const rows = Array.from({ length: 40 }, (_, id): Datum[] => [
    BigInt(id),
    ...columns.slice(1).map(({ type }) => randomDatum(random, type)),
  ]);
  const writer = topicWriter('risingwave', here.pipeline.views[0]!.columns, [0]);
  const send = (records: readonly TopicRecord[]): Promise<unknown> =>
    producer.send({ topic: 'comparison.types_sink', messages: [...records] });
  const settled = (): Promise<void> => Promise.resolve();
  here.insertDatums('raw', rows);
  await send(rows.flatMap((row) => writer.set(row)));
  expect(await items.differences(settled)).toEqual([]);
  here.insertDatums('raw', rows.slice(0, 1), -1);
  expect(await items.differences(settled, 0)).toEqual([
    expect.stringMatching(/^only from the topic: types_sink /),
  ]);
  await send(writer.delete(rows[0]!));
  expect(await items.differences(settled)).toEqual([]);
  await items.delete();
});

/** Records that no writer would write: two that are not JSON, and one whose key names no row. */
const BAD: readonly TopicRecord[] = [
  { key: '{"id":5}', value: '{"id":5,' },
  { key: '{"id":7}', value: 'text' },
  { key: '{"other":1}', value: '{"op":"c","after":{"name":"no id"}}' },
];

const EVERY_TYPE = `
CREATE TABLE raw (
  id BIGINT PRIMARY KEY, yes BOOLEAN, small SMALLINT, n INT, big BIGINT, exact NUMERIC, single REAL,
  wide DOUBLE PRECISION, name VARCHAR, bytes BYTEA, day DATE, of_day TIME, at TIMESTAMP, instant TIMESTAMPTZ,
  length INTERVAL, doc JSONB, numbers INT[], texts VARCHAR[], exacts NUMERIC[], docs JSONB[], days DATE[]
);
CREATE MATERIALIZED VIEW types AS SELECT * FROM raw;
CREATE SINK types_sink FROM types WITH (
  connector = 'dynamodb', table = '\${VIEWER_PROFILES_TABLE:-types}', region = 'us-east-1', primary_key = 'id',
  freshet.sort_key = 'types#all'
);`;
