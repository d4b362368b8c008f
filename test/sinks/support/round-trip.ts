import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Batch } from '../../../src/engine/batch.ts';
import { StringPool } from '../../../src/engine/text/string-pool.ts';
import type { PlanColumn } from '../../../src/plan/nodes.ts';
import { SYSTEM_CLOCK } from '../../../src/platform/clock.ts';
import type { DynamoDbClient } from '../../../src/dynamodb/client.ts';
import { createDynamoDbSink } from '../../../src/sinks/dynamodb/sink.ts';
import type { KeyedSink, SinkDeadLetter } from '../../../src/sinks/sink.ts';
import type { Datum } from '../../../src/values/datum.ts';
import {
  arrayOf,
  BIGINT,
  BOOLEAN,
  BYTEA,
  DATE,
  DOUBLE,
  INTEGER,
  INTERVAL,
  JSONB,
  NUMERIC,
  REAL,
  SMALLINT,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  VARCHAR,
  type SqlType,
} from '../../../src/values/types.ts';
import { clientFor, columnsOf, sinkDef } from './sinks.ts';

const E28 = 10n ** 28n;
const DAY_US = 86_400_000_000;
/** 2026-03-15 12:34:56.789012 */
const NOON_US = Date.UTC(2026, 2, 15, 12, 34, 56) * 1000 + 789_012;
const MARCH_15 = Date.UTC(2026, 2, 15) / 86_400_000;
const UNICODE = 'Zoë 👩🏽‍🚀 \u0000\u001f"\\/\u2028 नमस्ते';

