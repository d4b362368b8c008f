import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startLocalDynamoDb, type LocalDynamoDb } from '../../src/embedded-dynamodb/start.ts';
import { Batch } from '../../src/engine/batch.ts';
import { StringPool } from '../../src/engine/text/string-pool.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { checkPipeline } from '../../src/pipeline/check.ts';
import type { Pipeline } from '../../src/plan/pipeline.ts';
import { SYSTEM_CLOCK } from '../../src/platform/clock.ts';
import { dryRun, type DryRunReport } from '../../src/runtime/dry-run.ts';
import { openPipeline } from '../../src/runtime/open-pipeline.ts';
import type { RunnerSettings } from '../../src/runtime/runner-options.ts';
import type { RunnerStatus } from '../../src/runtime/status.ts';
import type { DynamoDbClient } from '../../src/dynamodb/client.ts';
import type { AttributeMap } from '../../src/dynamodb/wire.ts';
import { createDynamoDbSink } from '../../src/sinks/dynamodb/sink.ts';
import type { KeyedSink } from '../../src/sinks/sink.ts';
import { loadParser } from '../../src/sql/parser.ts';
import type { Datum } from '../../src/values/datum.ts';
import { BIGINT, JSONB, TIMESTAMP, VARCHAR } from '../../src/values/types.ts';
import { RisingWaveSink } from '../sinks/support/risingwave-sink.ts';
import { clientFor, columnsOf, sinkDef } from '../sinks/support/sinks.ts';
import { SILENT_LOG } from './support/silent-log.ts';

const SORT_KEY = 'engagement#watch';
const KEY = ['viewer_id', 'sk'];
const COLUMNS = columnsOf({
  viewer_id: BIGINT,
  sk: VARCHAR,
  seconds: BIGINT,
  last_at: TIMESTAMP,
  doc: JSONB,
});

let folder: string;
let store: LocalDynamoDb;
let client: DynamoDbClient;
beforeEach(async () => {
  await loadParser();
  folder = await mkdtemp(join(tmpdir(), 'freshet-move-'));
  store = await startLocalDynamoDb();
  client = clientFor(store.endpoint);
  await client.createTable('profiles', [
    { name: 'viewer_id', type: 'N' },
    { name: 'sk', type: 'S' },
  ]);
});
afterEach(async () => {
  await client.close();
  await store.close();
  await rm(folder, { recursive: true });
});

