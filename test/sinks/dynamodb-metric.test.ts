import { afterEach, expect, test } from 'vitest';
import { Batch } from '../../src/engine/batch.ts';
import { StringPool } from '../../src/engine/text/string-pool.ts';
import { startLocalDynamoDb } from '../../src/embedded-dynamodb/start.ts';
import { SYSTEM_CLOCK } from '../../src/platform/clock.ts';
import type { AttributeMap } from '../../src/dynamodb/wire.ts';
import type { DynamoDbClient } from '../../src/dynamodb/client.ts';
import { createDynamoDbSink } from '../../src/sinks/dynamodb/sink.ts';
import type { KeyedSink, SinkDeadLetter } from '../../src/sinks/sink.ts';
import type { Datum } from '../../src/values/datum.ts';
import { BIGINT, DOUBLE, INTEGER, JSONB, NUMERIC, VARCHAR } from '../../src/values/types.ts';
import { FakeDynamoDb } from './support/fake-dynamodb.ts';
import { clientFor, columnsOf, seeded, sinkDef } from './support/sinks.ts';

const COLUMNS = columnsOf({
  viewer_id: BIGINT,
  minutes: INTEGER,
  rate: DOUBLE,
  share: NUMERIC,
  genre: VARCHAR,
  titles: JSONB,
});
const METRICS = ['minutes', 'rate', 'share', 'genre', 'titles'];
const KEY = [
  { name: 'viewer_id', type: 'N' },
  { name: 'sk', type: 'S' },
] as const;
const E28 = 10n ** 28n;
const TABLE = 'viewer_profiles';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Setup {
  readonly server: FakeDynamoDb;
  readonly sink: KeyedSink;
  readonly letters: SinkDeadLetter[];
}

function openedWith(client: DynamoDbClient, letters: SinkDeadLetter[], columns = COLUMNS): KeyedSink {
  const sink = createDynamoDbSink(
    sinkDef([0], {
      'freshet.layout': 'metric',
      'freshet.sort_key': 'engagement#watch',
      'dynamodb.batch_write_retry_backoff_ms': '2',
    }),
    { columns },
    {
      client,
      clock: SYSTEM_CLOCK,
      random: seeded(7),
      onDeadLetter: (letter) => letters.push(letter),
    },
  );
  closing.push(() => sink.close());
  return sink;
}

async function setup(seed = 1): Promise<Setup> {
  const server = new FakeDynamoDb(seeded(seed));
  const client = clientFor(await server.listen(), 1_000);
  server.addTable(TABLE, KEY);
  closing.push(
    () => server.close(),
    () => client.close(),
  );
  const letters: SinkDeadLetter[] = [];
  const sink = openedWith(client, letters);
  await sink.open();
  return { server, sink, letters };
}

type Change = readonly [row: readonly Datum[], weight: 1 | -1];

function changesOf(changes: readonly Change[], pool = new StringPool(), columns = COLUMNS): Batch {
  const batch = new Batch(
    columns.map(({ type }) => type),
    16,
    pool,
  );
  for (const [row, weight] of changes) batch.append(row, weight);
  return batch;
}

/** Returns the number of items written and deleted since the last call. */
function written(server: FakeDynamoDb): number {
  return server.requests.splice(0).reduce((sum, { items }) => sum + items, 0);
}

const A = [1n, 10, 0.5, 5n * E28, 'drama', '["a"]'] as const;

test('a row is an item per metric, and NULL is a value', async () => {
  const { server, sink } = await setup();
  sink.accept(changesOf([[[1n, 10, 0.5, (5n * E28) / 2n, null, '["a", null]'], 1]]), { now_us: 0, epoch: 3 });
  await sink.flush();
  const items = [...server.items(TABLE)].map(([key, { viewer_id: id, value, _v: v, _s: s }]) => [
    key,
    id,
    value,
    v,
    s,
  ]);
  const viewer = { N: '1' };
  const [version, domain] = [{ N: '3' }, { S: 'watch' }];
  expect(items).toEqual([
    ['1/metric#minutes', viewer, { N: '10' }, version, domain],
    ['1/metric#rate', viewer, { N: '0.5' }, version, domain],
    ['1/metric#share', viewer, { N: '2.5' }, version, domain],
    ['1/metric#genre', viewer, { NULL: true }, version, domain],
    ['1/metric#titles', viewer, { L: [{ S: 'a' }, { NULL: true }] }, version, domain],
  ]);
  expect(sink.stats()).toMatchObject({ upserts: 1, queued: 0, in_flight: 0 });
});

