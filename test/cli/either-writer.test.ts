import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { servePipeline } from '../../src/cli/served-pipeline.ts';
import { startLocalDynamoDb, type LocalDynamoDb } from '../../src/embedded-dynamodb/start.ts';
import { loadPipeline } from '../../src/pipeline/load.ts';
import type { Pipeline } from '../../src/plan/pipeline.ts';
import type { DynamoDbClient } from '../../src/dynamodb/client.ts';
import type { Datum } from '../../src/values/datum.ts';
import { ROOT } from '../house/files.ts';
import { SILENT_LOG } from '../runtime/support/silent-log.ts';
import { RisingWaveSink } from '../sinks/support/risingwave-sink.ts';
import { clientFor } from '../sinks/support/sinks.ts';
import { cli, startCli } from './support/run-cli.ts';

const SHIPPED = join(ROOT, 'pipelines/viewer-engagement');
const TABLE = 'viewer_profiles';
const VIEWERS = [1, 2, 3];

let folder: string;
let local: LocalDynamoDb;
let client: DynamoDbClient;
let env: Readonly<Record<string, string>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'freshet-either-'));
  local = await startLocalDynamoDb();
  client = clientFor(local.endpoint);
  env = { AWS_ENDPOINT_URL_DYNAMODB: local.endpoint };
});
afterAll(async () => {
  await client.close();
  await local.close();
  await rm(folder, { recursive: true });
});

