import { afterEach, expect, test } from 'vitest';
import { Batch } from '../../src/engine/batch.ts';
import { StringPool } from '../../src/engine/text/string-pool.ts';
import { startLocalDynamoDb } from '../../src/embedded-dynamodb/start.ts';
import { SYSTEM_CLOCK } from '../../src/platform/clock.ts';
import { createDynamoDbSink } from '../../src/sinks/dynamodb/sink.ts';
import { TableWatch } from '../../src/sinks/dynamodb/table-watch.ts';
import type { ClearRequest, KeyedSink } from '../../src/sinks/sink.ts';
import type { Datum } from '../../src/values/datum.ts';
import { BIGINT, DATE, INTEGER, NUMERIC, VARCHAR } from '../../src/values/types.ts';
import { clientFor, columnsOf, eventually, sinkDef } from './support/sinks.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const COLUMNS = columnsOf({ viewer_id: BIGINT, minutes: INTEGER });
const DOMAIN = { 'freshet.sort_key': 'engagement#watch' };

async function embedded(): Promise<ReturnType<typeof clientFor>> {
  const local = await startLocalDynamoDb();
  closing.push(() => local.close());
  const client = clientFor(local.endpoint);
  closing.push(() => client.close());
  return client;
}

async function openSink(
  client: ReturnType<typeof clientFor>,
  options: Readonly<Record<string, string>> = DOMAIN,
  { name = 'watch_sink', columns = COLUMNS, key = [0] } = {},
): Promise<KeyedSink & { problems: string[] }> {
  const problems: string[] = [];
  const sink = createDynamoDbSink(
    sinkDef(key, options, name),
    { columns },
    {
      client,
      clock: SYSTEM_CLOCK,
      random: Math.random,
      onDeadLetter: (letter) => problems.push(letter.message),
      onProblem: (error) => problems.push(error.message),
    },
  );
  closing.push(() => sink.close());
  await sink.open();
  return Object.assign(sink, { problems });
}

async function put(
  sink: KeyedSink,
  rows: readonly (readonly Datum[])[],
  epoch: number,
  columns = COLUMNS,
): Promise<void> {
  const batch = new Batch(
    columns.map(({ type }) => type),
    rows.length,
    new StringPool(),
  );
  for (const row of rows) batch.append(row);
  sink.accept(batch, { now_us: 0, epoch });
  await sink.flush();
}

const request = (since_epoch: number, keys: readonly Datum[]): ClearRequest => ({
  since_epoch,
  epoch: () => since_epoch + 10,
  hasRows: (asked) => asked.map(([key]) => keys.includes(key!)),
  isCancelled: () => false,
});

async function keysIn(client: ReturnType<typeof clientFor>): Promise<string[]> {
  const { Items } = await client.scan({ TableName: 'viewer_profiles' });
  return Items.map((item) =>
    Object.entries(item)
      .filter(([name]) => ['viewer_id', 'sk', 'day'].includes(name))
      .map(([, value]) => Object.values(value)[0])
      .join('/'),
  ).toSorted();
}

test('items of earlier versions without a row are deleted; items of other writers are kept', async () => {
  const client = await embedded();
  const first = await openSink(client);
  const other = await openSink(
    client,
    { 'freshet.sort_key': 'engagement#session' },
    { name: 'session_sink' },
  );
  await put(
    first,
    [
      [1n, 1],
      [2n, 2],
      [3n, 3],
      [4n, 4],
    ],
    5,
  );
  await put(
    other,
    [
      [2n, 2],
      [9n, 9],
    ],
    5,
  );
  const foreign = { viewer_id: { N: '77' }, sk: { S: 'engagement#watch' }, by: { S: 'another program' } };
  await client.batchWriteItem(
    JSON.stringify({ RequestItems: { viewer_profiles: [{ PutRequest: { Item: foreign } }] } }),
  );
  const second = await openSink(client);
  await put(second, [[1n, 10]], 1001);
  // Viewers 1 and 3 have rows, 1 with a new version. 2 and 4 have none. 9 and 77 belong to other writers.
  const report = await second.clear({ ...request(1000, [1n, 3n]) });
  expect(report).toEqual({ found: 4, deleted: 2, kept: 0, isComplete: true });
  expect(await keysIn(client)).toEqual([
    '1/engagement#watch',
    '2/engagement#session',
    '3/engagement#watch',
    '77/engagement#watch',
    '9/engagement#session',
  ]);
});

test('items of a newer, lost version are deleted too, and a row that returns meanwhile keeps its item', async () => {
  const client = await embedded();
  const first = await openSink(client);
  await put(
    first,
    [
      [1n, 1],
      [2n, 2],
    ],
    9_000_000_000_000,
  );
  const second = await openSink(client);
  const ask = request(1000, []);
  const report = await second.clear({
    ...ask,
    hasRows: (keys) => {
      void put(second, [[2n, 20]], 1005);
      return keys.map(() => false);
    },
  });
  expect(report.found).toBe(2);
  await second.flush();
  // Viewer 2 has its new item whether the write or the deletion came first.
  const left = await client.scan({ TableName: 'viewer_profiles' });
  const viewer2 = left.Items.find(({ viewer_id }) => JSON.stringify(viewer_id).includes('"2"'));
  expect(left.Items.some(({ viewer_id }) => JSON.stringify(viewer_id).includes('"1"'))).toBe(false);
  expect(viewer2?.['minutes']).toEqual({ N: '20' });
});

