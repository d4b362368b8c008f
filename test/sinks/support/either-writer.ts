import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Batch } from '../../../src/engine/batch.ts';
import { StringPool } from '../../../src/engine/text/string-pool.ts';
import type { PlanColumn } from '../../../src/plan/nodes.ts';
import { SYSTEM_CLOCK } from '../../../src/platform/clock.ts';
import { createApi } from '../../../src/serving/api.ts';
import { ProfileStore } from '../../../src/serving/profile-store.ts';
import type { DynamoDbClient } from '../../../src/dynamodb/client.ts';
import { createDynamoDbSink } from '../../../src/sinks/dynamodb/sink.ts';
import type { Datum } from '../../../src/values/datum.ts';
import { canonicalJson } from '../../../src/values/json.ts';
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
  typeName,
  VARCHAR,
  type SqlType,
} from '../../../src/values/types.ts';
import { RisingWaveSink, risingWaveAttribute } from './risingwave-sink.ts';
import { clientFor, columnsOf, sinkDef } from './sinks.ts';

const E28 = 10n ** 28n;
const MARCH_15 = Date.UTC(2026, 2, 15) / 86_400_000;
const NOON_US = Date.UTC(2026, 2, 15, 12, 34, 56) * 1000;
const SORT_KEY = 'engagement#watch';

/** Values of every type; the attribute that RisingWave writes, by hand; and what the API answers for either writer. */
const VALUES: readonly (readonly [type: SqlType, value: Datum, theirs: object, answer: unknown])[] = [
  [SMALLINT, -32768, { N: '-32768' }, -32768],
  [INTEGER, 7, { N: '7' }, 7],
  [BIGINT, 9223372036854775807n, { N: '9223372036854775807' }, '9223372036854775807'],
  [NUMERIC, 3125n * 10n ** 27n, { N: '312.5' }, 312.5],
  [NUMERIC, -E28 / 3n, { N: '-0.3333333333333333333333333333' }, '-0.3333333333333333333333333333'],
  [REAL, Math.fround(0.1), { N: '0.1' }, 0.1],
  [DOUBLE, -1.5e-7, { N: '-1.5e-07' }, -1.5e-7],
  [DOUBLE, 1e21, { N: '1e+21' }, '1000000000000000000000'],
  [VARCHAR, '{"not": "json"}', { S: '{"not": "json"}' }, '{"not": "json"}'],
  [VARCHAR, '', { S: '' }, ''],
  [BOOLEAN, true, { BOOL: true }, true],
  [BYTEA, new Uint8Array([0, 255, 62, 63]), { B: 'AP8+Pw==' }, 'AP8+Pw=='],
  [DATE, MARCH_15, { S: '2026-03-15' }, '2026-03-15'],
  [TIME, 3_600_500_000, { S: '01:00:00.500' }, '01:00:00.500'],
  [TIMESTAMP, NOON_US, { S: '2026-03-15 12:34:56' }, '2026-03-15 12:34:56'],
  [TIMESTAMP, NOON_US + 120_000, { S: '2026-03-15 12:34:56.120' }, '2026-03-15 12:34:56.120'],
  [TIMESTAMP, NOON_US + 1_200, { S: '2026-03-15 12:34:56.001200' }, '2026-03-15 12:34:56.001200'],
  [TIMESTAMPTZ, NOON_US, { S: '2026-03-15 12:34:56+00:00' }, '2026-03-15 12:34:56+00:00'],
  [TIMESTAMPTZ, NOON_US + 5, { S: '2026-03-15 12:34:56.000005+00:00' }, '2026-03-15 12:34:56.000005+00:00'],
  [
    INTERVAL,
    { months: 14, days: -3, us: 14_706_500_000 },
    { S: '1 year 2 mons -3 days +04:05:06.5' },
    '1 year 2 mons -3 days +04:05:06.5',
  ],
  [
    JSONB,
    '{"sci-fi": 0.25, "drama": 0.417}',
    { S: '{"drama": 0.417, "sci-fi": 0.25}' },
    { drama: 0.417, 'sci-fi': 0.25 },
  ],
  [JSONB, '[1, [null, true], {}]', { S: '[1, [null, true], {}]' }, [1, [null, true], {}]],
  [JSONB, '"drama"', { S: '"drama"' }, 'drama'],
  [JSONB, '"1"', { S: '"1"' }, '1'],
  [JSONB, '1', { S: '1' }, 1],
  [JSONB, '1.0', { S: '1.0' }, 1],
  [JSONB, 'true', { S: 'true' }, true],
  [JSONB, 'null', { S: 'null' }, null],
  [
    JSONB,
    '{"id": 18446744073709551615}',
    { S: '{"id": 18446744073709551615}' },
    { id: '18446744073709551615' },
  ],
  [JSONB, '{"__proto__": 1}', { S: '{"__proto__": 1}' }, JSON.parse('{"__proto__": 1}')],
  [JSONB, null, { NULL: true }, null],
  [arrayOf(VARCHAR), ['a', null, '1'], { L: [{ S: 'a' }, { NULL: true }, { S: '1' }] }, ['a', null, '1']],
  [
    arrayOf(TIMESTAMP),
    [NOON_US + 500_000],
    { L: [{ S: '2026-03-15 12:34:56.500' }] },
    ['2026-03-15 12:34:56.500'],
  ],
  [
    arrayOf(JSONB),
    ['{"a": 1}', null, '"x"'],
    { L: [{ S: '{"a": 1}' }, { NULL: true }, { S: '"x"' }] },
    [{ a: 1 }, null, 'x'],
  ],
  [arrayOf(arrayOf(JSONB)), [['[]'], []], { L: [{ L: [{ S: '[]' }] }, { L: [] }] }, [[[]], []]],
  [arrayOf(BIGINT), [], { L: [] }, []],
];

