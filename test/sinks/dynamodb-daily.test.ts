import { afterEach, expect, test } from 'vitest';
import type { SinkClient } from '../../src/sinks/dynamodb/sink-client.ts';
import { openPipeline } from '../../src/testing/index.ts';
import { BIGINT, DATE, INTEGER, VARCHAR } from '../../src/values/types.ts';
import {
  embedded,
  itemsIn,
  MovableClock,
  openSink,
  TABLE,
  type Closing,
  type OpenedSink,
} from './support/shared-item-sinks.ts';

const DAY_MS = 86_400_000;
/** 2026-03-15 as days since 1970. */
const MARCH_15 = Date.UTC(2026, 2, 15) / DAY_MS;

const closing: Closing = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Returns a clock that shows noon of a day. */
function noonOf(day: number): MovableClock {
  return new MovableClock((day + 0.5) * DAY_MS - Date.now());
}

const watch = (client: SinkClient, more: object = {}): Promise<OpenedSink> =>
  openSink(closing, client, {
    layout: 'daily',
    domain: 'watch',
    columns: { viewer_id: BIGINT, day: DATE, minutes: INTEGER },
    clock: noonOf(MARCH_15),
    ...more,
  });

test('an item holds a day of a viewer, for all domains, and says when it expires', async () => {
  const client = await embedded(closing);
  const a = await watch(client);
  const b = await openSink(closing, client, {
    layout: 'daily',
    domain: 'session',
    columns: { viewer_id: BIGINT, day: DATE, genre: VARCHAR },
    clock: noonOf(MARCH_15),
  });
  await a.write(1, [[1n, MARCH_15, 45], 1], [[1n, MARCH_15 - 1, 30], 1]);
  await b.write(2, [[1n, MARCH_15, 'drama'], 1]);
  const expires_at = (day: number) => ({ N: `${(day + 1 + 35) * 86_400}` });
  expect(await itemsIn(client)).toEqual({
    '1/daily#2026-03-14': {
      minutes: { N: '30' },
      _domains: { SS: ['watch'] },
      '_v:watch': { N: '1' },
      expires_at: expires_at(MARCH_15 - 1),
    },
    '1/daily#2026-03-15': {
      minutes: { N: '45' },
      genre: { S: 'drama' },
      _domains: { SS: expect.arrayContaining(['session', 'watch']) },
      '_v:watch': { N: '1' },
      '_v:session': { N: '2' },
      expires_at: expires_at(MARCH_15),
    },
  });
  await a.write(3, [[1n, MARCH_15 - 1, 30], -1], [[1n, MARCH_15, 45], -1]);
  expect(Object.keys(await itemsIn(client))).toEqual(['1/daily#2026-03-15']);
});

test('a row that has expired is not written, and counted', async () => {
  const client = await embedded(closing);
  const { sink, write } = await watch(client, { more: { 'freshet.expire_after_days': '2' } });
  await write(1, [[1n, MARCH_15 - 2, 1], 1], [[1n, MARCH_15 - 3, 2], 1], [[2n, MARCH_15 - 900, 3], 1]);
  expect(Object.keys(await itemsIn(client))).toEqual(['1/daily#2026-03-13']);
  expect(sink.stats()).toMatchObject({ upserts: 1, suppressed: 2, queued: 0, in_flight: 0 });
  expect(sink.pending()).toEqual([]);
});

test('a row without a day is a dead letter', async () => {
  const client = await embedded(closing);
  const { letters, write } = await watch(client);
  await write(1, [[1n, null, 1], 1], [[1n, MARCH_15, 2], 1]);
  expect(letters.map(({ reason, message }) => [reason, message])).toEqual([
    ['null_key', 'key "day" is NULL'],
  ]);
});

test('the table deletes expired items by itself', async () => {
  const client = await embedded(closing);
  const { problems } = await watch(client);
  await watch(client);
  expect(await client.timeToLive(TABLE)).toBe('expires_at');
  expect(problems).toEqual([]);
});

