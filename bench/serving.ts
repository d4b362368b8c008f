import { cpus } from 'node:os';
import { Registry } from 'prom-client';
import type { Bench, BenchOutcome, BenchRun } from '../src/cli/bench-contract.ts';
import { createApi, listenApi } from '../src/serving/api.ts';
import { ProfileStore } from '../src/serving/profile-store.ts';
import { SYSTEM_CLOCK } from '../src/platform/clock.ts';
import { connectDynamoDb } from '../src/dynamodb/connect.ts';
import type { AttributeMap } from '../src/dynamodb/wire.ts';
import { startLocalDynamoDb } from '../src/embedded-dynamodb/start.ts';
import { httpLoad, type HttpLoadResult } from './support/http-load.ts';
import { GENRES, itemsOf } from './support/profile-items.ts';

/**
 * Latency of `freshet serve` as a client sees it: a worker thread sends HTTP requests over the loopback interface. The
 * items have the shape that pipelines/viewer-engagement writes. They are in an embedded DynamoDB on the server's
 * thread, so that its time is included; the latency of /healthz shows what HTTP alone takes.
 */
export const bench: Bench = {
  summary: 'latency of the HTTP API per endpoint (p50, p95, p99), over an embedded DynamoDB',
  settings: {
    viewers: '2000: number of viewers in the table; requests go through them in turn',
    requests: '5000: number of requests per endpoint and number of connections',
    connections: '1,8: numbers of concurrent requests, each measured separately',
  },
  run,
};

const TABLE = 'viewer_profiles';
const FIRST_VIEWER = 8_000_001;

async function run({ settings, progress }: BenchRun): Promise<BenchOutcome> {
  const viewers = Number(settings.get('viewers') ?? 2000);
  const requests = Number(settings.get('requests') ?? 5000);
  const connections = (settings.get('connections') ?? '1,8').split(',').map(Number);
  const local = await startLocalDynamoDb();
  const keys = { region: 'us-east-1', accessKeyId: 'local', secretAccessKey: 'local' };
  const client = await connectDynamoDb({ endpoint: local.endpoint, ...keys }, { env: {} });
  const store = new ProfileStore(client, { table: TABLE, clock: SYSTEM_CLOCK });
  const app = await createApi({ store, clock: SYSTEM_CLOCK, registry: new Registry() });
  try {
    await client.createTable(TABLE, [
      { name: 'viewer_id', type: 'N' },
      { name: 'sk', type: 'S' },
    ]);
    while ((await client.describeTable(TABLE))?.TableStatus !== 'ACTIVE');
    progress(`writing the items of ${viewers} viewers`);
    await write([trendingItem()]);
    for (let v = 0; v < viewers; v += 5) {
      const some = Math.min(5, viewers - v);
      await write(Array.from({ length: some }, (_, i) => itemsOf(FIRST_VIEWER + v + i)).flat());
    }
    const url = await listenApi(app);
    const measured: ReturnType<typeof summary>[] = [];
    for (const [name, pathOf] of ENDPOINTS) {
      const paths = Array.from({ length: viewers }, (_, v) => pathOf(FIRST_VIEWER + v));
      await httpLoad({ url, paths, requests: Math.min(1000, requests), connections: 4 }); // warm up
      for (const each of connections) {
        progress(`${name}, ${each} at a time`);
        measured.push(summary(name, each, await httpLoad({ url, paths, requests, connections: each })));
      }
    }
    const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, node ${process.version}`;
    return {
      result: { bench: 'serving', machine, viewers, requests, endpoints: measured },
      text: [
        `${machine}; ${viewers} viewers, ${requests} requests each`,
        '',
        `${'endpoint'.padEnd(30)} at a time   p50 ms   p95 ms   p99 ms   requests/s`,
        ...measured.map(
          (m) =>
            `${m.endpoint.padEnd(30)} ${String(m.connections).padStart(9)}` +
            [m.p50_ms, m.p95_ms, m.p99_ms].map((x) => x.toFixed(2).padStart(9)).join('') +
            String(m.requests_per_s).padStart(13) +
            (m.wrong === 0 ? '' : `  ${m.wrong} wrong answers`),
        ),
      ],
      valid: measured.every(({ wrong }) => wrong === 0),
    };
  } finally {
    await app.close();
    await client.close();
    await local.close();
  }

  async function write(items: readonly AttributeMap[]): Promise<void> {
    const requestItems = { [TABLE]: items.map((Item) => ({ PutRequest: { Item } })) };
    await client.batchWriteItem(JSON.stringify({ RequestItems: requestItems }));
  }
}

const ENDPOINTS: readonly (readonly [string, (viewer: number) => string])[] = [
  ['/healthz', () => '/healthz'],
  ['profile, one domain (GetItem)', (viewer) => `/v1/viewers/${viewer}/profile?domains=watch`],
  ['profile, all domains (Query)', (viewer) => `/v1/viewers/${viewer}/profile`],
  ['recommendations', (viewer) => `/v1/viewers/${viewer}/recommendations`],
];

function summary(endpoint: string, connections: number, load: HttpLoadResult) {
  const sorted = load.latencies_ms.toSorted();
  const at = (part: number): number =>
    Number(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!.toFixed(3));
  return {
    endpoint,
    connections,
    p50_ms: at(0.5),
    p95_ms: at(0.95),
    p99_ms: at(0.99),
    max_ms: at(1),
    requests_per_s: Math.round(sorted.length / load.seconds),
    wrong: load.wrong,
  };
}

function trendingItem(): AttributeMap {
  const titles = Array.from({ length: 50 }, (_, i) => ({ S: `title-${i * 91}` }));
  const genres = titles.map((_, i) => ({ S: GENRES[i % GENRES.length]! }));
  return {
    viewer_id: { N: '0' },
    sk: { S: 'catalogue#trending' },
    titles: { L: titles },
    genres: { L: genres },
  };
}
