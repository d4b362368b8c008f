import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { cpus } from 'node:os';
import type { Bench, BenchOutcome, BenchRun } from '../src/cli/bench-contract.ts';
import type { HedgeOptions } from '../src/client/options.ts';
import { createProfileClient, type ProfileClient } from '../src/client/profile-client.ts';
import type { DomainSchema, ProfileSchema } from '../src/client/schema.ts';
import { signedTransport } from '../src/client/signed-transport.ts';
import { connectDynamoDb } from '../src/dynamodb/connect.ts';
import type { AttributeMap } from '../src/dynamodb/wire.ts';
import { startDynamoDbLocal } from '../test/external/dynamodb-local-server.ts';
import { itemsOf } from './support/profile-items.ts';
import { startSlowDynamoDb, type Latency } from './support/slow-dynamodb.ts';
import { stopwatch } from './support/stopwatch.ts';

/**
 * The profile client beside the AWS SDK's document client, both in this process and over the same server, in blocks
 * that take turns. Both read the same items by the same operations, and make plain values of them.
 */
export const bench: Bench = {
  summary:
    "latency and CPU of the profile client beside the AWS SDK's document client, and of second requests",
  settings: {
    viewers: '500: number of viewers with five domains each',
    requests: '2000: number of reads per figure and client',
    concurrency: '1,16: numbers of reads at the same time, each measured separately',
    local: 'true: whether DynamoDB Local is measured too, which needs Java 17',
  },
  run,
};

const TABLE = 'viewer_profiles';
const FIRST_VIEWER = 8_000_001;
const NAMES = ['watch', 'session', 'interactions', 'preferences', 'history'] as const;
const NETWORK: Latency = { min_ms: 3, max_ms: 10, slowShare: 0, slow_ms: 0 };
const SLOW_TAIL: Latency = { ...NETWORK, slowShare: 0.03, slow_ms: 150 };
const KEYS = { region: 'us-east-1', accessKeyId: 'local', secretAccessKey: 'local' };
/** Reads of one client before it is the other one's turn. */
const BLOCK = 100;

type Name = (typeof NAMES)[number];
type Reads = (viewer: number, domains: readonly Name[]) => Promise<number>;
type Profiles = ProfileClient<{
  domains: Record<Name, Readonly<Record<string, unknown>>>;
  days: object;
  windows: object;
  viewer: number;
}>;

interface Figures {
  readonly server: string;
  readonly domains: number;
  readonly concurrency: number;
  readonly client: string;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly cpu_us: number;
}

