import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ProfileReads } from '../../src/client/profile-reads.ts';
import type { ProfileSchema } from '../../src/client/schema.ts';
import { sdkTransport } from '../../src/client/sdk-transport.ts';
import { signedTransport } from '../../src/client/signed-transport.ts';
import type { Transport } from '../../src/client/transport.ts';
import type { DynamoDbClient } from '../../src/dynamodb/client.ts';
import type { AttributeMap } from '../../src/dynamodb/wire.ts';
import { domain } from '../client/support/profile-table.ts';
import { clientFor } from '../sinks/support/sinks.ts';
import { startDynamoDbLocal } from './dynamodb-local-server.ts';

// The client over Amazon's own implementation: what it expects a read to cost is what DynamoDB charges, and both
// transports give the same results, for values of every type.

const SIZES: Readonly<Record<string, number>> = { a: 100, b: 5_000, c: 9_000, d: 100, e: 100 };
const SCHEMA: ProfileSchema = {
  table: 'profiles',
  key: { partition: { name: 'viewer', type: 'N' }, sort: 'sk' },
  domains: {
    ...Object.fromEntries(Object.keys(SIZES).map((name) => [name, domain('domain', `p#${name}`)])),
    x: domain('domain', 'x'),
    y: domain('domain', 'y'),
    z: domain('domain', 'z'),
    none: domain('domain', 'nothing'),
  },
};
const KEYS = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };

let local: { endpoint: string; close(): Promise<void> };
let client: DynamoDbClient;
beforeAll(async () => {
  local = await startDynamoDbLocal();
  client = clientFor(local.endpoint);
  await client.createTable('profiles', [
    { name: 'viewer', type: 'N' },
    { name: 'sk', type: 'S' },
  ]);
  while ((await client.describeTable('profiles'))?.TableStatus !== 'ACTIVE');
  const items = (viewer: string): AttributeMap[] => [
    ...Object.entries(SIZES).map(([name, bytes]) => ({
      viewer: { N: viewer },
      sk: { S: `p#${name}` },
      text: { S: 'x'.repeat(bytes) },
      _v: { N: '17' },
    })),
    ...['x', 'y', 'z'].map((sk) => ({ viewer: { N: viewer }, sk: { S: sk }, ...VALUES })),
  ];
  for (const viewer of ['1', '9007199254740993']) {
    const requests = items(viewer).map((Item) => ({ PutRequest: { Item } }));
    await client.batchWriteItem(JSON.stringify({ RequestItems: { profiles: requests } }));
  }
});
afterAll(async () => {
  await client.close();
  await local.close();
});

const VALUES: AttributeMap = {
  n: { N: '12345678901234567890.5' },
  b: { B: 'AP8+Pw==' },
  flag: { BOOL: false },
  nothing: { NULL: true },
  list: { L: [{ N: '1' }, { B: 'AP8=' }, { M: { __proto__x: { SS: ['a', 'b'] } } }] },
  map: { M: { deep: { L: [] }, bytes: { BS: ['AA=='] } } },
};

const transports = (): readonly Transport[] => [
  signedTransport({ endpoint: local.endpoint, ...KEYS.credentials, env: {} }),
  sdkTransport(new DynamoDB({ endpoint: local.endpoint, ...KEYS })),
];

it.each<[readonly string[], boolean]>([
  [['a'], false],
  [['c'], true],
  [['none'], false],
  [['b', 'c'], false],
  [['a', 'd', 'e'], false],
  [['a', 'b', 'c', 'd', 'e'], true],
  [['x', 'y', 'z'], false],
  [['a', 'd', 'e', 'x'], false],
])(
  'a read of %o (consistent: %s) costs what explain says, once its sizes are known',
  async (domains, consistent) => {
    for (const transport of transports()) {
      const reads = new ProfileReads(SCHEMA, transport, { consistent });
      await reads.getMany(1, domains);
      const before = reads.counters().rru;
      const { rru } = reads.explain(domains);
      await reads.getMany(1, domains);
      expect([domains, reads.counters().rru - before]).toEqual([domains, rru]);
      await reads.close();
    }
  },
);

it('both transports give the same results, of every call', async () => {
  const [ours, theirs] = transports().map((transport) => new ProfileReads(SCHEMA, transport, {}));
  const names = Object.keys(SCHEMA.domains);
  const whole = await ours!.getMany(9007199254740993n, names);
  expect(await theirs!.getMany('9007199254740993', names)).toEqual(whole);
  expect(whole['x']).toMatchObject({
    status: 'present',
    metrics: {
      n: '12345678901234567890.5',
      b: 'AP8+Pw==',
      flag: false,
      nothing: null,
      list: [1, 'AP8=', { __proto__x: ['a', 'b'] }],
      map: { deep: [], bytes: ['AA=='] },
    },
  });
  const viewers = [1, 9007199254740993n, 2, '1'];
  const batch = await ours!.getBatch(viewers, names);
  expect(await theirs!.getBatch(viewers, names)).toEqual(batch);
  expect(batch[0]).toEqual(whole);
  expect(batch[2]!['a']).toEqual({ status: 'absent' });
  expect(batch[3]).toEqual(batch[0]);
  await ours!.close();
  await theirs!.close();
});

it('errors have the same code and fault over both transports', async () => {
  for (const transport of transports()) {
    const reads = new ProfileReads({ ...SCHEMA, table: 'other' }, transport, {});
    await expect(reads.get(1, 'a')).rejects.toMatchObject({
      name: 'DynamoDbError',
      code: 'ResourceNotFoundException',
      fault: 'missing',
    });
    await expect(reads.get(1, 'a', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'aborted',
    });
    await reads.close();
  }
});
