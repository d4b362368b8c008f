import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Pipeline } from '../../src/plan/pipeline.ts';
import { SILENT_LOG } from './support/silent-log.ts';
import { openPipeline } from '../../src/runtime/open-pipeline.ts';
import type { OpenPipeline } from '../../src/runtime/open-pipeline.ts';
import { replay } from '../../src/runtime/replay.ts';
import type { AttributeMap } from '../../src/dynamodb/wire.ts';
import { isDynamoDb } from '../../src/sinks/dynamodb/destination.ts';
import type { DynamoDbDestination } from '../../src/sinks/dynamodb/destination.ts';
import { LocalTopic } from '../../src/sources/log/topic.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { seeded } from '../storage/support/random.ts';

const SHIPPED = new URL('../../pipelines/viewer-engagement', import.meta.url).pathname;

let folder: string;
let open: OpenPipeline[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'freshet-pipeline-'));
});
afterEach(async () => {
  for (const pipeline of open.splice(0)) await pipeline.close();
  await rm(folder, { recursive: true });
});

async function start(
  pipeline: Pipeline,
  { stateDir = join(folder, 'state'), checkpoint_interval_ms = 300 } = {},
): Promise<OpenPipeline> {
  const opened = await openPipeline({
    pipeline,
    mode: 'dev',
    stateDir,
    baseDir: folder,
    env: {},
    log: SILENT_LOG,
    settings: { barrier_interval_ms: 50, checkpoint_interval_ms },
  });
  open.push(opened);
  return opened;
}