test.each([
  ['freshet.create_table is false', undefined, /its time to live is off/, /update-time-to-live --table-name/],
  [
    'another attribute is in use',
    'gone_at',
    /its time to live is attribute gone_at/,
    /switch it off for gone_at/,
  ],
])('if %s, the sink says that expired items stay, and goes on', async (_why, attribute, message, hint) => {
  const client = await embedded(closing);
  await client.createTable(TABLE, [
    { name: 'viewer_id', type: 'N' },
    { name: 'sk', type: 'S' },
  ]);
  if (attribute !== undefined) await client.enableTimeToLive(TABLE, attribute);
  const options = attribute === undefined ? { more: { 'freshet.create_table': 'false' } } : {};
  const { problems, write } = await watch(client, options);
  expect(problems).toHaveLength(1);
  expect(problems[0]!.message).toMatch(message);
  expect(problems[0]!.hint).toMatch(hint);
  await write(1, [[1n, MARCH_15, 1], 1]);
  expect(Object.keys(await itemsIn(client))).toEqual(['1/daily#2026-03-15']);
});

test('days without a row are removed after a rebuild', async () => {
  const client = await embedded(closing);
  const first = await watch(client);
  await first.write(5, [[1n, MARCH_15, 1], 1], [[1n, MARCH_15 - 1, 2], 1], [[2n, MARCH_15, 3], 1]);
  const second = await watch(client);
  await second.write(1001, [[1n, MARCH_15, 10], 1]);
  const report = await second.sink.clear({
    since_epoch: 1000,
    epoch: () => 1001,
    hasRows: (keys) => keys.map(([viewer, day]) => viewer === 1n && day === MARCH_15),
    isCancelled: () => false,
  });
  expect(report).toEqual({ found: 3, deleted: 2, kept: 0, isComplete: true });
  expect(Object.keys(await itemsIn(client))).toEqual(['1/daily#2026-03-15']);
});

test('a rolling view is kept as the days that it adds up, until they expire', async () => {
  const pipeline = await openPipeline(
    {
      'p.sql': `
        CREATE SOURCE plays (viewer_id BIGINT, seconds INT, at TIMESTAMP)
        WITH (connector = 'kafka', topic = 'plays') FORMAT PLAIN ENCODE JSON;
        CREATE MATERIALIZED VIEW tiles AS
        SELECT viewer_id, at::date AS day, SUM(seconds) AS seconds FROM plays GROUP BY viewer_id, at::date;
        CREATE MATERIALIZED VIEW rolling AS
        SELECT viewer_id, 'engagement#watch' AS sk,
               SUM(CASE WHEN day > CURRENT_DATE - 7 THEN seconds ELSE 0 END) AS seconds_7d
        FROM tiles GROUP BY viewer_id;
        CREATE SINK watch_sink FROM rolling WITH (connector = 'dynamodb', table = 'profiles',
          primary_key = 'viewer_id,sk', freshet.layout = 'daily', freshet.expire_after_days = '8');`,
    },
    { now: '2026-03-15T12:00:00Z' },
  );
  const play = (at: string, seconds: number) => ({ viewer_id: 1, seconds, at });
  pipeline.insert('plays', [
    play('2026-03-15T11:00:00', 60),
    play('2026-03-15T11:30:00', 30),
    play('2026-03-10T10:00:00', 10),
  ]);
  const days = (): readonly unknown[] => pipeline.items('watch_sink').map((item) => item['sk']);
  expect(days()).toEqual([{ S: 'daily#2026-03-10' }, { S: 'daily#2026-03-15' }]);
  const [, today] = pipeline.items('watch_sink');
  expect(Object.values(today!)).toContainEqual({ N: '90' });
  expect(today).toMatchObject({
    viewer_id: { N: '1' },
    _domains: { SS: ['watch'] },
    expires_at: { N: `${(MARCH_15 + 9) * 86_400}` },
  });
  pipeline.advanceBy('5 days');
  expect(days()).toEqual([{ S: 'daily#2026-03-15' }]);
});