function pipelineOf({ table = 'profiles', option = '', where = 'true' } = {}): Pipeline {
  const text = `CREATE SOURCE e (viewer_id BIGINT, seconds INT, at TIMESTAMP) WITH (connector = 'posix_fs',
      posix_fs.root = '.', match_pattern = '*.ndjson') FORMAT PLAIN ENCODE JSON;
    CREATE MATERIALIZED VIEW v AS SELECT viewer_id, '${SORT_KEY}' AS sk, SUM(seconds)::bigint AS seconds,
      MAX(at) AS last_at, JSONB_BUILD_OBJECT('seconds', SUM(seconds)) AS doc
      FROM e WHERE ${where} GROUP BY viewer_id HAVING SUM(seconds) > 0;
    CREATE SINK s FROM v WITH (connector = 'dynamodb', table = '${table}', primary_key = 'viewer_id, sk',
      endpoint = '${store.endpoint}'${option});`;
  const { pipeline, diagnostics } = bindPipeline('test', [{ name: 'test.sql', text }], {});
  expect(diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
  return pipeline!;
}

async function watched(...events: readonly (readonly [viewer: number, seconds: number])[]): Promise<void> {
  const lines = events.map(
    ([viewer_id, seconds]) => `${JSON.stringify({ viewer_id, seconds, at: '2026-03-15T12:00:00.5' })}\n`,
  );
  await appendFile(join(folder, 'events.ndjson'), lines.join(''));
}

const options = (pipeline: Pipeline, state: string) => ({
  pipeline,
  stateDir: join(folder, state),
  baseDir: folder,
  env: {},
  log: SILENT_LOG,
});

/** Runs a pipeline until its destination has exactly the rows of its view, and stops it. */
async function run(
  pipeline: Pipeline,
  state = 'state',
  settings: Partial<RunnerSettings> = {},
): Promise<RunnerStatus> {
  const opened = await openPipeline({
    ...options(pipeline, state),
    mode: 'run',
    settings: { barrier_interval_ms: 50, ...settings },
  });
  for (;;) {
    const status = opened.runner.status();
    const isDone = status.sinks.every(({ delivery, stats }) => delivery === 'live' && stats.queued === 0);
    if (status.caught_up && isDone) {
      await opened.close();
      return status;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The row of a viewer, as the view has it. */
const row = (viewer: number, seconds: number): readonly Datum[] => [
  BigInt(viewer),
  SORT_KEY,
  BigInt(seconds),
  Date.UTC(2026, 2, 15, 12) * 1000 + 500_000,
  `{"seconds": ${seconds}}`,
];

const risingWave = (): RisingWaveSink => new RisingWaveSink(client, 'profiles', COLUMNS, KEY);

async function items(table = 'profiles'): Promise<readonly AttributeMap[]> {
  return (await client.scan({ TableName: table })).Items;
}

/** Returns `viewer: seconds` of each item, with a plus for one that has a version. */
async function shown(table?: string): Promise<string[]> {
  const texts = (await items(table)).map(({ viewer_id, seconds, _v }) => {
    const [viewer, sum] = [viewer_id, seconds].map((value) => Object.values(value ?? {})[0] as string);
    return `${viewer}: ${sum}${_v === undefined ? '' : '+'}`;
  });
  return texts.toSorted();
}

/** Writes what RisingWave left: viewer 1 before the last event, 2, and 9, whose row is gone; and another program's item. */
async function leaveItems(): Promise<void> {
  await risingWave().put([row(1, 10), row(2, 20), row(9, 90)]);
  const foreign = { viewer_id: { N: '5' }, sk: { S: 'billing' }, seconds: { N: '0' } };
  const RequestItems = { profiles: [{ PutRequest: { Item: foreign } }] };
  await client.batchWriteItem(JSON.stringify({ RequestItems }));
  await watched([1, 10], [2, 20], [9, 90], [1, 5], [9, -90]);
}

test('from RisingWave: every row gets a version, and with delete_all what no row stands for is deleted', async () => {
  await leaveItems();
  await run(pipelineOf());
  expect(await shown()).toEqual(['1: 15+', '2: 20+', '5: 0', '9: 90']);
  const all = pipelineOf({ option: ", freshet.gone_items = 'delete_all'" });
  await run(all, 'another state');
  expect(await shown()).toEqual(['1: 15+', '2: 20+', '5: 0']);
});

test('from RisingWave: a dry run counts the items that delete_all would delete', async () => {
  await leaveItems();
  const gone = async (option: string): Promise<DryRunReport['sinks'][number]['gone']> => {
    const { sinks } = await dryRun(options(pipelineOf({ option }), 'dry'), {
      signal: new AbortController().signal,
    });
    return sinks[0]!.gone;
  };
  expect(await gone('')).toMatchObject({ found: 0, deleted: 0, kept: 0 });
  // The rows of viewers 1 and 2 are not written in a dry run, so their items have no version either.
  expect(await gone(", freshet.gone_items = 'delete_all'")).toMatchObject({ found: 3, deleted: 1, kept: 0 });
  expect(await shown()).toEqual(['1: 10', '2: 20', '5: 0', '9: 90']);
});

test('from RisingWave: a pipeline that ran on another table writes every row to the table that it takes over', async () => {
  await leaveItems();
  const option = ", freshet.gone_items = 'delete_all'";
  await run(pipelineOf({ table: 'standby', option }));
  expect([await shown('standby'), await shown()]).toEqual([
    ['1: 15+', '2: 20+'],
    ['1: 10', '2: 20', '5: 0', '9: 90'],
  ]);
  const { recovery, sources } = await run(pipelineOf({ option }));
  expect([recovery?.kind, sources[0]!.rows]).toEqual(['restored', 0]);
  expect(await shown()).toEqual(['1: 15+', '2: 20+', '5: 0']);
});

test('both write the same attributes, key and JSONB aside', async () => {
  await watched([1, 10]);
  await run(pipelineOf());
  const [ours] = await items();
  const { _v, _w, _s, doc, ...same } = ours!;
  const { doc: text, ...theirs } = risingWave().item(row(1, 10));
  expect(same).toEqual(theirs);
  expect([Object.keys({ _v, _w, _s }), doc, text]).toEqual([
    ['_v', '_w', '_s'],
    { M: { seconds: { N: '10' } } },
    { S: '{"seconds": 10}' },
  ]);
});

test('to RisingWave: after its snapshot the items with a version are those that no row stands for', async () => {
  await watched([1, 10], [2, 20], [3, 30]);
  await run(pipelineOf());
  expect(await shown()).toEqual(['1: 10+', '2: 20+', '3: 30+']);
  // Freshet has stopped. Viewer 1 watches more and the row of 3 leaves; then RisingWave's sink writes its snapshot.
  await risingWave().put([row(1, 11), row(2, 20)]);
  expect(await shown()).toEqual(['1: 11', '2: 20', '3: 30+']);
  // The same pipeline on a view without rows deletes what is left, beside RisingWave.
  await run(pipelineOf({ where: 'false' }), 'clean');
  expect(await shown()).toEqual(['1: 11', '2: 20']);
});

test('to RisingWave and back: every row is written again, whatever RisingWave left', async () => {
  await watched([1, 10], [2, 20], [3, 30]);
  await run(pipelineOf());
  await risingWave().put([row(1, 10), row(2, 20)]);
  await risingWave().delete([row(3, 30)]);
  await watched([2, 1], [3, -30], [4, 40]);
  await risingWave().put([row(4, 40)]);
  const option = ", freshet.gone_items = 'delete_all'";
  await run(pipelineOf({ table: 'standby', option }), 'new');
  await run(pipelineOf({ option }), 'new');
  expect(await shown()).toEqual(['1: 10+', '2: 21+', '4: 40+']);
});

test('to RisingWave and back with the state of before: only what changed is written, the other items stay', async () => {
  await watched([1, 10], [2, 20], [3, 30]);
  await run(pipelineOf());
  await risingWave().put([row(1, 10), row(2, 20), row(3, 30)]);
  await watched([2, 1], [3, -30]);
  const { recovery } = await run(pipelineOf());
  expect(recovery?.kind).toBe('restored');
  expect(await shown()).toEqual(['1: 10', '2: 21+']);
});

test('to RisingWave and back with the state of before, told to write all rows: each item is of Freshet', async () => {
  const option = ", freshet.gone_items = 'delete_all'";
  await watched([1, 10], [2, 20], [3, 30]);
  await run(pipelineOf({ option }));
  await risingWave().put([row(1, 9), row(2, 20), row(3, 30), row(4, 40)]); // it was late when it was stopped
  const { recovery } = await run(pipelineOf({ option }), 'state', { writes_all_rows: true });
  expect(recovery?.kind).toBe('restored');
  expect(await shown()).toEqual(['1: 10+', '2: 20+', '3: 30+']);
});

test.each([
  [
    'a sort key that differs between rows',
    'SELECT id, MAX(id) AS sk FROM e GROUP BY id',
    '',
    "freshet.gone_items = 'delete_all' needs a sort key that is the same text in every row",
  ],
  [
    'items without versions',
    "SELECT id, 'a' AS sk, MAX(id) AS n FROM e GROUP BY id",
    ", freshet.bookkeeping = 'off'",
    "freshet.gone_items = 'delete_all' needs freshet.bookkeeping = 'on'",
  ],
])('delete_all is refused for %s', (_, view, option, message) => {
  const text = `CREATE TABLE e (id VARCHAR); CREATE MATERIALIZED VIEW v AS ${view};
    CREATE SINK s FROM v WITH (connector = 'dynamodb', table = 'profiles', primary_key = 'id, sk',
      freshet.gone_items = 'delete_all'${option});`;
  const { diagnostics } = checkPipeline(bindPipeline('test', [{ name: 'test.sql', text }], {}));
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  expect(errors.map((error) => error.message)).toEqual([`sink "s": ${message}`]);
  const { start, end } = errors[0]!.span!;
  expect(text.slice(start, end)).toBe("'delete_all'");
});

/** Freshet's sink, which writes one row at a time. */
async function freshetSink(): Promise<{ put: KeyedSink['resend']; sink: KeyedSink }> {
  const sink = createDynamoDbSink(
    sinkDef([0, 1], { table: 'profiles' }, 's'),
    { columns: COLUMNS },
    {
      client,
      clock: SYSTEM_CLOCK,
      random: Math.random,
      onDeadLetter: ({ message }) => {
        throw new Error(message);
      },
    },
  );
  await sink.open();
  const batch = new Batch(
    COLUMNS.map(({ type }) => type),
    1,
    new StringPool(),
  );
  sink.accept(batch, { now_us: 0, epoch: 1 });
  return { sink, put: (...given) => sink.resend(...given) };
}

type Change = readonly [viewer: number, seconds: number];

/** Returns `viewer: seconds` after changes; 0 seconds means that there is no row. */
function expected(changes: readonly Change[]): string[] {
  const rows = [...new Map(changes)].filter(([, seconds]) => seconds > 0);
  return rows.map(([viewer, seconds]) => `${viewer}: ${seconds}`).toSorted();
}

test('both at once: whatever their delays, the items are the rows once both have written every change', async () => {
  const { sink, put } = await freshetSink();
  const writeOurs = async ([viewer, seconds]: Change): Promise<void> => {
    const given = row(viewer, seconds);
    put(given.slice(0, 2), seconds === 0 ? undefined : given, { now_us: 0, epoch: 2 });
    await sink.flush();
  };
  const writeTheirs = ([viewer, seconds]: Change): Promise<void> =>
    seconds === 0 ? risingWave().delete([row(viewer, 0)]) : risingWave().put([row(viewer, seconds)]);
  const change = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 4 }));
  const turns = fc.array(fc.boolean(), { minLength: 30, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 12 }), turns, async (changes, isOurTurn) => {
      const ours = [...changes];
      const theirs = [...changes];
      for (const own of isOurTurn) {
        if (own && ours.length > 0) await writeOurs(ours.shift()!);
        if (!own && theirs.length > 0) await writeTheirs(theirs.shift()!);
      }
      for (const each of ours) await writeOurs(each);
      for (const each of theirs) await writeTheirs(each);
      expect((await shown()).map((text) => text.replace('+', ''))).toEqual(expected(changes));
      for (const viewer of [1, 2, 3]) await writeTheirs([viewer, 0]);
    }),
    { numRuns: 40, seed: 20_260_315 },
  );
  await sink.close();
});

test('both at once: a late writer that stops leaves an old item, until the other writes every row', async () => {
  const { sink, put } = await freshetSink();
  await risingWave().put([row(1, 10)]);
  await risingWave().put([row(1, 25)]);
  // Freshet is late: it writes the first of the two versions after RisingWave wrote the second, and stops.
  const old = row(1, 10);
  put(old.slice(0, 2), old, { now_us: 0, epoch: 7 });
  await sink.flush();
  await sink.close();
  expect(await shown(), 'no version decides: neither writer has a condition').toEqual(['1: 10+']);
  await risingWave().put([row(1, 25)]); // the snapshot of a sink created now
  expect(await shown()).toEqual(['1: 25']);
});