test('delete_all deletes items without a version under the sort key, unless the sink writes them meanwhile', async () => {
  const client = await embedded();
  const sink = await openSink(client, { ...DOMAIN, 'freshet.gone_items': 'delete_all' });
  const foreign = (viewer: number, sk: string) => ({
    PutRequest: { Item: { viewer_id: { N: `${viewer}` }, sk: { S: sk } } },
  });
  const requests = [foreign(1, 'engagement#watch'), foreign(2, 'engagement#watch'), foreign(3, 'other')];
  await client.batchWriteItem(JSON.stringify({ RequestItems: { viewer_profiles: requests } }));
  // The table is not new to a sink that opens it again.
  const again = await openSink(client, { ...DOMAIN, 'freshet.gone_items': 'delete_all' });
  const report = await again.clear({
    ...request(1000, []),
    hasRows: (keys) => {
      void put(again, [[2n, 20]], 1005);
      return keys.map(() => false);
    },
  });
  await again.flush();
  expect(report.found).toBe(2);
  expect(await keysIn(client)).toEqual(['2/engagement#watch', '3/other']);
  expect(sink.problems).toEqual([]);
});

test('a sink without a constant sort key recognizes its items by its name', async () => {
  const client = await embedded();
  const columns = columnsOf({ viewer_id: NUMERIC, day: DATE, genre: VARCHAR });
  const options = { columns, key: [0, 1] };
  const ten = 10n ** 28n;
  const mine = await openSink(client, {}, { ...options, name: 'mine' });
  const theirs = await openSink(client, {}, { ...options, name: 'theirs' });
  await put(
    mine,
    [
      [-15n * (ten / 10n), 20_000, 'a'],
      [2n * ten, 20_001, 'b'],
    ],
    5,
    columns,
  );
  await put(theirs, [[3n * ten, 20_002, 'c']], 5, columns);
  const again = await openSink(client, {}, { ...options, name: 'mine' });
  const asked: (readonly Datum[])[] = [];
  const report = await again.clear({
    ...request(1000, []),
    hasRows: (keys) => {
      asked.push(...keys);
      return keys.map(([viewer]) => viewer === 2n * ten);
    },
  });
  expect(report).toMatchObject({ found: 2, deleted: 1 });
  expect(asked).toContainEqual([-15n * (ten / 10n), 20_000]);
  expect(await keysIn(client)).toEqual(['2/2024-10-05', '3/2024-10-06']);
});

test('gone items are counted and kept with the options gone_items = keep and ignore_delete', async () => {
  const client = await embedded();
  const first = await openSink(client);
  await put(first, [[1n, 1]], 5);
  for (const option of [{ 'freshet.gone_items': 'keep' }, { ignore_delete: 'true' }]) {
    const second = await openSink(client, { ...DOMAIN, ...option });
    expect(await second.clear(request(1000, []))).toEqual({
      found: 1,
      deleted: 0,
      kept: 1,
      isComplete: true,
    });
  }
  expect(await keysIn(client)).toEqual(['1/engagement#watch']);
});

test('gone items beyond one page of a scan are found, with one question to the view per page', async () => {
  const client = await embedded();
  const first = await openSink(client);
  await put(
    first,
    Array.from({ length: 1200 }, (_, i) => [BigInt(i), i]),
    5,
  );
  const second = await openSink(client);
  let asked = 0;
  const report = await second.clear({
    ...request(1000, []),
    hasRows: (keys) => {
      asked++;
      return keys.map(([key]) => (key as bigint) % 3n !== 0n);
    },
  });
  expect(report).toEqual({ found: 1200, deleted: 400, kept: 0, isComplete: true });
  expect(asked, `calls of hasRows: one per page, since each may read the whole view`).toBe(3);
});

test('a deleted table is created again, which is reported, and is another destination', async () => {
  const client = await embedded();
  const sink = await openSink(client);
  const before = sink.destination;
  await put(sink, [[1n, 1]], 5);
  await client.send('DeleteTable', JSON.stringify({ TableName: 'viewer_profiles' }));
  await put(sink, [[2n, 2]], 6);
  await eventually(() => sink.destination !== before);
  expect(sink.problems.some((text) => text.includes('viewer_profiles was deleted'))).toBe(true);
  expect(sink.problems.some((text) => text.includes('was created again since the sink started'))).toBe(true);
  expect(await keysIn(client)).toEqual(['2/engagement#watch']);
  const { destination } = await openSink(client);
  expect(destination).toBe(sink.destination);
});

test('a table that someone else creates in place of the one of the sink may already hold items', async () => {
  const client = await embedded();
  const looks: (() => void)[] = [];
  const key = [{ name: 'viewer_id', type: 'N' }] as const;
  const watch = new TableWatch({
    client,
    clock: {
      ...SYSTEM_CLOCK,
      setTimer: (delay_ms, fn) => {
        if (delay_ms < 2_000) return SYSTEM_CLOCK.setTimer(delay_ms, fn);
        looks.push(fn);
        return () => {};
      },
    },
    request: { sink: 'watch_sink', table: 'viewer_profiles', key, create: true },
    onProblem: () => {},
  });
  await watch.start();
  const { identity } = watch;
  expect(watch.isNew).toBe(true);
  await client.send('DeleteTable', JSON.stringify({ TableName: 'viewer_profiles' }));
  await client.createTable('viewer_profiles', key);
  looks[0]!();
  await eventually(() => watch.identity !== identity);
  expect(watch.isNew).toBe(false);
  watch.close();
});