async function run({ settings, progress }: BenchRun): Promise<BenchOutcome> {
  const viewers = Number(settings.get('viewers') ?? 500);
  const requests = Number(settings.get('requests') ?? 2000);
  const concurrency = (settings.get('concurrency') ?? '1,16').split(',').map(Number);
  const items = Array.from({ length: viewers }, (_, v) => itemsOf(FIRST_VIEWER + v)).flat();
  const figures: Figures[] = [];
  const plan = { viewers, requests, concurrency, progress };
  if (settings.get('local') !== 'false') {
    progress('starting DynamoDB Local');
    const local = await startDynamoDbLocal();
    await fill(local.endpoint, items);
    figures.push(...(await compared('DynamoDB Local', local.endpoint, plan)));
    await local.close();
  }
  const slow = await startSlowDynamoDb(items, NETWORK);
  figures.push(...(await compared('3 to 10 ms', slow.endpoint, plan)));
  slow.setLatency(SLOW_TAIL);
  const hedges = await hedging(slow.endpoint, plan);
  await slow.close();
  const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, node ${process.version}`;
  return {
    result: { bench: 'client', machine, viewers, requests, figures, hedges },
    text: [
      `${machine}; ${requests} reads per figure`,
      '',
      'server           domains  at a time  client            p50 ms   p99 ms   CPU us per read',
      ...figures.map(
        (f) =>
          `${f.server.padEnd(17)}${String(f.domains).padStart(7)}${String(f.concurrency).padStart(11)}  ` +
          `${f.client.padEnd(16)}${ms(f.p50_ms)}${ms(f.p99_ms)}${String(f.cpu_us).padStart(18)}`,
      ),
      '',
      '3% of requests take 150 ms; one domain, 4 at a time',
      ...hedges.map(
        (h) =>
          `second request ${h.hedge.padEnd(12)}${ms(h.p50_ms)}${ms(h.p99_ms)}  ${h.second} of ${requests} sent`,
      ),
    ],
    valid: true,
  };
}

interface Plan {
  readonly viewers: number;
  readonly requests: number;
  readonly concurrency: readonly number[];
  progress(line: string): void;
}

function ms(value: number): string {
  return value.toFixed(2).padStart(9);
}

async function fill(endpoint: string, items: readonly AttributeMap[]): Promise<void> {
  const client = await connectDynamoDb({ endpoint, ...KEYS }, { env: {} });
  await client.createTable(TABLE, [
    { name: 'viewer_id', type: 'N' },
    { name: 'sk', type: 'S' },
  ]);
  while ((await client.describeTable(TABLE))?.TableStatus !== 'ACTIVE');
  for (let i = 0; i < items.length; i += 25) {
    const some = items.slice(i, i + 25).map((Item) => ({ PutRequest: { Item } }));
    await client.batchWriteItem(JSON.stringify({ RequestItems: { [TABLE]: some } }));
  }
  await client.close();
}

const domainOf = (name: Name): DomainSchema => ({
  layout: 'domain',
  sortKey: `engagement#${name}`,
  tag: name,
  columns: [],
});
const SCHEMA: ProfileSchema = {
  table: TABLE,
  key: { partition: { name: 'viewer_id', type: 'N' }, sort: 'sk' },
  domains: Object.fromEntries(NAMES.map((name) => [name, domainOf(name)])),
};

function profilesAt(endpoint: string, hedge?: HedgeOptions): Profiles {
  return createProfileClient(SCHEMA, signedTransport({ endpoint, ...KEYS, env: {} }), { hedge });
}

/** Returns a function that reads domains of a viewer and resolves to the number of their attributes. */
function oursAt(profiles: Profiles): Reads {
  return async (viewer, domains) => {
    if (domains.length === 1) return countOf(await profiles.get(viewer, domains[0]!));
    const all = await profiles.getMany(viewer, domains);
    return domains.reduce((sum, name) => sum + countOf(all[name]), 0);
  };
}

function countOf(result: { readonly status: string; readonly metrics?: object }): number {
  return result.metrics === undefined ? 0 : Object.keys(result.metrics).length;
}

/** The same reads as the document client's documentation has them; key and bookkeeping are taken off the count. */
function documentsAt(documents: DynamoDBDocumentClient): Reads {
  const OTHERS = 4;
  const count = (item: object | undefined): number => Object.keys(item ?? {}).length - OTHERS;
  return async (viewer, domains) => {
    if (domains.length > 2) {
      const { Items = [] } = await documents.send(
        new QueryCommand({
          TableName: TABLE,
          KeyConditionExpression: 'viewer_id = :p AND begins_with(sk, :sk)',
          ExpressionAttributeValues: { ':p': viewer, ':sk': 'engagement#' },
        }),
      );
      return Items.reduce((sum: number, item) => sum + count(item), 0);
    }
    const found = await Promise.all(
      domains.map((name) =>
        documents.send(
          new GetCommand({ TableName: TABLE, Key: { viewer_id: viewer, sk: `engagement#${name}` } }),
        ),
      ),
    );
    return found.reduce((sum, { Item }) => sum + count(Item), 0);
  };
}

