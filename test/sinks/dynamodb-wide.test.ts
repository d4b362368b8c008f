import { afterEach, describe, expect, it } from 'vitest';
import { SYSTEM_CLOCK } from '../../src/platform/clock.ts';
import { DynamoDbError } from '../../src/dynamodb/errors.ts';
import type { SinkClient } from '../../src/sinks/dynamodb/sink-client.ts';
import { BIGINT, INTEGER, VARCHAR } from '../../src/values/types.ts';
import {
  delaying,
  embedded,
  intercepted,
  itemsIn,
  MovableClock,
  openSink,
  TABLE,
  type Closing,
  type OpenedSink,
} from './support/shared-item-sinks.ts';
import { eventually } from './support/sinks.ts';

const HOUR_MS = 3_600_000;

const closing: Closing = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const watch = (client: SinkClient, more: object = {}): Promise<OpenedSink> =>
  openSink(closing, client, {
    layout: 'wide',
    domain: 'watch',
    columns: { viewer_id: BIGINT, minutes: INTEGER, title: VARCHAR },
    ...more,
  });
const session = (client: SinkClient, more: object = {}): Promise<OpenedSink> =>
  openSink(closing, client, {
    layout: 'wide',
    domain: 'session',
    columns: { viewer_id: BIGINT, genre: VARCHAR },
    ...more,
  });

describe('one item for all domains of a viewer', () => {
  it('has the columns of each domain, its version, its write time, and the tags', async () => {
    const client = await embedded(closing);
    const before_ms = Date.now();
    await (await watch(client)).write(7, [[1n, 45, null], 1]);
    await (await session(client)).write(9, [[1n, 'drama'], 1]);
    const { Items } = await client.scan({ TableName: TABLE });
    const { '_w:watch': watchedAt, '_w:session': sessionAt, ...item } = Items[0]!;
    expect(item).toEqual({
      viewer_id: { N: '1' },
      sk: { S: 'latest' },
      minutes: { N: '45' },
      title: { NULL: true },
      genre: { S: 'drama' },
      _domains: { SS: expect.toSatisfy((tags: string[]) => tags.toSorted().join() === 'session,watch') },
      '_v:watch': { N: '7' },
      '_v:session': { N: '9' },
    });
    for (const at of [watchedAt, sessionAt])
      expect(Number((at as { N: string }).N)).toBeGreaterThanOrEqual(before_ms);
  });

  it('loses the columns of a row that leaves, keeps its version, and goes with the last row', async () => {
    const client = await embedded(closing);
    const [a, b] = [await watch(client), await session(client)];
    await a.write(1, [[1n, 45, 'x'], 1]);
    await b.write(2, [[1n, 'drama'], 1]);
    await a.write(3, [[1n, 45, 'x'], -1]);
    expect(await itemsIn(client)).toEqual({
      '1/latest': {
        genre: { S: 'drama' },
        _domains: { SS: ['session'] },
        '_v:session': { N: '2' },
        '_v:watch': { N: '3' },
      },
    });
    await b.write(4, [[1n, 'drama'], -1]);
    expect(await itemsIn(client)).toEqual({});
    expect(a.sink.stats()).toMatchObject({ upserts: 1, deletes: 1, superseded: 0 });
  });

  it('is not created by the deletion of a row that is not there', async () => {
    const client = await embedded(closing);
    const { sink } = await watch(client);
    sink.resend([1n], undefined, { now_us: 0, epoch: 5 });
    await sink.flush();
    expect(await itemsIn(client)).toEqual({});
  });

  it('makes a dead letter of a row for which the item has no room', async () => {
    const client = await embedded(closing);
    const [a, b] = [await watch(client), await session(client)];
    const half = 'x'.repeat(250_000);
    await a.write(1, [[1n, 1, half], 1], [[2n, 2, 'fits'], 1]);
    await b.write(1, [[1n, half], 1], [[2n, 'drama'], 1]);
    expect(b.letters.map(({ key, reason }) => [key, reason])).toEqual([[[1n], 'item_too_large']]);
    expect(Object.keys((await itemsIn(client))['2/latest']!)).toContain('genre');
    expect(b.sink.pending()).toEqual([]);
  });
});

