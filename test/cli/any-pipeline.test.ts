import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createProfileClient } from '../../src/client/profile-client.ts';
import { signedTransport } from '../../src/client/signed-transport.ts';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { profileLayout, profileSchema } from '../../src/pipeline/profile-domains.ts';
import { startCli, type RunningCli } from './support/run-cli.ts';

// Pipelines that have nothing in common with the shipped one. The API says viewers in its paths and in the names of its
// members, which are a contract; all words that a person reads are the pipeline's own.

let folder: string;
let running: RunningCli;
let url: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'freshet-any-'));
});
afterEach(async () => {
  running.interrupt();
  await running.ended;
  rmSync(folder, { recursive: true, force: true });
});

async function serve(sql: string): Promise<void> {
  writeFileSync(join(folder, 'a.sql'), sql);
  running = startCli(['dev', folder, '--state', join(folder, 'state')]);
  url = (await running.prints(/page +(\S+)\//))[1]!;
}

async function get(
  path: string,
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const response = await fetch(url + path);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function post(path: string, body: string): Promise<Record<string, unknown>> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  return (await response.json()) as Record<string, unknown>;
}

const SOON = { timeout: 120_000, interval: 25 };

/** Reads domains by the client that `freshet types --client` writes for the pipeline, as plain objects. */
async function readByClient(key: string, ...domains: readonly string[]): Promise<unknown> {
  const { pipeline } = await loadPipeline(folder, { env: {} });
  const schema = profileSchema(profileLayout(pipeline!)!);
  const [, endpoint] = await running.prints(/dynamodb +(\S+) \(embedded\)/);
  const client = createProfileClient<AnyProfiles>(schema, signedTransport({ endpoint, env: {} }));
  const found = await client.getMany(key, domains);
  await client.close();
  return Object.fromEntries(
    Object.entries(found).map(([name, each]) => [name, 'metrics' in each ? each.metrics : each.status]),
  );
}
interface AnyProfiles {
  readonly domains: Readonly<Record<string, unknown>>;
  readonly days: object;
  readonly windows: object;
  readonly viewer: string;
}

/** Returns the attributes of each domain of a profile; undefined while there is none. */
async function attributesOf(key: string): Promise<Record<string, unknown> | undefined> {
  const { status, body } = await get(`/v1/viewers/${encodeURIComponent(key)}/profile`);
  if (status !== 200) return undefined;
  const domains = Object.entries(body['domains'] as Record<string, { readonly attributes?: object }>);
  return Object.fromEntries(domains.map(([name, { attributes }]) => [name, attributes]));
}

interface OpenApi {
  readonly info: { readonly description: string };
  readonly paths: Readonly<
    Record<string, Record<string, { readonly parameters: readonly { name: string; example?: string }[] }>>
  >;
}
/** Returns the paths of the OpenAPI document, and the examples of their parameters by name. */
async function openApi() {
  const { body } = await get('/openapi.json');
  const { info, paths } = body as unknown as OpenApi;
  const parameters = Object.values(paths).flatMap((methods) =>
    Object.values(methods).flatMap((m) => m.parameters),
  );
  const examples = parameters.filter(({ example }) => example !== undefined);
  return {
    about: info.description,
    paths: Object.keys(paths),
    examples: Object.fromEntries(examples.map(({ name, example }) => [name, example])),
    text: JSON.stringify(body),
  };
}

const PARCELS = `
  CREATE TABLE scans (id BIGINT, at TIMESTAMPTZ);
  CREATE MATERIALIZED VIEW parcel AS SELECT id, 'latest' AS part, COUNT(*) AS scans FROM scans GROUP BY id;
  CREATE SINK out FROM parcel WITH (connector = 'dynamodb', table = 'parcels', primary_key = 'id, part');`;

const DEVICES = `
  CREATE TABLE readings (device VARCHAR, sensor VARCHAR, value DECIMAL);
  CREATE MATERIALIZED VIEW totals AS SELECT device, COUNT(*) AS readings FROM readings GROUP BY device;
  CREATE MATERIALIZED VIEW highest AS SELECT device, MAX(value) AS highest FROM readings GROUP BY device;
  CREATE MATERIALIZED VIEW sensors AS
    SELECT device, sensor, COUNT(*) AS readings FROM readings GROUP BY device, sensor;
  CREATE SINK totals_out FROM totals
    WITH (connector = 'dynamodb', table = 'devices', primary_key = 'device', freshet.sort_key = 'totals');
  CREATE SINK highest_out FROM highest
    WITH (connector = 'dynamodb', table = 'devices', primary_key = 'device', freshet.sort_key = 'highest');
  CREATE SINK sensors_out FROM sensors
    WITH (connector = 'dynamodb', table = 'sensors', primary_key = 'device, sensor');`;

describe('a key column called id, numbers above 2^53, one domain whose sort key has no #', () => {
  beforeEach(() => serve(PARCELS));

  it('serves each number under its own digits', async () => {
    await post(
      '/v1/sources/scans/events',
      '[{"id":9007199254740993},{"id":9007199254740993},{"id":9007199254740992}]',
    );
    await expect.poll(() => attributesOf('9007199254740993'), SOON).toEqual({ latest: { scans: 2 } });
    await expect.poll(() => attributesOf('9007199254740992'), SOON).toEqual({ latest: { scans: 1 } });
    expect(await readByClient('9007199254740993', 'latest')).toEqual({ latest: { scans: 2 } });
    await expect(readByClient('nine', 'latest')).rejects.toThrow('"nine" is no id: it must be a number');
  });

  it('names the key and the domain in errors', async () => {
    expect(await get('/v1/viewers/9/profile')).toMatchObject({
      status: 404,
      body: { detail: 'there is no profile with id 9' },
    });
    expect(await get('/v1/viewers/nine/profile')).toMatchObject({
      status: 400,
      body: { title: 'Invalid id', detail: 'id must be a number of up to 38 digits, such as 8821043' },
    });
    expect(await get('/v1/viewers/9/profile?domains=watch')).toMatchObject({
      status: 400,
      body: { domains: ['latest'] },
    });
  });

  it("has OpenAPI examples of the key's type, and its own domains and sources", async () => {
    const { paths, examples, about, text } = await openApi();
    expect(about).toMatch(/: profiles by id, ingest of events\.$/);
    expect(paths).toEqual(['/v1/viewers/{id}/profile', '/v1/sources/{source}/events', '/v1/dead-letters']);
    expect(examples).toEqual({ id: '8821043', domains: 'latest', source: 'scans' });
    expect(text.replaceAll(/\/v1\/viewers\/|viewer_id/g, '')).not.toMatch(/viewer|watch|recommend|title_/i);
  });
});

describe('text keys, two tables, one of them with a composite key', () => {
  beforeEach(() => serve(DEVICES));

  it.each(['haus/küche 🙂?#%', ' 6f1a1e02-33aa/9 ', '0', 'a+b&c=d'])('serves the key %j', async (device) => {
    await post('/v1/sources/readings/events', JSON.stringify([{ device, sensor: 's', value: '1.50' }]));
    await expect
      .poll(() => attributesOf(device), SOON)
      .toEqual({ totals: { readings: 1 }, highest: { highest: 1.5 } });
    expect((await get('/v1/status')).body).toMatchObject({ profile_key: 'device', example_viewer: device });
    expect(await readByClient(device, 'highest')).toEqual({ highest: { highest: 1.5 } });
  });

  it("has OpenAPI examples of the key's type, and its own domains and sources", async () => {
    const { examples, about } = await openApi();
    expect(about).toMatch(/: profiles by device, ingest of events\.$/);
    expect(examples).toEqual({ id: 'device-1', domains: 'totals,highest', source: 'readings' });
  });

  it("offers no recommendations, and still ranks a caller's candidates", async () => {
    expect(await get('/v1/viewers/d1/recommendations')).toMatchObject({
      status: 404,
      body: { type: 'urn:freshet:problem:no-recommendations' },
    });
    const candidates = [
      { content_id: 'a', popularity: 0.1 },
      { content_id: 'b', popularity: 0.2 },
    ];
    const ranked = await post('/v1/viewers/d1/recommendations', JSON.stringify({ candidates }));
    expect(ranked).toMatchObject({ items: [{ content_id: 'b' }, { content_id: 'a' }] });
    expect((await get('/v1/status')).body).toMatchObject({ recommends: false, demo: false });
  });
});

describe('a table without a sort key', () => {
  it('holds one domain, which has the name of its sink', async () => {
    await serve(`
      CREATE TABLE pings (host VARCHAR, ms INT);
      CREATE MATERIALIZED VIEW hosts AS SELECT host, COUNT(*) AS pings, MAX(ms) AS slowest_ms FROM pings GROUP BY host;
      CREATE SINK totals FROM hosts WITH (connector = 'dynamodb', table = 'hosts', primary_key = 'host');`);
    await post('/v1/sources/pings/events', '[{"host":"db/1","ms":3},{"host":"db/1","ms":7}]');
    await expect.poll(() => attributesOf('db/1'), SOON).toEqual({ totals: { pings: 2, slowest_ms: 7 } });
    expect(await get('/v1/viewers/db%2F1/profile?domains=totals')).toMatchObject({ status: 200 });
    expect(await readByClient('db/1', 'totals')).toEqual({ totals: { pings: 2, slowest_ms: 7 } });
    expect(await readByClient('db/2', 'totals')).toEqual({ totals: 'absent' });
    expect(await get('/v1/viewers/db%2F2/profile')).toMatchObject({
      status: 404,
      body: { detail: 'there is no profile with host db/2' },
    });
    expect(await get('/v1/viewers/db%2F1/profile?domains=others')).toMatchObject({
      status: 400,
      body: { domains: ['totals'] },
    });
    const { body } = await get('/v1/status');
    expect(body).toMatchObject({ domains: ['totals'], profile_key: 'host', example_viewer: 'db/1' });
  });
});

describe('candidates of a pipeline whose keys are text', () => {
  it.each(['domain', 'wide', 'metric'])(
    'are read from the item that its SQL names, in layout %s',
    async (layout) => {
      await serve(`
      CREATE TABLE orders (customer_id VARCHAR, product VARCHAR);
      CREATE MATERIALIZED VIEW totals AS SELECT customer_id, COUNT(*) AS orders FROM orders GROUP BY customer_id;
      CREATE MATERIALIZED VIEW sold AS SELECT product, COUNT(*) AS n FROM orders GROUP BY product;
      CREATE MATERIALIZED VIEW bestsellers AS
        SELECT 'everybody' AS customer_id, ARRAY_AGG(product ORDER BY n DESC, product) AS titles FROM sold;
      CREATE SINK totals_out FROM totals
        WITH (connector = 'dynamodb', table = 'shop', primary_key = 'customer_id', freshet.sort_key = 'totals',
          freshet.layout = '${layout}');
      CREATE SINK bestsellers_out FROM bestsellers
        WITH (connector = 'dynamodb', table = 'shop', primary_key = 'customer_id', freshet.sort_key = 'catalogue#trending',
          freshet.layout = '${layout}');`);
      const orders = ['hat', 'hat', 'shoe'].map((product) => ({ customer_id: 'c', product }));
      await post('/v1/sources/orders/events', JSON.stringify(orders));
      await expect.poll(() => attributesOf('c'), SOON).toEqual({ totals: { orders: 3 } });
      expect((await openApi()).paths).toContain('/v1/viewers/{id}/recommendations');
      const recommended = async (): Promise<unknown> => {
        const { body } = await get('/v1/viewers/c/recommendations');
        return (body['items'] as { readonly content_id: string }[]).map(({ content_id }) => content_id);
      };
      // The item is read every five seconds.
      await expect.poll(recommended, SOON).toEqual(['hat', 'shoe']);
    },
  );
});
