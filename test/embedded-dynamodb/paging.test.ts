import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startLocalDynamoDb, type LocalDynamoDb } from '../../src/embedded-dynamodb/start.ts';
import { send } from './support/call.ts';

let local: LocalDynamoDb;
beforeAll(async () => {
  local = await startLocalDynamoDb();
});
afterAll(() => local.close());

interface Page {
  readonly Items: readonly { readonly id: { readonly N: string }; readonly sk: { readonly N: string } }[];
  readonly LastEvaluatedKey?: object;
}

async function call(operation: string, body: object): Promise<unknown> {
  const answer = await send(local.endpoint, operation, body);
  if (answer.status !== 200) throw new Error(`${operation}: ${answer.error}`);
  return answer.body;
}

async function* pages(operation: string, body: object): AsyncGenerator<Page> {
  for (let from: object | undefined; ;) {
    const start = from === undefined ? {} : { ExclusiveStartKey: from };
    const page = (await call(operation, { ...body, ...start })) as Page;
    yield page;
    if (page.LastEvaluatedKey === undefined) return;
    from = page.LastEvaluatedKey;
  }
}

let tables = 0;
async function newTable(items: readonly (readonly [id: number, sk: number])[]): Promise<string> {
  const TableName = `table${tables++}`;
  await call('CreateTable', {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: ['id', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'N' })),
    KeySchema: [
      { AttributeName: 'id', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
  });
  for (let i = 0; i < items.length; i += 25) {
    const requests = items
      .slice(i, i + 25)
      .map(([id, sk]) => ({ PutRequest: { Item: { id: { N: `${id}` }, sk: { N: `${sk}` } } } }));
    await call('BatchWriteItem', { RequestItems: { [TableName]: requests } });
  }
  return TableName;
}

const sortKey = fc.oneof(
  fc.integer({ min: -20, max: 20 }),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((x) => Math.round(x * 1000) / 1000),
);

it('the pages of a query hold the partition in order, in both directions, with any limit', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(sortKey, { maxLength: 60, selector: (x) => x + 0 }),
      fc.integer({ min: 1, max: 20 }),
      fc.boolean(),
      async (sortKeys, Limit, ScanIndexForward) => {
        const TableName = await newTable(sortKeys.flatMap((sk) => [[1, sk] as const, [2, sk] as const]));
        const found: number[] = [];
        const query = {
          TableName,
          KeyConditionExpression: 'id = :id',
          ExpressionAttributeValues: { ':id': { N: '1' } },
          Limit,
          ScanIndexForward,
        };
        for await (const { Items } of pages('Query', query))
          found.push(...Items.map(({ sk }) => Number(sk.N)));
        const inOrder = sortKeys.map((sk) => sk + 0).toSorted((a, b) => a - b);
        expect(found).toEqual(ScanIndexForward ? inOrder : inOrder.toReversed());
      },
    ),
    { numRuns: 40, seed: 1 },
  );
});

it('the pages of a scan hold each item of the table once, in any number of segments', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 3 })), {
        maxLength: 80,
        selector: String,
      }),
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 10 }),
      async (items, TotalSegments, Limit) => {
        const TableName = await newTable(items);
        const found: string[] = [];
        for (let Segment = 0; Segment < TotalSegments; Segment++) {
          for await (const { Items } of pages('Scan', { TableName, Segment, TotalSegments, Limit })) {
            found.push(...Items.map(({ id, sk }) => `${id.N},${sk.N}`));
          }
        }
        expect(found.toSorted()).toEqual(items.map(String).toSorted());
      },
    ),
    { numRuns: 30, seed: 1 },
  );
});

it('a scan continues after an item that was deleted meanwhile', async () => {
  const items = Array.from({ length: 30 }, (_, i) => [i, 0] as const);
  const TableName = await newTable(items);
  const found: number[] = [];
  for await (const { Items, LastEvaluatedKey } of pages('Scan', { TableName, Limit: 4 })) {
    found.push(...Items.map(({ id }) => Number(id.N)));
    if (LastEvaluatedKey !== undefined) await call('DeleteItem', { TableName, Key: LastEvaluatedKey });
  }
  expect(found.toSorted((a, b) => a - b)).toEqual(items.map(([id]) => id));
});

it('a parallel scan spreads partition keys over the segments', async () => {
  const TableName = await newTable(Array.from({ length: 400 }, (_, i) => [8_000_001 + i, 0] as const));
  const counts: number[] = [];
  for (let Segment = 0; Segment < 4; Segment++) {
    const page = (await call('Scan', { TableName, Segment, TotalSegments: 4 })) as Page;
    counts.push(page.Items.length);
  }
  expect(counts.reduce((sum, n) => sum + n)).toBe(400);
  expect(Math.min(...counts)).toBeGreaterThan(40);
});