describe('an older version', () => {
  it('loses against the version in the item, and is counted', async () => {
    const client = await embedded(closing);
    const [newer, older] = [await watch(client), await watch(client)];
    await newer.write(10, [[1n, 10, 'new'], 1]);
    await older.write(9, [[1n, 9, 'old'], 1]);
    expect(await itemsIn(client)).toMatchObject({ '1/latest': { minutes: { N: '10' } } });
    expect(older.sink.stats()).toMatchObject({ upserts: 1, superseded: 1, queued: 0, in_flight: 0 });
    await older.write(9, [[1n, 8, 'old'], 1], [[2n, 9, 'its own'], 1]);
    expect(older.problems.map(({ message }) => message)).toEqual([
      'table viewer_profiles has newer versions of rows than this process writes, so its older ones have no effect',
    ]);
    await older.write(9, [[1n, 9, 'old'], -1]);
    expect(await itemsIn(client)).toMatchObject({ '1/latest': { minutes: { N: '10' } } });
  });

  it.each(['after the start', 'later'])('of a row that left does not come back, %s', async (when) => {
    const client = await embedded(closing);
    const late = delaying(client);
    const clock = new MovableClock();
    const { sink, write } = await watch(late, { clock, lateWrites_ms: HOUR_MS });
    if (when === 'later') clock.advance(2 * HOUR_MS);
    late.delayNext();
    await write(1, [[1n, 45, 'x'], 1]);
    await write(2, [[1n, 45, 'x'], -1]);
    expect(await itemsIn(client)).toEqual({
      '1/latest': { '_v:watch': { N: '2' }, _leaving: { SS: ['watch'] } },
    });
    expect(sink.pending()).toEqual([[1n]]);
    await late.carryOut();
    expect(await itemsIn(client)).toEqual({
      '1/latest': { '_v:watch': { N: '2' }, _leaving: { SS: ['watch'] } },
    });
    clock.advance(2 * HOUR_MS);
    await sink.flush();
    expect(await itemsIn(client)).toEqual({});
    expect(sink.pending()).toEqual([]);
  });

  it('of a row that came back does not delete it', async () => {
    const client = await embedded(closing);
    const late = delaying(client);
    const { write } = await watch(late);
    await write(1, [[1n, 45, 'x'], 1]);
    late.delayNext();
    await write(2, [[1n, 45, 'x'], -1]);
    await write(3, [[1n, 46, 'y'], 1]);
    await late.carryOut();
    expect(await itemsIn(client)).toMatchObject({ '1/latest': { minutes: { N: '46' } } });
  });

  it('leaves no tombstone once no write of an earlier process can come', async () => {
    const client = await embedded(closing);
    const clock = new MovableClock();
    const { write } = await watch(client, { clock, lateWrites_ms: HOUR_MS });
    clock.advance(2 * HOUR_MS);
    await write(1, [[1n, 45, 'x'], 1]);
    await write(2, [[1n, 45, 'x'], -1]);
    expect(await itemsIn(client)).toEqual({});
  });
});

describe('tombstones', () => {
  it('are removed after a while, and by the next process if this one ends before', async () => {
    const client = await embedded(closing);
    const clock = new MovableClock();
    const { sink, write } = await watch(client, { clock, lateWrites_ms: HOUR_MS });
    await write(1, [[1n, 45, 'x'], 1], [[2n, 45, 'x'], 1]);
    await write(2, [[1n, 45, 'x'], -1]);
    clock.advance(HOUR_MS / 2);
    await write(3, [[2n, 45, 'x'], -1]);
    expect(sink.pending()).toEqual([[1n], [2n]]);
    clock.advance(HOUR_MS / 2);
    await sink.flush();
    expect(Object.keys(await itemsIn(client))).toEqual(['2/latest']);
    expect(sink.pending()).toEqual([[2n]]);
    await sink.close();
    const next = await watch(client);
    for (const key of sink.pending()) next.sink.resend(key, undefined, { now_us: 0, epoch: 4 });
    await next.sink.flush();
    expect(await itemsIn(client)).toEqual({});
  });

  it('go when the row comes back', async () => {
    const client = await embedded(closing);
    const { sink, write } = await watch(client, { lateWrites_ms: HOUR_MS });
    await write(1, [[1n, 45, 'x'], 1]);
    await write(2, [[1n, 45, 'x'], -1]);
    await write(3, [[1n, 46, 'y'], 1]);
    const { _leaving: leaving, ...item } = (await itemsIn(client))['1/latest']!;
    expect([leaving, item['_v:watch']]).toEqual([undefined, { N: '3' }]);
    expect(sink.pending()).toEqual([]);
  });

  it('keep the item that another domain would delete', async () => {
    const client = await embedded(closing);
    const [a, b] = [await watch(client, { lateWrites_ms: HOUR_MS }), await session(client)];
    await a.write(1, [[1n, 45, 'x'], 1]);
    await b.write(1, [[1n, 'drama'], 1]);
    await a.write(2, [[1n, 45, 'x'], -1]);
    await b.write(2, [[1n, 'drama'], -1]);
    expect(await itemsIn(client)).toMatchObject({ '1/latest': { '_v:watch': { N: '2' } } });
  });
});