test('an update writes the metrics that changed, and nothing if none did', async () => {
  const { server, sink } = await setup();
  const pool = new StringPool();
  const accept = async (epoch: number, ...changes: Change[]): Promise<number> => {
    sink.accept(changesOf(changes, pool), { now_us: 0, epoch });
    await sink.flush();
    return written(server);
  };
  expect(await accept(1, [A, 1])).toBe(5);
  const b = [1n, 11, 0.5, 5n * E28, 'drama', '["a"]'];
  expect(await accept(2, [A, -1], [b, 1])).toBe(1);
  const c = [1n, 11, 0.25, 5n * E28 + 1n, null, '["b"]'];
  expect(await accept(3, [b, -1], [c, 1])).toBe(4);
  expect(await accept(4, [c, -1], [[...c], 1])).toBe(0);
  expect(sink.stats()).toMatchObject({ upserts: 3, suppressed: 1 });
  const versions = [...server.items(TABLE)].map(([key, { _v: v }]) => [key, v]);
  expect(versions[0]).toEqual(['1/metric#minutes', { N: '2' }]);
  expect(versions[1]).toEqual(['1/metric#rate', { N: '3' }]);
  // A row without the one before it may differ from the items in every metric.
  expect(await accept(5, [c, 1])).toBe(5);
  sink.resend([1n], c, { now_us: 0, epoch: 6 });
  await sink.flush();
  expect(written(server)).toBe(5);
  expect(await accept(7, [c, -1])).toBe(5);
  expect(server.items(TABLE).size).toBe(0);
  expect(sink.stats()).toMatchObject({ deletes: 1 });
});

test('changes that wait together write each changed metric once', async () => {
  const { server, sink } = await setup();
  const pool = new StringPool();
  sink.accept(changesOf([[A, 1]], pool), { now_us: 0, epoch: 1 });
  await sink.flush();
  server.faults.refuse = { status: 503, code: 'ServiceUnavailable', message: 'later' };
  const b = [1n, 11, 0.5, 5n * E28, 'drama', '["a"]'];
  const c = [1n, 11, 0.5, 5n * E28, 'crime', '["a"]'];
  const d = [1n, 12, 0.5, 5n * E28, 'crime', '["a"]'];
  [A, b, c].forEach((before, i) => {
    const after = [b, c, d][i]!;
    const changes: Change[] = [
      [before, -1],
      [after, 1],
    ];
    sink.accept(changesOf(changes, pool), { now_us: 0, epoch: 2 + i });
  });
  server.requests.length = 0;
  server.faults.refuse = undefined;
  await sink.flush();
  const value = (metric: string) => server.items(TABLE).get(`1/metric#${metric}`);
  expect(value('minutes')).toMatchObject({ value: { N: '12' }, _v: { N: '4' } });
  expect(value('genre')).toMatchObject({ value: { S: 'crime' }, _v: { N: '4' } });
  expect(value('rate')).toMatchObject({ _v: { N: '1' } });
});

test('a row that leaves and comes back before it is written writes all its metrics', async () => {
  const { server, sink } = await setup();
  const pool = new StringPool();
  sink.accept(changesOf([[A, 1]], pool), { now_us: 0, epoch: 1 });
  await sink.flush();
  server.faults.refuse = { status: 503, code: 'ServiceUnavailable', message: 'later' };
  sink.accept(changesOf([[A, -1]], pool), { now_us: 0, epoch: 2 });
  sink.accept(changesOf([[A, 1]], pool), { now_us: 0, epoch: 3 });
  server.faults.refuse = undefined;
  await sink.flush();
  expect([...server.items(TABLE).values()].map(({ _v: v }) => v)).toEqual(METRICS.map(() => ({ N: '3' })));
});

test('a metric that DynamoDB cannot hold is a dead letter, and the others are written', async () => {
  const { server, sink, letters } = await setup();
  server.invalid = (item) => JSON.stringify(item['value']) === '{"S":"cursed"}';
  sink.accept(
    changesOf([
      [[1n, 10, NaN, E28, 'cursed', '{"": 1}'], 1],
      [[2n, 20, 0.5, E28, 'drama', '{}'], 1],
    ]),
    { now_us: 0, epoch: 1 },
  );
  await sink.flush();
  expect(letters.map(({ key, reason }) => [...key, reason]).toSorted()).toEqual([
    [1n, 'empty_name'],
    [1n, 'not_a_number'],
    [1n, 'refused'],
  ]);
  expect([...server.items(TABLE).keys()].filter((key) => key.startsWith('1/'))).toEqual([
    '1/metric#minutes',
    '1/metric#share',
  ]);
  expect(server.items(TABLE).size).toBe(7);
  expect(sink.stats()).toMatchObject({ upserts: 2, dead_letters: 3, queued: 0, in_flight: 0 });
  expect(sink.pending()).toEqual([]);
});