/** SQL values and the DynamoDB attribute that each must become, written by hand. */
const VALUES: readonly (readonly [type: SqlType, value: Datum, attribute: object])[] = [
  [SMALLINT, -32768, { N: '-32768' }],
  [INTEGER, 0, { N: '0' }],
  [INTEGER, null, { NULL: true }],
  [INTEGER, 2147483647, { N: '2147483647' }],
  [BIGINT, 9223372036854775807n, { N: '9223372036854775807' }],
  [BIGINT, -9223372036854775808n, { N: '-9223372036854775808' }],
  [BIGINT, 9007199254740993n, { N: '9007199254740993' }],
  [BIGINT, -9007199254740993n, { N: '-9007199254740993' }],
  [BIGINT, 4294967296n, { N: '4294967296' }],
  [BIGINT, -4294967297n, { N: '-4294967297' }],
  [BIGINT, -1n, { N: '-1' }],
  [NUMERIC, 3125n * 10n ** 27n, { N: '312.5' }],
  [NUMERIC, 980n * E28, { N: '980' }],
  [NUMERIC, -E28 / 4n, { N: '-0.25' }],
  [NUMERIC, -5n * E28 - 1n, { N: '-5.0000000000000000000000000001' }],
  [NUMERIC, -5n * E28 - 10n ** 14n, { N: '-5.00000000000001' }],
  [NUMERIC, 1n, { N: '0.0000000000000000000000000001' }],
  [NUMERIC, -1n, { N: '-0.0000000000000000000000000001' }],
  [NUMERIC, 0n, { N: '0' }],
  [NUMERIC, (2n ** 96n - 1n) * E28, { N: '79228162514264337593543950335' }],
  [NUMERIC, -(2n ** 96n - 1n) * E28, { N: '-79228162514264337593543950335' }],
  [NUMERIC, 2n ** 96n - 1n, { N: '7.9228162514264337593543950335' }],
  [REAL, Math.fround(0.1), { N: '0.1' }],
  [REAL, Math.fround(16777216), { N: '16777216' }],
  [DOUBLE, 0.1, { N: '0.1' }],
  [DOUBLE, -1.5e-7, { N: '-0.00000015' }],
  [DOUBLE, 1e21, { N: '1000000000000000000000' }],
  [DOUBLE, 5e-130, { N: `0.${'0'.repeat(129)}5` }],
  [VARCHAR, 'drama', { S: 'drama' }],
  [VARCHAR, '', { S: '' }],
  [VARCHAR, UNICODE, { S: UNICODE }],
  [BOOLEAN, true, { BOOL: true }],
  [BOOLEAN, false, { BOOL: false }],
  [BYTEA, new Uint8Array([0, 255, 62, 63]), { B: 'AP8+Pw==' }],
  [BYTEA, new Uint8Array(0), { B: '' }],
  [DATE, MARCH_15, { S: '2026-03-15' }],
  [DATE, -1, { S: '1969-12-31' }],
  [TIME, 3_600_000_001, { S: '01:00:00.000001' }],
  [TIMESTAMP, NOON_US, { S: '2026-03-15 12:34:56.789012' }],
  [TIMESTAMP, MARCH_15 * DAY_US, { S: '2026-03-15 00:00:00' }],
  [TIMESTAMPTZ, MARCH_15 * DAY_US, { S: '2026-03-15 00:00:00+00:00' }],
  [INTERVAL, { months: 14, days: 3, us: 14_706_000_000 }, { S: '1 year 2 mons 3 days 04:05:06' }],
  [arrayOf(VARCHAR), ['a', null, ''], { L: [{ S: 'a' }, { NULL: true }, { S: '' }] }],
  [arrayOf(VARCHAR), [], { L: [] }],
  [arrayOf(arrayOf(BIGINT)), [[1n], [], null], { L: [{ L: [{ N: '1' }] }, { L: [] }, { NULL: true }] }],
  [arrayOf(NUMERIC), [E28 / 2n], { L: [{ N: '0.5' }] }],
  [JSONB, '{"drama": 0.417, "sci-fi": 0.25}', { M: { drama: { N: '0.417' }, 'sci-fi': { N: '0.25' } } }],
  [JSONB, '{}', { M: {} }],
  [JSONB, '0e500', { N: '0' }],
  [JSONB, '1E+2', { N: '100' }],
  [JSONB, 'null', { NULL: true }],
  [JSONB, '"text with \\"quotes\\" and \\\\"', { S: 'text with "quotes" and \\' }],
  [JSONB, '12345678901234567890123456789012345678', { N: '12345678901234567890123456789012345678' }],
  [
    JSONB,
    '-0.00012345678901234567890123456789012345678',
    { N: '-0.00012345678901234567890123456789012345678' },
  ],
  [
    JSONB,
    '{"a": [1, [null, {"b": {"c": [true, false, "", {}]}}]], "\\u00e9 ": null}',
    {
      M: {
        a: {
          L: [
            { N: '1' },
            {
              L: [
                { NULL: true },
                { M: { b: { M: { c: { L: [{ BOOL: true }, { BOOL: false }, { S: '' }, { M: {} }] } } } } },
              ],
            },
          ],
        },
        'é ': { NULL: true },
      },
    },
  ],
  [JSONB, `${'['.repeat(31)}${']'.repeat(31)}`, nested(31)],
];

function nested(depth: number): object {
  return depth === 1 ? { L: [] } : { L: [nested(depth - 1)] };
}

const COLUMNS: readonly PlanColumn[] = [
  { name: 'viewer_id', type: BIGINT, nullable: false },
  ...VALUES.map(([type], i) => ({ name: `v${i}`, type, nullable: true })),
];

