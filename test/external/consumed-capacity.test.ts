import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itemBytes } from '../../src/embedded-dynamodb/value-bytes.ts';
import { parseItem } from '../../src/embedded-dynamodb/value.ts';
import { startLocalDynamoDb, type LocalDynamoDb } from '../../src/embedded-dynamodb/start.ts';
import { Random } from '../oracle/support/random.ts';
import { send, type Answer } from '../embedded-dynamodb/support/call.ts';
import { startDynamoDbLocal } from './dynamodb-local-server.ts';

// The units of `freshet layouts` are the sums of ConsumedCapacity of the embedded store. Here every operation that a
// layout uses is sent to DynamoDB Local as well, with items of all types whose sizes are around the borders of a unit,
// and both must consume the same. A refused condition cannot be compared, because it is answered without its capacity.
// In two cases DynamoDB Local differs from what DynamoDB documents, and we follow DynamoDB: the last test names them.

let amazons: Awaited<ReturnType<typeof startDynamoDbLocal>>;
let ours: LocalDynamoDb;
beforeAll(async () => {
  [amazons, ours] = await Promise.all([startDynamoDbLocal(), startLocalDynamoDb()]);
  await both('CreateTable', {
    TableName: 'profiles',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'id', AttributeType: 'N' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ],
    KeySchema: [
      { AttributeName: 'id', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
  });
}, 60_000);
afterAll(async () => {
  await ours?.close();
  await amazons?.close();
});

const T = { TableName: 'profiles', ReturnConsumedCapacity: 'TOTAL' };
const BORDERS = [1, 2, 3, 4, 8, 12].map((kb) => kb * 1024);
type Item = Record<string, object>;

async function both(operation: string, body: object): Promise<readonly [Answer, Answer]> {
  return Promise.all([send(amazons.endpoint, operation, body), send(ours.endpoint, operation, body)]);
}

interface Sent {
  readonly operation: string;
  readonly body: object;
}

/** Sends the calls to both servers, one by one. Returns what each consumed, beside the call. */
async function consumed(
  calls: readonly Sent[],
): Promise<{ readonly theirs: unknown[]; readonly own: unknown[] }> {
  const [theirs, own]: [unknown[], unknown[]] = [[], []];
  for (const { operation, body } of calls) {
    const [a, b] = await both(operation, body);
    for (const [list, answer] of [
      [theirs, a],
      [own, b],
    ] as const) {
      const { ConsumedCapacity: used } = (answer.body ?? {}) as { ConsumedCapacity?: unknown };
      list.push([operation, JSON.stringify(body).slice(0, 120), answer.error ?? 'done', used]);
    }
  }
  return { theirs, own };
}

/** One attribute of each type that layouts write. */
function attributes(random: Random): Item {
  const digits = Array.from({ length: 1 + random.int(37) }, () => 1 + random.int(9)).join('');
  const bytes = (n: number): string => Buffer.alloc(n, random.int(256)).toString('base64');
  return {
    whole: { N: digits },
    fraction: { N: `-${digits.slice(0, 1)}.${digits.slice(1, 9)}5` },
    zeros: { N: '1200000' },
    nothing: { N: '0' },
    _b: { B: bytes(1 + random.int(60)) },
    _domains: { SS: ['watch', 'session', 'é'] },
    numbers: { NS: ['1', '-22.5', '333'] },
    binaries: { BS: [bytes(3), bytes(4)] },
    yes: { BOOL: true },
    none: { NULL: true },
    top_genres: { L: [{ S: 'drama' }, { S: 'Zoë' }, { L: [{ N: '4' }] }, { NULL: true }] },
    genre_affinity: { M: { drama: { N: '0.417' }, 'sci-fi': { N: '0.2' }, deep: { M: { a: { L: [] } } } } },
  };
}

/** Returns an item of exactly `bytes`, with a text that fills it up. */
function itemOf(bytes: number, id: number, sk: string, random: Random): Item {
  const item: Item = { id: { N: `${id}` }, sk: { S: sk }, ...attributes(random), fill: { S: '' } };
  const missing = bytes - itemBytes(parseItem(item));
  return { ...item, fill: { S: 'x'.repeat(missing) } };
}

const keyOf = ({ id, sk }: Item): Item => ({ id: id!, sk: sk! });

describe('the embedded store consumes what DynamoDB Local consumes', () => {
  it.each([1, 2, 3])('around the borders of units, seed %i', async (seed) => {
    const random = new Random(seed);
    const sizes = BORDERS.flatMap((border) => [border - 1, border, border + 1]);
    const items = sizes.map((bytes, i) => itemOf(bytes, seed, `sk#${i}`, random));
    const calls: Sent[] = [];
    for (const [i, item] of items.entries()) {
      const Key = keyOf(item);
      const larger = itemOf(sizes[(i + 7) % sizes.length]!, seed, `sk#${i}`, random);
      calls.push(
        { operation: 'PutItem', body: { ...T, Item: item } },
        { operation: 'GetItem', body: { ...T, Key } },
        { operation: 'GetItem', body: { ...T, Key, ConsistentRead: true } },
        { operation: 'GetItem', body: { ...T, Key, ProjectionExpression: 'whole' } },
        update(Key, 'SET whole = :n', { ':n': { N: '7' } }),
        update(
          Key,
          'SET whole = :n REMOVE zeros ADD #d :d',
          { ':n': { N: '8' }, ':d': { SS: ['history'] } },
          COND,
        ),
        update(Key, 'REMOVE fill DELETE #d :d', { ':d': { SS: ['history'] } }),
        { operation: 'PutItem', body: { ...T, Item: larger } },
        { operation: 'DeleteItem', body: { ...T, Key, ...condition('attribute_not_exists(#d)') } },
        { operation: 'DeleteItem', body: { ...T, Key } },
        { operation: 'DeleteItem', body: { ...T, Key } },
      );
    }
    const { theirs, own } = await consumed(calls);
    expect(own).toEqual(theirs);
  });

  it.each([11, 12, 13])('in batches, queries and pages, seed %i', async (seed) => {
    const random = new Random(seed);
    const items = Array.from({ length: 40 }, (_, i) =>
      itemOf(900 + random.int(5000), seed, `metric#${String(i).padStart(2, '0')}`, random),
    );
    const put = (some: readonly Item[]): Sent => batch(some.map((Item) => ({ PutRequest: { Item } })));
    const again = items
      .slice(0, 25)
      .map((item) => itemOf(900 + random.int(5000), seed, (item['sk'] as { S: string }).S, random));
    const query = (more: object): Sent => ({
      operation: 'Query',
      body: {
        ...T,
        KeyConditionExpression: 'id = :id AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: {
          ':id': { N: `${seed}` },
          ':from': { S: 'metric#03' },
          ':to': { S: 'metric#30' },
        },
        ...more,
      },
    });
    const get = (some: readonly Item[], more: object): Sent => ({
      operation: 'BatchGetItem',
      body: {
        RequestItems: { profiles: { Keys: some.map(keyOf), ...more } },
        ReturnConsumedCapacity: 'TOTAL',
      },
    });
    const { theirs, own } = await consumed([
      put(items.slice(0, 25)),
      put(items.slice(25)),
      put(again),
      query({}),
      query({ ConsistentRead: true }),
      query({ Limit: 3 }),
      query({ ProjectionExpression: 'whole' }),
      get(items.slice(0, 1), {}),
      get(items, {}),
      get(items, { ConsistentRead: true }),
      batch(items.slice(0, 10).map((item) => ({ DeleteRequest: { Key: keyOf(item) } }))),
      batch([
        ...items.slice(10, 18).map((item) => ({ DeleteRequest: { Key: keyOf(item) } })),
        ...items.slice(20, 30).map((Item) => ({ PutRequest: { Item } })),
      ]),
      query({}),
    ]);
    expect(own).toEqual(theirs);
  });
});