test.each([1, 2])('the items equal the view after faults (seed %i)', async (seed) => {
  const { server, sink, letters } = await setup(seed);
  Object.assign(server.faults, {
    unprocessed: 0.1,
    error: 0.02,
    throttled: 0.01,
    dropBefore: 0.01,
    dropAfter: 0.01,
    latency_ms: 1,
  });
  const random = seeded(seed + 50);
  const pool = new StringPool();
  const rows = new Map<bigint, Datum[]>();
  for (let epoch = 1; epoch <= 40; epoch++) {
    pool.sweep(() => {});
    const batch = changesOf([], pool);
    const touched = new Set<bigint>();
    for (let i = 0; i < 60; i++) {
      const viewer = BigInt(Math.floor(random() ** 2 * 150));
      if (touched.has(viewer)) continue;
      touched.add(viewer);
      const before = rows.get(viewer);
      if (before !== undefined) batch.append(before, -1);
      if (before !== undefined && random() < 0.1) {
        rows.delete(viewer);
        continue;
      }
      const after = before?.slice() ?? [viewer, 0, 0, 0n, null, '[]'];
      if (random() < 0.6) after[1] = Math.floor(random() * 1e6);
      if (random() < 0.2) after[2] = random();
      if (random() < 0.2) after[3] = BigInt(Math.floor(random() * 1e6)) * E28;
      if (random() < 0.3) after[4] = random() < 0.2 ? null : `genre ${Math.floor(random() * 1e6)}`;
      if (random() < 0.1) after[5] = `["${Math.floor(random() * 10)}"]`;
      rows.set(viewer, after);
      batch.append(after, 1);
    }
    sink.accept(batch, { now_us: 0, epoch });
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
  await sink.flush();
  expect(server.violations).toEqual([]);
  expect(letters).toEqual([]);
  const expected = [...rows].flatMap(([viewer, [, minutes, rate, share, genre, titles]]) => [
    [`${viewer}/metric#minutes`, { N: `${minutes as number}` }],
    [`${viewer}/metric#rate`, { N: `${rate as number}` }],
    [`${viewer}/metric#share`, { N: `${(share as bigint) / E28}` }],
    [`${viewer}/metric#genre`, genre === null ? { NULL: true } : { S: genre }],
    [`${viewer}/metric#titles`, { L: (JSON.parse(titles as string) as string[]).map((S) => ({ S })) }],
  ]);
  const found = [...server.items(TABLE)].map(([key, { value }]) => [key, value]);
  expect(new Map(found as [string, unknown][])).toEqual(new Map(expected as [string, unknown][]));
  expect(sink.stats().coalesced).toBeGreaterThan(0);
  expect(sink.pending()).toEqual([]);
});

test('items of rows and columns that the view no longer has are deleted', async () => {
  const local = await startLocalDynamoDb();
  const client = clientFor(local.endpoint);
  closing.push(
    () => local.close(),
    () => client.close(),
  );
  const letters: SinkDeadLetter[] = [];
  const first = openedWith(client, letters);
  await first.open();
  const rows = [1n, 2n, 3n].map((viewer): Change => [[viewer, ...A.slice(1)], 1]);
  first.accept(changesOf(rows), { now_us: 0, epoch: 5 });
  await first.flush();
  const foreign = { viewer_id: { N: '2' }, sk: { S: 'metric#clicks' }, _v: { N: '1' }, _s: { S: 'clicks' } };
  await client.batchWriteItem(
    JSON.stringify({ RequestItems: { [TABLE]: [{ PutRequest: { Item: foreign } }] } }),
  );
  const columns = COLUMNS.slice(0, 3);
  const second = openedWith(client, letters, columns);
  await second.open();
  second.accept(
    changesOf(
      [
        [[1n, 1, 0.5], 1],
        [[3n, 3, 0.5], 1],
      ],
      new StringPool(),
      columns,
    ),
    { now_us: 0, epoch: 1001 },
  );
  await second.flush();
  const report = await second.clear({
    since_epoch: 1000,
    epoch: () => 1001,
    hasRows: (keys) => keys.map(([viewer]) => viewer !== 2n),
    isCancelled: () => false,
  });
  expect(report).toEqual({ found: 15, deleted: 11, kept: 0, isComplete: true });
  const { Items } = await client.scan({ TableName: TABLE });
  const name = ({ viewer_id: id, sk }: AttributeMap) =>
    `${(id as { N: string }).N}/${(sk as { S: string }).S}`;
  expect(Items.map(name).toSorted()).toEqual([
    '1/metric#minutes',
    '1/metric#rate',
    '2/metric#clicks',
    '3/metric#minutes',
    '3/metric#rate',
  ]);
  expect(letters).toEqual([]);
});
