import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startLocalDynamoDb } from '../../src/embedded-dynamodb/start.ts';
import type { LocalDynamoDb } from '../../src/embedded-dynamodb/start.ts';
import type { Pipeline } from '../../src/plan/pipeline.ts';
import { dryRun } from '../../src/runtime/dry-run.ts';
import type { DryRunReport } from '../../src/runtime/dry-run.ts';
import { SILENT_LOG } from './support/silent-log.ts';
import { openPipeline } from '../../src/runtime/open-pipeline.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { CheckpointStore } from '../../src/storage/checkpoint-store.ts';
import { clientFor } from '../sinks/support/sinks.ts';

let folder: string;
let store: LocalDynamoDb;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'freshet-dry-'));
  store = await startLocalDynamoDb();
  const events = Array.from({ length: 12 }, (_, i) => JSON.stringify({ viewer_id: i, seconds: i * 60 }));
  await writeFile(join(folder, 'events.ndjson'), `${events.join('\n')}\n`);
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

async function pipelineOf(where: string, option = '', having = ''): Promise<Pipeline> {
  await loadParser();
  const text = `CREATE SOURCE e (viewer_id INT NOT NULL, seconds INT) WITH (connector = 'posix_fs', posix_fs.root = '.',
      match_pattern = '*.ndjson') FORMAT PLAIN ENCODE JSON;
    CREATE MATERIALIZED VIEW v AS SELECT viewer_id, SUM(seconds) AS seconds FROM e ${where} GROUP BY viewer_id
      ${having};
    CREATE SINK s FROM v WITH (connector = 'dynamodb', table = 'profiles', primary_key = 'viewer_id',
      freshet.sort_key = 'engagement#watch', endpoint = '${store.endpoint}'${option});`;
  const { pipeline, diagnostics } = bindPipeline('test', [{ name: 'test.sql', text }], {});
  expect(diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
  return pipeline!;
}

const options = (pipeline: Pipeline) => ({
  pipeline,
  stateDir: join(folder, 'state'),
  baseDir: folder,
  env: {},
  log: SILENT_LOG,
});

const dry = (pipeline: Pipeline): Promise<DryRunReport> =>
  dryRun(options(pipeline), { signal: new AbortController().signal });

/** Runs the pipeline until every destination has exactly the rows of its view. */
async function run(pipeline: Pipeline): Promise<void> {
  const opened = await openPipeline({
    ...options(pipeline),
    mode: 'run',
    settings: { barrier_interval_ms: 50 },
  });
  for (;;) {
    const { caught_up, sinks } = opened.runner.status();
    if (caught_up && sinks.every(({ delivery, stats }) => delivery === 'live' && stats.queued === 0)) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await opened.close();
}

async function items(): Promise<string[]> {
  const client = clientFor(store.endpoint);
  const { Items } = await client.scan({ TableName: 'profiles' });
  await client.close();
  return Items.map((item) => JSON.stringify(item)).toSorted();
}

/** Returns the files of the state with their bytes, except the lock. */
async function stateFiles(): Promise<string[]> {
  const entries = await readdir(join(folder, 'state'), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.name.includes('lock'));
  const contents = await Promise.all(
    files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'base64')),
  );
  return files.map(({ parentPath, name }, i) => `${join(parentPath, name)} ${contents[i]!}`).toSorted();
}

test('reports what a first run would write, and creates no table', async () => {
  const write = vi.spyOn(CheckpointStore.prototype, 'write');
  const report = await dry(await pipelineOf(''));
  expect(write).not.toHaveBeenCalled(); // writing a checkpoint would report it to the sources
  write.mockRestore();
  expect(report).toMatchObject({ state: 'fresh', rows: 12, sinks: [{ sink: 's', writes: 12, deletes: 0 }] });
  expect(report.sinks[0]!.problem).toContain('table profiles does not exist');
  const client = clientFor(store.endpoint);
  expect(await client.describeTable('profiles')).toBeUndefined();
  await client.close();
});

test('reports what a run of a changed view would delete, writes nothing, and the run does the same', async () => {
  await run(await pipelineOf(''));
  const before = { items: await items(), files: await stateFiles() };
  expect(before.items).toHaveLength(12);
  const changed = await pipelineOf('WHERE viewer_id >= 5');
  expect(await dry(changed)).toMatchObject({
    state: 'rebuilt',
    sinks: [{ writes: 7, deletes: 0, problem: undefined, gone: { found: 12, deleted: 5, kept: 0 } }],
  });
  const keeping = await pipelineOf('WHERE viewer_id >= 5', ", freshet.gone_items = 'keep'");
  expect((await dry(keeping)).sinks[0]!.gone).toMatchObject({ found: 12, deleted: 0, kept: 5 });
  expect({ items: await items(), files: await stateFiles() }).toEqual(before);
  await run(changed);
  expect(await items()).toHaveLength(7);
});

test('reports nothing to do for a state that is up to date', async () => {
  const pipeline = await pipelineOf('');
  await run(pipeline);
  expect(await dry(pipeline)).toMatchObject({
    state: 'restored',
    rows: 0,
    sinks: [{ writes: 0, deletes: 0 }],
  });
  await writeFile(join(folder, 'more.ndjson'), '{"viewer_id":3,"seconds":1}\n{"viewer_id":99,"seconds":1}\n');
  expect(await dry(pipeline)).toMatchObject({
    state: 'restored',
    rows: 2,
    sinks: [{ writes: 2, deletes: 0 }],
  });
  expect(await items()).toHaveLength(12);
});

test('counts deletions only of sinks that delete items', async () => {
  const [deleting, ignoring] = await Promise.all(
    ['false', 'true'].map((ignored) =>
      pipelineOf('', `, ignore_delete = '${ignored}'`, 'HAVING SUM(seconds) < 1000'),
    ),
  );
  await run(deleting!);
  await writeFile(join(folder, 'more.ndjson'), '{"viewer_id":3,"seconds":2000}\n');
  expect(await dry(deleting!)).toMatchObject({ state: 'restored', sinks: [{ writes: 0, deletes: 1 }] });
  expect(await dry(ignoring!)).toMatchObject({ state: 'restored', sinks: [{ writes: 0, deletes: 0 }] });
});
