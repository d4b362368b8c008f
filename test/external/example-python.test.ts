import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { DynamoDbClient } from '../../src/dynamodb/client.ts';
import type { AttributeMap } from '../../src/dynamodb/wire.ts';
import { cli } from '../cli/support/run-cli.ts';
import { ROOT } from '../house/files.ts';
import { clientFor } from '../sinks/support/sinks.ts';
import { startDynamoDbLocal } from './dynamodb-local-server.ts';
import { startDev, type DevServer } from './support/dev-server.ts';

// examples/python/profiles.py reads the shop's items through boto3, as another team's service would. Real sinks write
// them to DynamoDB Local, once in each layout; the answers are compared with those of the HTTP API.

const LAYOUTS = ['domain', 'wide', 'metric', 'packed'] as const;
type Layout = (typeof LAYOUTS)[number];
const SLOW = { timeout: 240_000, interval: 100 };
const DAY_MS = 86_400_000;
/** More digits than a double has. */
const EXACT = '1234567890123456789.1234567';
/** The shop's domains; a packed item has no lists, so browsing stays in layout `domain`. */
const DOMAINS = ['orders', 'browsing', 'returns'];

let folder: string;
let local: Awaited<ReturnType<typeof startDynamoDbLocal>>;
let client: DynamoDbClient;
const servers = new Map<Layout, DevServer>();

const tableOf = (layout: Layout): string => `customers_${layout}`;
const credentials = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'us-east-1' };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'freshet-python-'));
  execFileSync('python3', ['-m', 'venv', join(folder, 'venv')]);
  const requirements = join(ROOT, 'examples/python/requirements.txt');
  execFileSync(join(folder, 'venv/bin/pip'), ['install', '--quiet', '--requirement', requirements]);
  local = await startDynamoDbLocal();
  client = clientFor(local.endpoint);
  for (const layout of LAYOUTS) {
    const shop = join(folder, layout);
    cpSync(join(ROOT, 'examples/shop'), shop, { recursive: true });
    switchLayout(join(shop, '90_sinks.sql'), layout);
    const env = {
      ...credentials,
      AWS_ENDPOINT_URL_DYNAMODB: local.endpoint,
      PROFILES_TABLE: tableOf(layout),
    };
    servers.set(layout, await startDev([], env, shop));
    await post(layout);
  }
  for (const layout of LAYOUTS) await vi.waitFor(() => expectWritten(layout), SLOW);
});
afterAll(async () => {
  for (const server of servers.values()) await server.stop();
  await client?.close();
  await local?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Sets one option in each sink that can have the layout, and changes nothing else. */
function switchLayout(file: string, layout: Layout): void {
  const sinks = readFileSync(file, 'utf8').split('CREATE SINK');
  const changed = sinks.map((sink) =>
    layout === 'packed' && sink.startsWith(' browsing_sink')
      ? sink
      : sink.replace('freshet.sort_key', `freshet.layout = '${layout}',\n    freshet.sort_key`),
  );
  writeFileSync(file, [...changed, ...(layout === 'domain' ? [DAYS] : [])].join('CREATE SINK'));
}

/** A sink with an item per customer and day. */
const DAYS = ` order_days FROM orders_by_day WITH (
    connector = 'dynamodb', table = 'customer_days', primary_key = 'customer_id, day', freshet.layout = 'daily'
);
`;

/** Posts the same events to the pipeline of each layout. */
async function post(layout: Layout): Promise<void> {
  const at = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString();
  const events = {
    orders: [
      { order_id: 'a', customer_id: 'c/ü 1', amount: EXACT, ordered_at: at(0) },
      { order_id: 'b', customer_id: 'c/ü 1', amount: '0.0000002', ordered_at: at(3) },
      { order_id: 'c', customer_id: 'c/ü 1', amount: '-12.5', ordered_at: at(10) },
      { order_id: 'd', customer_id: 'c/ü 1', amount: 7, ordered_at: at(27) },
      { order_id: 'e', customer_id: 'c/ü 1', amount: 1000, ordered_at: at(28) },
      { order_id: 'f', customer_id: 'gone', amount: 1000, ordered_at: at(40) },
    ],
    page_views: [
      { customer_id: 'c/ü 1', product_id: 'p', category: 'hats', viewed_at: at(0) },
      { customer_id: 'c/ü 1', product_id: 'q', category: 'hats', viewed_at: at(0) },
      { customer_id: 'c/ü 1', product_id: 'q', category: 'shoes', viewed_at: at(2) },
    ],
  };
  for (const [source, body] of Object.entries(events)) {
    const url = `${servers.get(layout)!.url}/v1/sources/${source}/events`;
    const headers = { 'content-type': 'application/json' };
    const { status } = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(status).toBe(202);
  }
}

/** Throws until the items of both customers are in the table. */
async function expectWritten(layout: Layout): Promise<void> {
  const [one, two] = [await answerOf(layout, 'c/ü 1'), await answerOf(layout, 'gone')];
  const present = [one?.['orders'], one?.['browsing'], two?.['orders']].filter((each) => each !== undefined);
  if (present.length < 3) throw new Error(`the items of layout ${layout} are not written yet`);
}

/** Returns the metrics of each domain that is present, as the HTTP API gives them; undefined without a profile. */
async function answerOf(layout: Layout, customer: string): Promise<Record<string, unknown> | undefined> {
  const response = await fetch(
    `${servers.get(layout)!.url}/v1/viewers/${encodeURIComponent(customer)}/profile`,
  );
  if (!response.ok) return undefined;
  const { domains } = (await response.json()) as { domains: Record<string, { attributes?: unknown }> };
  const present = Object.entries(domains).filter(([, { attributes }]) => attributes !== undefined);
  return Object.fromEntries(present.map(([name, { attributes }]) => [name, attributes]));
}

interface Domain {
  readonly status: string;
  readonly metrics?: Readonly<Record<string, unknown>>;
  readonly version: string | null;
  readonly age_ms: string | null;
}

/** Runs the script, and returns what it prints. */
async function python(layout: Layout, ...args: readonly string[]): Promise<Record<string, Domain>> {
  const options = ['--endpoint', local.endpoint, '--table', tableOf(layout), '--layout', layout];
  const script = join(ROOT, 'examples/python/profiles.py');
  const { stdout } = await promisify(execFile)(
    join(folder, 'venv/bin/python'),
    ['-B', script, ...options, ...args],
    {
      env: { PATH: process.env['PATH'], ...credentials },
    },
  );
  return JSON.parse(stdout) as Record<string, Domain>;
}

/** The script prints numbers as their digits. */
function withTexts(value: unknown): unknown {
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.map(withTexts);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withTexts(each)]));
}