interface Answer {
  readonly domains: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

async function get(url: string): Promise<Answer> {
  return (await (await fetch(url)).json()) as Answer;
}

/** Posts what the viewers watched and did. */
async function postEvents(url: string): Promise<void> {
  const at = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString().slice(0, -1);
  const views = VIEWERS.flatMap((viewer_id) =>
    ['drama', 'comedy', 'sci-fi', 'crime'].slice(0, viewer_id + 1).map((genre, i) => ({
      viewer_id,
      content_id: `${genre}-${viewer_id % 2}`,
      genre,
      watch_duration_sec: 101 * (viewer_id + i),
      completion_pct: 0.9,
      watched_at: at(2 + i),
    })),
  );
  const likes = VIEWERS.map((viewer_id) => ({
    viewer_id,
    content_id: 'c',
    event_type: 'like',
    event_ts: at(1),
  }));
  for (const [source, events] of Object.entries({ view_events: views, content_interactions: likes })) {
    const response = await fetch(`${url}/v1/sources/${source}/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(events),
    });
    expect(response.status).toBe(202);
  }
}

/** Runs the shipped pipeline until every item is in DynamoDB, and stops it. Returns the rows of each sink's view. */
async function runShipped(pipeline: Pipeline): Promise<ReadonlyMap<string, Datum[][]>> {
  const io = {
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    env,
    cwd: folder,
    interactive: false,
    signal: new AbortController().signal,
  };
  const served = await servePipeline(io, {
    pipeline,
    pipelineDir: SHIPPED,
    mode: 'dev',
    stateDir: join(folder, 'state'),
    listen: { host: '127.0.0.1', port: 0 },
    log: SILENT_LOG,
  });
  try {
    await postEvents(served.url);
    for (const viewer of VIEWERS) {
      const isWhole = async (): Promise<boolean> => {
        const { domains = {} } = await get(`${served.url}/v1/viewers/${viewer}/profile`);
        const found = Object.values(domains);
        return found.length === 5 && found.every(({ status }) => status === 'present');
      };
      while (!(await isWhole())) await sleep(50);
    }
    const { kernel } = served.opened.runner;
    return new Map(
      pipeline.sinks.map(({ from, name }) => {
        const { rows } = kernel.view(from).page(0, 1000);
        const width = pipeline.views.find((view) => view.name === from)!.columns.length;
        const row = (i: number) => Array.from({ length: width }, (_, c) => rows.column(c).get(i));
        return [name, Array.from({ length: rows.n }, (_, i) => row(i))];
      }),
    );
  } finally {
    await served.close();
  }
}

/** Returns what `serve` answers about all viewers: profiles without times and versions, and recommendations. */
async function answers(...args: readonly string[]): Promise<unknown> {
  const serve = startCli(['serve', ...args], { env });
  const url = (await serve.prints(/ on (http:\S+)/))[1]!;
  const all = [];
  for (const viewer of VIEWERS) {
    const { domains } = await get(`${url}/v1/viewers/${viewer}/profile`);
    const entries = Object.entries(domains).map(([name, { status, attributes }]) => [
      name,
      { status, attributes },
    ]);
    all.push(Object.fromEntries(entries), await get(`${url}/v1/viewers/${viewer}/recommendations`));
  }
  serve.interrupt();
  expect(await serve.ended).toMatchObject({ code: 0, stderr: '' });
  return all;
}

test('profiles and recommendations are the same, whether Freshet or RisingWave wrote the items', async () => {
  const { pipeline } = await loadPipeline(SHIPPED, { env });
  const rowsOf = await runShipped(pipeline!);
  const items = async () => (await client.scan({ TableName: TABLE })).Items;
  const ours = await answers(SHIPPED);
  expect(ours).toMatchObject([
    {
      watch: { status: 'present' },
      preferences: { attributes: { genre_affinity: { drama: 0.333, comedy: 0.667 } } },
    },
    { strategy: 'personalised', items: expect.arrayContaining([expect.anything()]) as unknown },
    ...Array.from({ length: 2 * VIEWERS.length - 2 }, () => ({})),
  ]);
  expect((await items()).filter((item) => '_v' in item)).toHaveLength(5 * VIEWERS.length + 1);

  for (const sink of pipeline!.sinks) {
    const { columns } = pipeline!.views.find(({ name }) => name === sink.from)!;
    await new RisingWaveSink(client, TABLE, columns, ['viewer_id', 'sk']).put(rowsOf.get(sink.name)!);
  }
  const theirs = await items();
  expect([theirs.length, theirs.filter((item) => '_v' in item)]).toEqual([5 * VIEWERS.length + 1, []]);
  expect(await answers(SHIPPED)).toEqual(ours);
  expect(await answers(), 'without a folder the server knows the shipped pipeline').toEqual(ours);
});

test('run --write-all writes every row again to a table that another program wrote to; without it, none', async () => {
  const dir = join(folder, 'totals');
  await mkdir(dir);
  await writeFile(join(dir, 'events.ndjson'), '{"id":1,"n":10}\n{"id":2,"n":20}\n');
  await writeFile(
    join(dir, 'all.sql'),
    `CREATE SOURCE e (id BIGINT, n INT) WITH (connector = 'posix_fs', posix_fs.root = '.', match_pattern = '*.ndjson')
       FORMAT PLAIN ENCODE JSON;
     CREATE MATERIALIZED VIEW v AS SELECT id, 'totals' AS sk, SUM(n) AS n FROM e GROUP BY id;
     CREATE SINK s FROM v WITH (connector = 'dynamodb', table = 'totals', primary_key = 'id, sk');`,
  );
  const items = async () => (await client.scan({ TableName: 'totals' })).Items;
  const run = async (...flags: readonly string[]): Promise<void> => {
    const running = startCli(['run', dir, '--state', join(folder, 'totals-state'), ...flags], { env });
    const url = JSON.parse((await running.logs(/.*"msg":"serving".*/))[0]).url as string;
    for (;;) {
      const { sinks } = (await (await fetch(`${url}/v1/status`)).json()) as { sinks: { delivery: string }[] };
      if (sinks.every(({ delivery }) => delivery === 'live')) break;
      await sleep(50);
    }
    running.interrupt();
    expect((await running.ended).code).toBe(0);
  };
  await run();
  const theirs = (await items()).map(({ _v, _w, _s, ...item }) => ({ PutRequest: { Item: item } }));
  expect(theirs).toHaveLength(2);
  await client.batchWriteItem(JSON.stringify({ RequestItems: { totals: theirs } }));
  await run();
  expect((await items()).filter(({ _v }) => _v !== undefined)).toHaveLength(0);
  await run('--write-all');
  expect((await items()).filter(({ _v }) => _v !== undefined)).toHaveLength(2);
});

test('serve with a folder whose sinks write no profiles is an error that says so', async () => {
  const dir = join(folder, 'counts');
  await mkdir(dir);
  await writeFile(
    join(dir, 'all.sql'),
    'CREATE TABLE events (at DATE); CREATE MATERIALIZED VIEW days AS SELECT at, COUNT(*) AS n FROM events GROUP BY at;',
  );
  expect(await cli(['serve', dir], { env })).toEqual({
    code: 2,
    stdout: '',
    stderr:
      `error: ${dir} writes no profiles: none of its DynamoDB sinks has a sort key that is the same in every row\n` +
      'hint: leave out the folder to serve the profiles of a table that another pipeline writes\n',
  });
});