/** Tests the sink against a given DynamoDB: every type written and read back, limits, keys and checks of the table. */
export function roundTripSuite(
  name: string,
  start: () => Promise<{ endpoint: string; close(): Promise<void> }>,
): void {
  describe(`the sink with ${name}`, () => {
    let server: { endpoint: string; close(): Promise<void> };
    let client: DynamoDbClient;
    beforeAll(async () => {
      server = await start();
      client = clientFor(server.endpoint);
    });
    afterAll(async () => {
      await client.close();
      await server.close();
    });

    const letters: SinkDeadLetter[] = [];
    function sinkFor(
      columns: readonly PlanColumn[],
      key: readonly number[],
      options: Readonly<Record<string, string>> = {},
    ): KeyedSink {
      letters.length = 0;
      return createDynamoDbSink(
        sinkDef(key, options),
        { columns },
        {
          client,
          clock: SYSTEM_CLOCK,
          random: Math.random,
          onDeadLetter: (letter) => letters.push(letter),
        },
      );
    }
    async function deliver(
      sink: KeyedSink,
      columns: readonly PlanColumn[],
      rows: readonly Datum[][],
    ): Promise<void> {
      await sink.open();
      const batch = new Batch(
        columns.map(({ type }) => type),
        4,
        new StringPool(),
      );
      for (const row of rows) batch.append(row);
      sink.accept(batch, { now_us: 0, epoch: 3 });
      await sink.flush();
      await sink.close();
    }

    it('writes every type as documented', async () => {
      const sink = sinkFor(COLUMNS, [0], { 'freshet.sort_key': 'engagement#watch' });
      const before_ms = Date.now();
      await deliver(sink, COLUMNS, [[8821043n, ...VALUES.map(([, value]) => value)]]);
      expect(letters).toEqual([]);
      const Key = { viewer_id: { N: '8821043' }, sk: { S: 'engagement#watch' } };
      const item = await client.getItem({ TableName: 'viewer_profiles', Key, ConsistentRead: true });
      const { _w: written, ...rest } = item!;
      expect(rest).toEqual({
        ...Key,
        _v: { N: '3' },
        ...Object.fromEntries(VALUES.map(([, , attribute], i) => [`v${i}`, attribute])),
      });
      const written_ms = Number((written as { N: string }).N);
      expect(written_ms).toBeGreaterThanOrEqual(before_ms);
      expect(written_ms).toBeLessThanOrEqual(Date.now());
    });

    it('writes items that the AWS SDK reads', async () => {
      const sdk = new DynamoDBClient({
        endpoint: server.endpoint,
        region: 'us-east-1',
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      });
      const { Item } = await sdk.send(
        new GetItemCommand({
          TableName: 'viewer_profiles',
          Key: { viewer_id: { N: '8821043' }, sk: { S: 'engagement#watch' } },
        }),
      );
      sdk.destroy();
      VALUES.forEach(([type, value, attribute], i) => {
        const expected = type === BYTEA ? { B: value } : attribute;
        expect(Item![`v${i}`]).toMatchObject(expected);
      });
    });

    it('writes items in the published shape when bookkeeping is off', async () => {
      const columns = columnsOf({
        viewer_id: BIGINT,
        sk: VARCHAR,
        watch_minutes_7d: NUMERIC,
        titles_7d: NUMERIC,
      });
      const sink = sinkFor(columns, [0, 1], { 'freshet.bookkeeping': 'off' });
      await deliver(sink, columns, [[5n, 'engagement#watch', 3125n * 10n ** 27n, 14n * E28]]);
      const Key = { viewer_id: { N: '5' }, sk: { S: 'engagement#watch' } };
      expect(await client.getItem({ TableName: 'viewer_profiles', Key })).toEqual({
        ...Key,
        watch_minutes_7d: { N: '312.5' },
        titles_7d: { N: '14' },
      });
    });

    it('makes dead letters of rows that DynamoDB cannot hold, and writes the other rows', async () => {
      const columns = columnsOf({ viewer_id: BIGINT, sk: VARCHAR, x: DOUBLE, doc: JSONB, text: VARCHAR });
      const sink = sinkFor(columns, [0, 1]);
      const big = 'x'.repeat(409_600 - 60);
      const names = { sk: 'k', x: 0, doc: '1', text: 'fine' };
      const row = (id: bigint, change: Partial<Record<keyof typeof names, Datum>>): Datum[] => {
        const { sk, x, doc, text } = { ...names, ...change };
        return [id, sk!, x!, doc!, text!];
      };
      await deliver(sink, columns, [
        row(1n, {}),
        row(2n, { x: NaN }),
        row(3n, { x: -Infinity }),
        row(4n, { x: 1e200 }),
        row(5n, { x: 1e-200 }),
        row(6n, { doc: `[${'9'.repeat(39)}]` }),
        row(7n, { doc: `1${'0'.repeat(126)}` }),
        row(8n, { doc: `${'['.repeat(33)}${']'.repeat(33)}` }),
        row(9n, { sk: '' }),
        row(10n, { sk: 'x'.repeat(1025) }),
        row(11n, { text: 'x'.repeat(409_600) }),
        row(12n, { text: big }),
        row(13n, { text: '\u0001'.repeat(400_000) }),
        row(14n, { sk: null }),
        row(15n, {}),
        row(16n, { doc: '[{"a": {"": 1}}]' }),
      ]);
      expect(
        letters
          .map(({ key, reason }) => [Number(key[0]), reason])
          .toSorted((a, b) => Number(a[0]) - Number(b[0])),
      ).toEqual([
        [2, 'not_a_number'],
        [3, 'not_a_number'],
        [4, 'number_out_of_range'],
        [5, 'number_out_of_range'],
        [6, 'too_many_digits'],
        [7, 'number_out_of_range'],
        [8, 'too_deep'],
        [9, 'empty_key'],
        [10, 'key_too_long'],
        [11, 'item_too_large'],
        [14, 'null_key'],
        [16, 'empty_name'],
      ]);
      const sizes = await Promise.all(
        [1n, 12n, 13n, 15n].map(async (id) => {
          const Key = { viewer_id: { N: `${id}` }, sk: { S: 'k' } };
          return ((await client.getItem({ TableName: 'viewer_profiles', Key }))!.text as { S: string }).S
            .length;
        }),
      );
      expect(sizes).toEqual([4, big.length, 400_000, 4]);
    });

    it('deletes items with keys of every type', async () => {
      for (const [type, value, other] of [
        [VARCHAR, 'é"\\', 'b'],
        [BYTEA, new Uint8Array([1, 255]), new Uint8Array([2])],
        [NUMERIC, E28 / 2n, E28],
        [TIMESTAMP, NOON_US, 0],
      ] as const) {
        const columns = columnsOf({ id: type, n: INTEGER });
        const table = `keys_${type.kind}`;
        const sink = sinkFor(columns, [0], { table });
        await deliver(sink, columns, [
          [value, 1],
          [other, 2],
        ]);
        const again = sinkFor(columns, [0], { table });
        await again.open();
        again.resend([value], undefined, { now_us: 0, epoch: 4 });
        await again.flush();
        await again.close();
        expect(letters).toEqual([]);
        const left = (await client.send('Scan', JSON.stringify({ TableName: table }))) as {
          Items: { n: object }[];
        };
        expect([type.kind, left.Items.map(({ n }) => n)]).toEqual([type.kind, [{ N: '2' }]]);
      }
    });

    it('creates one table for several sinks that start at the same time', async () => {
      const columns = columnsOf({ viewer_id: BIGINT, sk: VARCHAR, n: INTEGER });
      const sinks = Array.from({ length: 5 }, () => sinkFor(columns, [0, 1], { table: 'shared_table' }));
      await Promise.all(sinks.map((sink) => sink.open()));
      expect(await client.describeTable('shared_table')).toMatchObject({
        TableStatus: 'ACTIVE',
        KeySchema: [
          { AttributeName: 'viewer_id', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
      });
      await Promise.all(sinks.map((sink) => sink.close()));
    });

    it('refuses a table with a different key', async () => {
      const table = 'numbered_table';
      const numbers = columnsOf({ viewer_id: BIGINT, sk: VARCHAR, n: INTEGER });
      const first = sinkFor(numbers, [0, 1], { table });
      await first.open();
      await first.close();
      const columns = columnsOf({ viewer_id: VARCHAR, sk: VARCHAR, n: INTEGER });
      await expect(sinkFor(columns, [0, 1], { table }).open()).rejects.toMatchObject({
        name: 'SinkError',
        message:
          'table numbered_table has the key viewer_id (N), sk (S), but the sink writes viewer_id (S), sk (S)',
        hint: expect.stringMatching(
          /^cast the column in the view, viewer_id::BIGINT AS viewer_id; or use another table: aws dynamodb create-table/,
        ) as string,
      });
    });
  });
}