const metricsOf = (domains: Record<string, Domain>): unknown =>
  Object.fromEntries(
    Object.entries(domains).flatMap(([name, { metrics }]) =>
      metrics === undefined ? [] : [[name, metrics]],
    ),
  );
const statusesOf = (domains: Record<string, Domain>): readonly string[] =>
  DOMAINS.map((name) => domains[name]?.status ?? 'not asked');

describe.each(LAYOUTS)('layout %s', (layout) => {
  it('gives the metrics of the HTTP API, with every digit', async () => {
    const found = await python(layout, 'c/ü 1');
    const answer = await answerOf(layout, 'c/ü 1');
    expect(metricsOf(found)).toEqual(withTexts(answer));
    expect(answer).toEqual(await answerOf('domain', 'c/ü 1')); // whichever the layout
    expect(found['orders']!.metrics).toMatchObject({ orders_7d: '2', orders_28d: '4' });
    expect(found['orders']!.metrics!['spent_7d']).toBe('1234567890123456789.1234569');
    expect(found['orders']!.metrics!['spent_28d']).toBe('1234567890123456783.6234569');
    expect(found['browsing']!.metrics).toMatchObject({
      top_categories: ['hats', 'shoes'],
      views_by_category: { hats: '2', shoes: '1' },
    });
    expect(statusesOf(found)).toEqual(['present', 'present', 'absent']);
  });

  it('reads one domain', async () => {
    const one = await python(layout, 'c/ü 1', 'orders');
    expect(Object.keys(one)).toEqual(['orders']);
    expect(one['orders']!.metrics).toEqual((await python(layout, 'c/ü 1'))['orders']!.metrics);
    expect(Number(one['orders']!.version)).toBeGreaterThan(0);
  });

  it('tells zero, absent and stale apart', async () => {
    expect(statusesOf(await python(layout, 'gone'))).toEqual(['zero', 'absent', 'absent']);
    expect(statusesOf(await python(layout, 'nobody'))).toEqual(['absent', 'absent', 'absent']);
    const in_an_hour_ms = String(Date.now() + 3_600_000);
    const old = await python(layout, 'c/ü 1', '--max-age-ms', '60000', '--now-ms', in_an_hour_ms);
    expect(statusesOf(old)).toEqual(['stale', 'stale', 'absent']);
  });
});

/** Puts an item as another program does. */
async function put(item: AttributeMap): Promise<void> {
  await client.batchWriteItem(
    JSON.stringify({ RequestItems: { [tableOf('domain')]: [{ PutRequest: { Item: item } }] } }),
  );
}