/** Measures both clients over one server, for one, two and all domains. Throws if they read different things. */
async function compared(server: string, endpoint: string, plan: Plan): Promise<Figures[]> {
  const profiles = profilesAt(endpoint);
  const sdk = new DynamoDBClient({ endpoint, region: KEYS.region, credentials: KEYS });
  const clients: readonly (readonly [string, Reads])[] = [
    ['freshet-sql', oursAt(profiles)],
    ['document client', documentsAt(DynamoDBDocumentClient.from(sdk))],
  ];
  const figures: Figures[] = [];
  for (const domains of [NAMES.slice(0, 1), NAMES.slice(0, 2), NAMES]) {
    for (const [, read] of clients) await measure(read, domains, 8, plan, 0, Math.min(1000, plan.requests)); // warm up
    for (const concurrency of plan.concurrency) {
      plan.progress(`${server}: ${domains.length} domains, ${concurrency} at a time`);
      const all = clients.map(([client]) => ({ client, times_ms: [] as number[], cpu_s: 0, attributes: 0 }));
      for (let at = 0; at < plan.requests; at += BLOCK) {
        for (const [i, [, read]] of clients.entries()) {
          const own = all[i]!;
          const stop = stopwatch();
          const block = await measure(
            read,
            domains,
            concurrency,
            plan,
            at,
            Math.min(BLOCK, plan.requests - at),
          );
          own.cpu_s += stop().cpu_seconds;
          own.times_ms.push(...block.times_ms);
          own.attributes += block.attributes;
        }
      }
      if (new Set(all.map(({ attributes }) => attributes)).size > 1)
        throw new Error(
          `the clients read different things: ${JSON.stringify(all.map((each) => each.attributes))}`,
        );
      for (const { client, times_ms, cpu_s } of all) {
        const cpu_us = Math.round((cpu_s * 1e6) / plan.requests);
        figures.push({
          server,
          domains: domains.length,
          concurrency,
          client,
          ...percentiles(times_ms),
          cpu_us,
        });
      }
    }
  }
  await profiles.close();
  sdk.destroy();
  return figures;
}

async function measure(
  read: Reads,
  domains: readonly Name[],
  concurrency: number,
  { viewers }: Plan,
  from: number,
  requests: number,
): Promise<{ readonly times_ms: readonly number[]; readonly attributes: number }> {
  const times_ms: number[] = [];
  let attributes = 0;
  let next = from;
  const lane = async (): Promise<void> => {
    while (next < from + requests) {
      const viewer = FIRST_VIEWER + (next++ % viewers);
      const started = performance.now();
      const count = await read(viewer, domains);
      times_ms.push(performance.now() - started);
      attributes += count;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  return { times_ms, attributes };
}

function percentiles(times_ms: readonly number[]): { readonly p50_ms: number; readonly p99_ms: number } {
  const sorted = times_ms.toSorted((a, b) => a - b);
  const at = (part: number): number => Number(sorted[Math.floor(part * (sorted.length - 1))]!.toFixed(3));
  return { p50_ms: at(0.5), p99_ms: at(0.99) };
}

/** Measures reads over a server with a slow tail: without a second request, after p95, and after 15 ms. */
async function hedging(endpoint: string, plan: Plan) {
  const ways: readonly (readonly [string, HedgeOptions | undefined])[] = [
    ['never', undefined],
    ['after p95', { after: 'p95' }],
    ['after 15 ms', { after: 15 }],
  ];
  const all = ways.map(([hedge, options]) => ({
    hedge,
    profiles: profilesAt(endpoint, options),
    times_ms: [] as number[],
  }));
  plan.progress('second requests');
  for (let at = 0; at < plan.requests; at += BLOCK) {
    for (const { profiles, times_ms } of all) {
      const requests = Math.min(BLOCK, plan.requests - at);
      times_ms.push(...(await measure(oursAt(profiles), ['watch'], 4, plan, at, requests)).times_ms);
    }
  }
  const figures = all.map(({ hedge, profiles, times_ms }) => ({
    hedge,
    ...percentiles(times_ms),
    second: profiles.counters().hedges,
  }));
  for (const { profiles } of all) await profiles.close();
  return figures;
}