async function sql(text: string): Promise<Pipeline> {
  await loadParser();
  const { pipeline, diagnostics } = bindPipeline('test', [{ name: 'test.sql', text }], {});
  expect(diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
  return pipeline!;
}

async function eventually(check: () => Promise<void> | void): Promise<void> {
  // Shorter than the time limit of a test, whose message does not name the failed condition.
  const until_ms = performance.now() + 240_000;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (performance.now() > until_ms) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Returns the items of the first destination without bookkeeping attributes, as sorted JSON. */
function tableOf({ destinations: [first] }: OpenPipeline): DynamoDbDestination {
  if (first === undefined || !isDynamoDb(first)) throw new Error('the pipeline has no DynamoDB sink');
  return first;
}

async function itemsOf(opened: OpenPipeline): Promise<string[]> {
  const { client, table } = tableOf(opened);
  const keys = new Set<string>();
  const items: string[] = [];
  // Queries the items of every viewer: the test uses viewers 0 to 12.
  for (let viewer = 0; viewer <= 12; viewer++) {
    const page = await client.query({
      TableName: table,
      KeyConditionExpression: '#p = :p',
      ExpressionAttributeNames: { '#p': 'viewer_id' },
      ExpressionAttributeValues: { ':p': { N: String(viewer) } },
    });
    for (const item of page.Items) {
      keys.add(JSON.stringify([item['viewer_id'], item['sk']]));
      items.push(canonical(item));
    }
  }
  expect(items).toHaveLength(keys.size);
  return items.sort();
}

function canonical(item: AttributeMap): string {
  return JSON.stringify(
    Object.fromEntries(
      Object.entries(item)
        .filter(([name]) => !name.startsWith('_'))
        .sort(),
    ),
  );
}

describe('the shipped pipeline in dev', () => {
  test('turns ingested events into the items of a replay, and continues after a restart', async () => {
    const { pipeline, diagnostics } = await loadPipeline(SHIPPED, { env: {} });
    expect(diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
    const random = seeded(42);
    const eventsSoFar: { views: string[]; interactions: string[] } = { views: [], interactions: [] };
    const produce = async (running: OpenPipeline, n: number): Promise<void> => {
      const at = (): string =>
        new Date(Date.now() - 60_000 - Math.floor(random() * 40 * 86_400_000)).toISOString().slice(0, -1);
      const views = Array.from({ length: n }, (_, i) =>
        JSON.stringify({
          event_id: `v${eventsSoFar.views.length + i}`,
          viewer_id: 1 + Math.floor(random() * 12),
          content_id: `c${Math.floor(random() * 15)}`,
          genre: ['drama', 'comedy', 'news', null][Math.floor(random() * 4)],
          watch_duration_sec: Math.floor(random() * 4000),
          completion_pct: random() < 0.1 ? null : Math.round(random() * 100) / 100,
          watched_at: at(),
        }),
      );
      const interactions = Array.from({ length: Math.ceil(n / 3) }, (_, i) =>
        JSON.stringify({
          event_id: `i${eventsSoFar.interactions.length + i}`,
          viewer_id: 1 + Math.floor(random() * 12),
          content_id: `c${Math.floor(random() * 15)}`,
          event_type: ['like', 'share', 'search', 'comment', 'follow'][Math.floor(random() * 5)],
          event_ts: at(),
        }),
      );
      const a = await running.ingest.append('view_events', bytes(`[${views.join(',')}]`), 'application/json');
      const b = await running.ingest.append(
        'content_interactions',
        bytes(interactions.join('\n')),
        'application/x-ndjson',
      );
      expect([a.accepted, a.first_offset, b.accepted]).toEqual([
        n,
        eventsSoFar.views.length,
        interactions.length,
      ]);
      eventsSoFar.views.push(...views);
      eventsSoFar.interactions.push(...interactions);
    };
    const replayed = async (asOf_us: number): Promise<string[]> => {
      const inputs = [];
      for (const [source, lines] of [
        ['view_events', eventsSoFar.views],
        ['content_interactions', eventsSoFar.interactions],
      ] as const) {
        const path = join(folder, `${source}.ndjson`);
        await writeFile(path, `${lines.join('\n')}\n`);
        inputs.push({ source, path });
      }
      const result = await replay({ pipeline: pipeline!, inputs, asOf_us });
      return pipeline!.sinks
        .flatMap((sink) => [...result.items(sink.name)].map((l) => canonical(JSON.parse(l) as AttributeMap)))
        .sort();
    };
    const expectItems = (running: OpenPipeline): Promise<void> =>
      eventually(async () => {
        const { sources, now_us } = running.runner.status();
        const rows = sources.map((s) => Number(s.positions['0'] ?? 0));
        expect(rows).toEqual([eventsSoFar.views.length, eventsSoFar.interactions.length]);
        expect(await itemsOf(running)).toEqual(await replayed(now_us));
      });

    const first = await start(pipeline!);
    expect(first.destinations.every(({ isEmbedded }) => isEmbedded)).toBe(true);
    await produce(first, 150);
    await expectItems(first);
    await produce(first, 40);
    await first.close();
    expect(first.runner.status()).toMatchObject({ state: 'stopped', error: undefined });

    const second = await start(pipeline!);
    expect(second.runner.status().recovery).toMatchObject({ kind: 'restored', redelivered: 0 });
    await expectItems(second);
    const rows = (running: OpenPipeline): number[] => running.runner.status().sources.map((s) => s.rows);
    // Each event was read once, by one of the two processes.
    expect(rows(first).map((n, i) => n + rows(second)[i]!)).toEqual([190, 64]);
    await produce(second, 40);
    await expectItems(second);
    expect(await second.metrics.registry.metrics()).toContain('freshet_view_rows{view="viewers"} 12');
  });
});

describe('a pipeline with faulty input or surroundings', () => {
  const SMALL = `
    CREATE TABLE plays (viewer_id BIGINT NOT NULL, seconds INT, at TIMESTAMP);
    CREATE MATERIALIZED VIEW totals AS SELECT viewer_id, SUM(seconds) AS seconds FROM plays GROUP BY viewer_id;
    CREATE SINK totals_sink FROM totals WITH (
      connector = 'dynamodb', table = 'small_totals', primary_key = 'viewer_id', freshet.sort_key = 'engagement#totals');`;

  test('warns of a misspelt field once and counts it', async () => {
    const running = await start(await sql(SMALL));
    const lines = ['{"viewer_id":1,"seconds":5}', ...Array(5).fill('{"viewer_id":1,"Seconds_":5,"extra":1}')];
    const result = await running.ingest.append('plays', bytes(lines.join('\n')), 'application/x-ndjson');
    expect([result.accepted, result.warnings]).toEqual([
      6,
      [
        {
          index: 1,
          reason: 'misspelt',
          message: 'no column takes the field "Seconds_": did you mean "seconds"?',
          column: 'seconds',
          field: 'Seconds_',
        },
      ],
    ]);
    const counter = 'freshet_source_misspelt_fields_total{source="plays",field="Seconds_"} 5';
    await eventually(async () => expect(await running.metrics.registry.metrics()).toContain(counter));
  });

  test('rejects each bad event over HTTP with its reason, accepts the good ones, and keeps running', async () => {
    const running = await start(await sql(SMALL));
    expect(running.ingest.sources).toEqual(['plays']);
    const lines = [
      '{"viewer_id":1,"seconds":5,"at":"2026-01-01T00:00:00"}',
      'nonsense',
      '{"viewer_id":null,"seconds":5}',
      '{"viewer_id":1,"seconds":"much"}',
      '[1,2]',
      `{"viewer_id":1,"seconds":7,"x":${'['.repeat(100)}${']'.repeat(100)}}`,
      '{"viewer_id":9007199254740993,"seconds":7}',
    ];
    const result = await running.ingest.append('plays', bytes(lines.join('\n')), 'application/x-ndjson');
    expect(result.accepted).toBe(3);
    expect(result.rejected.map(({ index, reason, column }) => [index, reason, column])).toEqual([
      [1, 'malformed', undefined],
      [2, 'not_null', 'viewer_id'],
      [4, 'malformed', undefined],
      [5, 'too_deep', undefined],
    ]);
    expect(result.warnings).toMatchObject([{ index: 3, reason: 'wrong_type', column: 'seconds' }]);
    expect([result.first_offset, result.next_offset]).toEqual([0, 3]);
    for (const [body, fault] of [
      ['[{"viewer_id":1},', 'malformed'],
      ['"text"', 'malformed'],
      ['', 'malformed'],
      [`[${'['.repeat(100)}]`, 'malformed'],
      [`{"viewer_id":1,"x":"${'y'.repeat(2 << 20)}"}`, 'too_large'],
    ] as const) {
      await expect(running.ingest.append('plays', bytes(body), 'application/json')).rejects.toMatchObject({
        name: 'IngestError',
        code: fault,
      });
    }
    await expect(running.ingest.append('nothing', bytes('{}'), 'application/json')).rejects.toMatchObject({
      code: 'unknown_source',
    });
    const { client, table } = tableOf(running);
    await eventually(async () => {
      const item = await client.getItem({
        TableName: table,
        Key: { viewer_id: { N: '9007199254740993' }, sk: { S: 'engagement#totals' } },
      });
      expect(item?.['seconds']).toEqual({ N: '7' });
      const one = await client.getItem({
        TableName: table,
        Key: { viewer_id: { N: '1' }, sk: { S: 'engagement#totals' } },
      });
      expect(one?.['seconds']).toEqual({ N: '5' });
    });
  });

  test('writes records of a topic that cannot be decoded to a file of dead letters', async () => {
    const running = await start(await sql(SMALL));
    const text = bytes('{"viewer_id":1,"seconds":5}not json at all');
    await running.topics.get('plays')!.append({
      bytes: text,
      starts: Int32Array.of(0, 27),
      ends: Int32Array.of(27, text.length),
      count: 2,
    });
    await eventually(async () => {
      const file = await readFile(join(folder, 'state', 'dead-letters', 'source-plays.ndjson'), 'utf8');
      expect(JSON.parse(file)).toMatchObject({
        source: 'plays',
        reason: 'malformed',
        offset: '1',
        payload: 'not json at all',
      });
    });
    expect(running.runner.status().sources[0]!.rows).toBe(1);
  });

  test('refuses a second process on the same state, and the first keeps running', async () => {
    const pipeline = await sql(SMALL);
    const running = await start(pipeline);
    const error = await start(pipeline).catch((e: unknown) => e);
    expect(error).toMatchObject({
      name: 'StorageError',
      message: expect.stringMatching(/state is in use by this process/),
    });
    await running.ingest.append('plays', bytes('{"viewer_id":1,"seconds":5}'), 'application/json');
    await eventually(() => expect(running.runner.status().sources[0]!.rows).toBe(1));
    await running.close();
    await start(pipeline); // the lock is free again
  });

  test('fails without a broker with the option to set, and leaves nothing open', async () => {
    const pipeline = await sql(`
      CREATE SOURCE s (a INT) WITH (connector = 'kafka', topic = 't', properties.bootstrap.server = '') FORMAT PLAIN ENCODE JSON;
      CREATE MATERIALIZED VIEW v AS SELECT a, COUNT(*) AS n FROM s GROUP BY a;`);
    const stateDir = join(folder, 'state');
    const options = { pipeline, stateDir, baseDir: folder, env: {}, log: SILENT_LOG } as const;
    await expect(openPipeline({ ...options, mode: 'run' })).rejects.toMatchObject({
      name: 'SourceError',
      hint: expect.stringContaining('properties.bootstrap.server'),
    });
    open.push(await openPipeline({ ...options, mode: 'dev' }));
    expect(open[0]!.ingest.sources).toEqual(['s']);
  });

  test('reads files beside topics, and a missing folder stops only its own source', async () => {
    await writeFile(join(folder, 'a.ndjson'), '{"viewer_id":4,"seconds":1}\n{"viewer_id":4,"seconds":2}\n');
    const pipeline = await sql(`
      CREATE SOURCE files (viewer_id BIGINT, seconds INT)
        WITH (connector = 'posix_fs', posix_fs.root = '.', match_pattern = '*.ndjson') FORMAT PLAIN ENCODE JSON;
      CREATE SOURCE missing (viewer_id BIGINT, seconds INT)
        WITH (connector = 'posix_fs', posix_fs.root = './nowhere') FORMAT PLAIN ENCODE JSON;
      CREATE TABLE plays (viewer_id BIGINT, seconds INT);
      CREATE MATERIALIZED VIEW totals AS
        SELECT viewer_id, SUM(seconds) AS seconds
        FROM (SELECT * FROM files UNION ALL SELECT * FROM plays UNION ALL SELECT * FROM missing) t
        GROUP BY viewer_id;`);
    const running = await start(pipeline);
    await running.ingest.append('plays', bytes('{"viewer_id":4,"seconds":4}'), 'application/json');
    await eventually(() => {
      expect(running.runner.kernel.view('totals').lookup([0], [[4n]])).toEqual([[[4n, 7n]]]);
      const states = new Map(running.runner.status().sources.map((s) => [s.name, s.state]));
      expect(states).toEqual(
        new Map([
          ['files', 'ended'],
          ['missing', 'retrying'],
          ['plays', 'running'],
        ]),
      );
    });
  });
});

describe("scan.startup.mode = 'latest'", () => {
  const FROM_THE_END = `
    CREATE SOURCE plays (viewer_id BIGINT, seconds INT) WITH (
      connector = 'kafka', topic = 'plays', properties.bootstrap.server = '', scan.startup.mode = 'latest'
    ) FORMAT PLAIN ENCODE JSON;
    CREATE MATERIALIZED VIEW totals AS SELECT viewer_id, SUM(seconds) AS seconds FROM plays GROUP BY viewer_id;`;

  async function append(stateDir: string, text: string): Promise<void> {
    const topic = await LocalTopic.open(join(stateDir, 'topics', 'plays'));
    const payload = bytes(text);
    await topic.append({
      bytes: payload,
      starts: Int32Array.of(0),
      ends: Int32Array.of(payload.length),
      count: 1,
    });
    await topic.close();
  }

  test.each(['stopped', 'killed'])(
    'records that arrive while the pipeline is %s, before it has read any, are read after the restart',
    async (how) => {
      const pipeline = await sql(FROM_THE_END);
      const before = join(folder, 'state');
      await append(before, '{"viewer_id":1,"seconds":1}');
      const first = await start(pipeline, { checkpoint_interval_ms: 3_600_000 });
      // The start position is stored as soon as the source opens, without waiting for an interval or a record.
      await eventually(() => expect(first.runner.status().checkpoint).toBeDefined());
      expect(first.runner.status().sources[0]).toMatchObject({ rows: 0, positions: { 0: '1' } });
      let stateDir = before;
      if (how === 'killed') {
        stateDir = join(folder, 'left-behind');
        await cp(before, stateDir, { recursive: true });
      }
      await first.close();
      await append(stateDir, '{"viewer_id":1,"seconds":2}');

      const second = await start(pipeline, { stateDir });
      expect(second.runner.status().recovery).toMatchObject({ kind: 'restored' });
      await second.ingest.append('plays', bytes('{"viewer_id":1,"seconds":4}'), 'application/json');
      await eventually(() =>
        expect(second.runner.kernel.view('totals').lookup([0], [[1n]])).toEqual([[[1n, 6n]]]),
      );
    },
  );
});

test('a pipeline whose state folder was taken over by another process stops and writes nothing more', async () => {
  const pipeline = await sql(`
    CREATE TABLE plays (viewer_id BIGINT, seconds INT);
    CREATE MATERIALIZED VIEW totals AS SELECT viewer_id, SUM(seconds) AS seconds FROM plays GROUP BY viewer_id;`);
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    const running = await start(pipeline, { checkpoint_interval_ms: 60_000 });
    await eventually(() => expect(running.runner.status().checkpoint).toBeDefined()); // it holds the start positions
    const lock = join(folder, 'state', 'lock');
    const other = JSON.stringify({ pid: 7, host: 'elsewhere', token: 'x' });
    await writeFile(lock, other);
    const checkpoints = await readdir(join(folder, 'state', 'checkpoints'));
    await vi.advanceTimersByTimeAsync(6_000);
    await expect(running.runner.finished).rejects.toThrow('was taken over by process 7 on elsewhere');
    expect(running.runner.status()).toMatchObject({ state: 'failed' });
    await running.close();
    expect(await readFile(lock, 'utf8')).toBe(other);
    expect(await readdir(join(folder, 'state', 'checkpoints'))).toEqual(checkpoints);
  } finally {
    vi.useRealTimers();
  }
});