const COLUMNS = columnsOf({
  viewer_id: BIGINT,
  sk: VARCHAR,
  ...Object.fromEntries(VALUES.map(([type], i) => [`v${i}`, type])),
});

async function createTable(client: DynamoDbClient, name: string): Promise<void> {
  await client.createTable(name, [
    { name: 'viewer_id', type: 'N' },
    { name: 'sk', type: 'S' },
  ]);
}

/** Writes rows with Freshet's sink. */
async function writeOurs(
  client: DynamoDbClient,
  table: string,
  columns: readonly PlanColumn[],
  rows: readonly (readonly Datum[])[],
  options: Readonly<Record<string, string>> = {},
): Promise<void> {
  const letters: unknown[] = [];
  const sink = createDynamoDbSink(
    sinkDef([0, 1], { table, ...options }),
    { columns },
    {
      client,
      clock: SYSTEM_CLOCK,
      random: Math.random,
      onDeadLetter: (letter) => letters.push(letter),
    },
  );
  await sink.open();
  const batch = new Batch(
    columns.map(({ type }) => type),
    rows.length,
    new StringPool(),
  );
  for (const row of rows) batch.append(row);
  sink.accept(batch, { now_us: 0, epoch: 3 });
  await sink.flush();
  await sink.close();
  expect(letters).toEqual([]);
}

function dimensionsOf(type: SqlType): number | undefined {
  if (type.kind === 'jsonb') return 0;
  const inner = type.kind === 'array' ? dimensionsOf(type.element) : undefined;
  return inner === undefined ? undefined : inner + 1;
}

function apiOf(
  client: DynamoDbClient,
  table: string,
  columns: readonly PlanColumn[],
): Promise<FastifyInstance> {
  const domainColumns = columns.map(({ name, type }) => {
    const dimensions = dimensionsOf(type);
    return { name, type: typeName(type), ...(dimensions === undefined ? {} : { json: dimensions }) };
  });
  const domains = {
    watch: { layout: 'domain' as const, sortKey: SORT_KEY, tag: 'watch', columns: domainColumns },
  };
  const store = new ProfileStore(client, { table, domains, clock: SYSTEM_CLOCK });
  return createApi({ store, clock: SYSTEM_CLOCK, registry: new Registry() });
}