it('the deletion of an empty item spares a domain that comes meanwhile', async () => {
  const client = await embedded(closing);
  const b = await session(client);
  const racing = intercepted(client, {
    deleteItem: async (input) => {
      await b.write(3, [[1n, 'drama'], 1]);
      return client.deleteItem(input);
    },
  });
  const a = await watch(racing);
  await a.write(1, [[1n, 45, 'x'], 1]);
  await a.write(2, [[1n, 45, 'x'], -1]);
  expect(await itemsIn(client)).toMatchObject({ '1/latest': { genre: { S: 'drama' } } });
});

describe('a busy table', () => {
  const rows = (n: number) => Array.from({ length: n }, (_, i) => [[BigInt(i), i, 'x'], 1] as const);

  it('gets no more requests at once than the limit', async () => {
    const client = await embedded(closing);
    let [now, most] = [0, 0];
    const counted = intercepted(client, {
      updateItem: async (body) => {
        most = Math.max(most, ++now);
        await SYSTEM_CLOCK.yield();
        return client.updateItem(body).finally(() => now--);
      },
    });
    const { sink, write } = await watch(counted, { more: { 'dynamodb.max_future_send_nums': '3' } });
    await write(1, ...rows(60));
    expect(most).toBe(3);
    expect(sink.stats().upserts).toBe(60);
  });

  it('may throttle one key for long without holding up the others', async () => {
    const client = await embedded(closing);
    let isHot = true;
    const hot = intercepted(client, {
      updateItem: async (body) => {
        const { Key } = JSON.parse(Buffer.from(body as Uint8Array).toString()) as {
          Key: { viewer_id: { N: string } };
        };
        if (isHot && Key.viewer_id.N === '7')
          throw new DynamoDbError('ThrottlingException', 'hot partition', { status: 400 });
        return client.updateItem(body);
      },
    });
    const { sink, write } = await watch(hot);
    const all = write(1, ...rows(300));
    await eventually(() => sink.stats().throttled > 4);
    await eventually(() => sink.stats().upserts === 299);
    const { throttled } = sink.stats();
    await eventually(() => sink.stats().throttled > throttled + 3);
    expect(sink.stats()).toMatchObject({ queued: 1, in_flight: 0, failing_since_ms: undefined });
    // Also while the hot key is the only one that waits, a new one is written at once.
    void write(2, [[1000n, 1, 'y'], 1]);
    await eventually(() => sink.stats().upserts === 300);
    isHot = false;
    await all;
    expect(sink.stats()).toMatchObject({ upserts: 301, queued: 0 });
  });
});

it('parts of items without a row are removed, and items that then are empty deleted', async () => {
  const client = await embedded(closing);
  const first = await watch(client);
  const other = await session(client);
  await first.write(5, [[1n, 1, 'a'], 1], [[2n, 2, 'b'], 1], [[3n, 3, 'c'], 1], [[4n, 4, 'd'], 1]);
  await other.write(5, [[2n, 'drama'], 1], [[9n, 'crime'], 1]);
  const request = {
    since_epoch: 1000,
    epoch: () => 1001,
    hasRows: (keys: readonly (readonly unknown[])[]) =>
      keys.map(([viewer]) => viewer === 1n || viewer === 3n),
    isCancelled: () => false,
  };
  const dry = await watch(client, { more: { 'freshet.gone_items': 'keep' } });
  expect(await dry.sink.clear(request)).toEqual({ found: 4, deleted: 0, kept: 2, isComplete: true });
  const second = await watch(client);
  await second.write(1001, [[1n, 10, 'aa'], 1]);
  expect(await second.sink.clear(request)).toEqual({ found: 4, deleted: 2, kept: 0, isComplete: true });
  const found = await itemsIn(client);
  expect(Object.keys(found).toSorted()).toEqual(['1/latest', '2/latest', '3/latest', '9/latest']);
  expect(found['2/latest']).toMatchObject({ genre: { S: 'drama' }, _domains: { SS: ['session'] } });
  expect(found['2/latest']).not.toHaveProperty('minutes');
  expect(found['9/latest']).toMatchObject({ genre: { S: 'crime' } });
});