describe('layout daily', () => {
  const day = (ago: number): string => new Date(Date.now() - ago * DAY_MS).toISOString().slice(0, 10);
  /** Returns the days of the last 60 that the script finds, as of `later` days from now. */
  const daysOf = async (customer: string, later = 0) => {
    const now_ms = String(Date.now() + later * DAY_MS);
    const given = ['order_days', '--days', day(60), day(0), '--table', 'customer_days', '--now-ms', now_ms];
    const { order_days } = (await python('domain', customer, ...given)) as unknown as {
      readonly order_days: Record<string, Domain>;
    };
    return Object.fromEntries(Object.entries(order_days).map(([name, { metrics }]) => [name, metrics]));
  };
  const one = (amount: string) => ({ orders: '1', amount });

  it('gives the days in a range that have a row', async () => {
    expect(await daysOf('c/ü 1')).toEqual({
      [day(28)]: one('1000'),
      [day(27)]: one('7'),
      [day(10)]: one('-12.5'),
      [day(3)]: one('0.0000002'),
      [day(0)]: one(EXACT),
    });
  });

  it('leaves out days that have expired, 35 days after their end', async () => {
    expect(await daysOf('gone')).toEqual({});
    expect(Object.keys(await daysOf('c/ü 1', 10))).toEqual([day(10), day(3), day(0)]);
    expect(Object.keys(await daysOf('c/ü 1', 35))).toEqual([day(0)]);
    expect(await daysOf('c/ü 1', 36)).toEqual({});
  });
});

it('packed: the windows move with the day of the read, and nobody writes', async () => {
  const on = async (days: number) => {
    const now_ms = String(Date.now() + days * DAY_MS);
    const { metrics } = (await python('packed', 'c/ü 1', 'orders', '--now-ms', now_ms))['orders']!;
    return [metrics!['orders_7d'], metrics!['orders_28d'], metrics!['spent_28d']];
  };
  expect(await on(1)).toEqual(['2', '3', '1234567890123456776.6234569']);
  expect(await on(4)).toEqual(['1', '3', '1234567890123456776.6234569']);
  expect(await on(18)).toEqual(['0', '2', '1234567890123456789.1234569']);
  expect(await on(28)).toEqual(['0', '0', '0']);
});

it('packed: the script has the ids of the series that the generated client has', async () => {
  const { stdout } = await cli(['types', join(folder, 'packed'), '--client']);
  const script = readFileSync(join(ROOT, 'examples/python/profiles.py'), 'utf8');
  const ids = [...stdout.matchAll(/"id":(\d+)/g)].map(([, id]) => id!);
  expect(ids).toHaveLength(4);
  for (const id of ids) expect(script).toContain(`(${id}, 28)`);
});

it('packed: a metric whose series another version of the SQL wrote is left out', async () => {
  const key = { customer_id: { S: 'other' }, sk: { S: 'profile#orders' } };
  // No days, one group without series.
  const bytes = Buffer.from([1, 29, 0, 1, 0, 1]);
  await put({
    ...key,
    _b: { B: bytes.toString('base64') },
    last_ordered_on: { S: '2026-03-01' },
    _v: { N: '1' },
  });
  const { orders } = await python('domain', 'other', 'orders');
  expect(Object.keys(orders!.metrics!)).toEqual(['last_ordered_on']);
});

it('an item whose time to live is over is expired, though it is still there', async () => {
  const key = { customer_id: { S: 'late' }, sk: { S: 'profile#orders' } };
  await put({ ...key, orders_7d: { N: '1' }, expires_at: { N: String(Math.floor(Date.now() / 1000) - 1) } });
  expect(statusesOf(await python('domain', 'late'))).toEqual(['expired', 'absent', 'absent']);
});

it('reads what RisingWave wrote: JSONB as text, and no version', async () => {
  await put({
    customer_id: { S: 'theirs' },
    sk: { S: 'profile#browsing' },
    products_1d: { N: '1' },
    products_7d: { N: '1' },
    top_categories: { L: [{ S: 'hats' }] },
    views_by_category: { S: '{"hats": 2.50}' },
  });
  const { browsing } = await python('domain', 'theirs', 'browsing');
  expect(browsing).toEqual({
    status: 'present',
    version: null,
    age_ms: null,
    metrics: {
      products_1d: '1',
      products_7d: '1',
      top_categories: ['hats'],
      views_by_category: { hats: '2.5' },
    },
  });
});

it('runs on nothing but what its requirements name', () => {
  const sources = readdirSync(join(ROOT, 'examples/python')).filter((name) => name.endsWith('.py'));
  const imported = sources.flatMap((name) => {
    const text = readFileSync(join(ROOT, 'examples/python', name), 'utf8');
    return Array.from(text.matchAll(/^(?:import|from) (\w+)/gm), ([, module]) => module!);
  });
  const own = ['packed', 'argparse', 'datetime', 'decimal', 'json', 'time'];
  expect([...new Set(imported)].filter((module) => !own.includes(module))).toEqual(['boto3']);
});