it('DynamoDB Local charges differently for items that do not exist', async () => {
  const Key = { id: { N: '404' }, sk: { S: 'none' } };
  const { theirs, own } = await consumed([
    batch([{ DeleteRequest: { Key } }]),
    { operation: 'DeleteItem', body: { ...T, Key } },
    { operation: 'GetItem', body: { ...T, Key } },
    {
      operation: 'Query',
      body: {
        ...T,
        KeyConditionExpression: 'id = :id',
        ExpressionAttributeValues: { ':id': { N: '404' } },
      },
    },
  ]);
  const units = (answers: readonly unknown[]): unknown[] =>
    answers.map((answer) => /"CapacityUnits":([\d.]+)/.exec(JSON.stringify(answer))?.[1]);
  // A write of less than 1 KB is a unit, and an eventually consistent read of less than 4 KB is half a unit.
  expect(units(own)).toEqual(['1', '1', '0.5', '0.5']);
  expect(units(theirs)).toEqual(['2', '1', '0.5', '0']);
});

const NAMES = { ExpressionAttributeNames: { '#d': '_domains' } };
const COND = 'attribute_not_exists(missing) OR whole <= :n';

function condition(ConditionExpression: string): object {
  return { ConditionExpression, ...NAMES };
}

function update(Key: Item, UpdateExpression: string, values: object, ConditionExpression?: string): Sent {
  return {
    operation: 'UpdateItem',
    body: {
      ...T,
      Key,
      UpdateExpression,
      ExpressionAttributeValues: values,
      ...(UpdateExpression.includes('#d') ? NAMES : {}),
      ...(ConditionExpression === undefined ? {} : { ConditionExpression }),
    },
  };
}

function batch(requests: readonly object[]): Sent {
  return {
    operation: 'BatchWriteItem',
    body: { RequestItems: { profiles: requests }, ReturnConsumedCapacity: 'TOTAL' },
  };
}