interface Domain {
  readonly status: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

async function domainOf(app: FastifyInstance, viewer: number): Promise<Domain> {
  const { statusCode, body } = await app.inject(`/v1/viewers/${viewer}/profile?domains=watch`);
  const answer = JSON.parse(body) as { domains: { watch: Domain } };
  expect([statusCode, body]).toEqual([200, body]);
  return answer.domains.watch;
}

const text = fc.string({ unit: 'grapheme', maxLength: 8 });
const int = (min: number, max: number) => fc.integer({ min, max });
const TIMES = { min: Date.UTC(1700, 0) * 1000, max: Date.UTC(2250, 0) * 1000 };
const instant = fc
  .tuple(int(TIMES.min / 1e6, TIMES.max / 1e6), fc.constantFrom(1, 1000, 100_000, 1_000_000), int(0, 999_999))
  .map(([seconds, unit, micros]) => seconds * 1e6 + Math.floor(micros / unit) * unit);
const double = fc
  .double({ noNaN: true, min: -1e125, max: 1e125 })
  .filter((x) => Math.abs(x) >= 1e-130)
  .map((x) => x + 0);
const document = fc
  .jsonValue({ maxDepth: 3 })
  .filter((value) => !JSON.stringify(value).includes('"":') && isWithinLimits(value))
  .map((value) => canonicalJson(JSON.stringify(value)));

/** Returns whether DynamoDB can hold the numbers of a document, and DynamoDB and jsonb its texts. */
function isWithinLimits(value: unknown): boolean {
  if (typeof value === 'number') return value === 0 || (Math.abs(value) < 1e126 && Math.abs(value) >= 1e-130);
  if (typeof value === 'string') return !/\p{Surrogate}|\0/u.test(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).flat().every(isWithinLimits);
}

const SCALARS: readonly (readonly [SqlType, fc.Arbitrary<Datum>])[] = [
  [SMALLINT, int(-32768, 32767)],
  [INTEGER, int(-(2 ** 31), 2 ** 31 - 1)],
  [BIGINT, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  [NUMERIC, fc.bigInt({ min: -(2n ** 96n - 1n), max: 2n ** 96n - 1n })],
  [NUMERIC, fc.bigInt({ min: -(10n ** 9n), max: 10n ** 9n }).map((n) => n * 10n ** 26n)],
  [REAL, fc.float({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0)],
  [DOUBLE, double],
  [VARCHAR, text],
  [BOOLEAN, fc.boolean()],
  [BYTEA, fc.uint8Array({ maxLength: 8 })],
  [DATE, int(-700_000, 2_900_000)],
  [TIME, instant.map((us) => Math.abs(us) % 86_400_000_000)],
  [TIMESTAMP, instant],
  [TIMESTAMPTZ, instant],
  [INTERVAL, fc.record({ months: int(-99, 99), days: int(-99, 99), us: int(-1e12, 1e12) })],
  [JSONB, document],
];

const column: fc.Arbitrary<readonly [SqlType, Datum]> = fc
  .tuple(fc.constantFrom(...SCALARS), int(0, 2))
  .chain(([[scalar, values], dimensions]) => {
    let type: SqlType = scalar;
    let value: fc.Arbitrary<Datum> = fc.option(values, { freq: 6 });
    for (let i = 0; i < dimensions; i++) {
      type = arrayOf(type);
      value = fc.option(fc.array(value, { maxLength: 3 }), { freq: 6 });
    }
    return fc.tuple(fc.constant(type), value);
  });

/** Tests the API over a given DynamoDB: the same answers for items of Freshet's sink and of RisingWave's. */
export function eitherWriterSuite(
  name: string,
  start: () => Promise<{ endpoint: string; close(): Promise<void> }>,
): void {
  describe(`items of either writer in ${name}`, () => {
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

    it.each(VALUES)('RisingWave writes %o as its source says', (type, value, theirs) => {
      expect(risingWaveAttribute(type, value)).toEqual(theirs);
    });

    it('answers the same for a row of every type, whoever wrote it', async () => {
      const row: Datum[] = [1n, SORT_KEY, ...VALUES.map(([, value]) => value)];
      await writeOurs(client, 'ours', COLUMNS, [row]);
      await createTable(client, 'theirs');
      const item = Object.fromEntries(VALUES.map(([, , attribute], i) => [`v${i}`, attribute]));
      const Item = { viewer_id: { N: '1' }, sk: { S: SORT_KEY }, ...item };
      await client.batchWriteItem(JSON.stringify({ RequestItems: { theirs: [{ PutRequest: { Item } }] } }));
      const expected = Object.fromEntries(VALUES.map(([, , , answer], i) => [`v${i}`, answer]));
      const ours = await apiOf(client, 'ours', COLUMNS);
      const theirs = await apiOf(client, 'theirs', COLUMNS);
      expect((await domainOf(ours, 1)).attributes).toEqual(expected);
      // Nothing is known about version and age of an item of RisingWave, so the answer has none.
      expect(await domainOf(theirs, 1)).toEqual({ status: 'present', attributes: expected });
      await ours.close();
      await theirs.close();
    });

    it('answers with a JSON string as it is, also if it reads like JSON, in an item with a version', async () => {
      const columns = columnsOf({ viewer_id: BIGINT, sk: VARCHAR, text: JSONB });
      await writeOurs(client, 'versioned', columns, [[1n, SORT_KEY, '"{\\"a\\": 1}"']]);
      const app = await apiOf(client, 'versioned', columns);
      expect((await domainOf(app, 1)).attributes).toEqual({ text: '{"a": 1}' });
      await app.close();
    });

    it('answers the same without bookkeeping, if JSONB has another form than text somewhere in the item', async () => {
      const columns = columnsOf({
        viewer_id: BIGINT,
        sk: VARCHAR,
        text: JSONB,
        doc: JSONB,
        list: arrayOf(JSONB),
      });
      const rows: Datum[][] = [
        [1n, SORT_KEY, '"1"', '{"a": 1}', null],
        [2n, SORT_KEY, '"1"', null, ['2']],
        [3n, SORT_KEY, '"1"', '["2"]', null],
        [4n, SORT_KEY, '"drama"', null, ['"drama"', null]],
        [5n, SORT_KEY, '"{"', null, []],
      ];
      await writeOurs(client, 'unversioned', columns, rows, { 'freshet.bookkeeping': 'off' });
      const app = await apiOf(client, 'unversioned', columns);
      const answers = [];
      for (const [id] of rows) answers.push((await domainOf(app, Number(id))).attributes);
      expect(answers).toEqual([
        { text: '1', doc: { a: 1 }, list: null },
        { text: '1', doc: null, list: [2] },
        { text: '1', doc: ['2'], list: null },
        { text: 'drama', doc: null, list: ['drama', null] },
        { text: '{', doc: null, list: [] },
      ]);
      await app.close();
    });

    it('answers the same for random rows of all types, whoever wrote them', async () => {
      await createTable(client, 'random_theirs');
      let viewer = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(column, { minLength: 1, maxLength: 12 }), async (cells) => {
          viewer++;
          const columns = columnsOf({
            viewer_id: BIGINT,
            sk: VARCHAR,
            ...Object.fromEntries(cells.map(([type], i) => [`v${i}`, type])),
          });
          const row: Datum[] = [BigInt(viewer), SORT_KEY, ...cells.map(([, value]) => value)];
          await writeOurs(client, 'random_ours', columns, [row]);
          await new RisingWaveSink(client, 'random_theirs', columns, ['viewer_id', 'sk']).put([row]);
          const ours = await apiOf(client, 'random_ours', columns);
          const theirs = await apiOf(client, 'random_theirs', columns);
          const expected = await domainOf(ours, viewer);
          expect(Object.keys(expected.attributes)).toHaveLength(cells.length);
          expect(await domainOf(theirs, viewer)).toEqual({
            status: 'present',
            attributes: expected.attributes,
          });
          await ours.close();
          await theirs.close();
        }),
        { numRuns: 100, seed: 20_260_315 },
      );
    });
  });
}
