import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { checkPipeline } from '../../src/pipeline/check.ts';
import { dryRun } from '../../src/runtime/dry-run.ts';
import { openPipeline } from '../../src/runtime/open-pipeline.ts';
import type { OpenPipeline } from '../../src/runtime/open-pipeline.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { SILENT_LOG } from './support/silent-log.ts';

const SQL = `
  CREATE SOURCE plays (id BIGINT, viewer VARCHAR, seconds INT)
  WITH (connector = 'kafka', topic = 'plays') FORMAT PLAIN ENCODE JSON;
  CREATE MATERIALIZED VIEW long_plays AS SELECT id, viewer, seconds / 60.0 AS minutes FROM plays WHERE seconds >= 60;
  CREATE MATERIALIZED VIEW totals AS SELECT viewer, SUM(seconds) AS seconds FROM plays GROUP BY viewer;
  CREATE SINK long_files FROM long_plays WITH (connector = 'posix_fs', posix_fs.root = 'long');
  CREATE SINK versions FROM totals WITH (connector = 'posix_fs', posix_fs.root = 'versions', force_append_only = true);
  CREATE SINK items FROM totals
  WITH (connector = 'dynamodb', table = 'totals', region = 'us-east-1', primary_key = 'viewer');
`;

let dir: string;
beforeEach(async () => {
  await loadParser();
  dir = await mkdtemp(join(tmpdir(), 'freshet-file-sink-'));
});
afterEach(() => rm(dir, { recursive: true }));

function start(checkpoint_interval_ms: number): Promise<OpenPipeline> {
  const { pipeline, diagnostics } = checkPipeline(bindPipeline('p', [{ name: 'p.sql', text: SQL }], {}));
  if (pipeline === undefined) throw new Error(JSON.stringify(diagnostics));
  return openPipeline({
    pipeline,
    mode: 'dev',
    stateDir: join(dir, 'state'),
    baseDir: dir,
    env: {},
    log: SILENT_LOG,
    settings: { barrier_interval_ms: 20, checkpoint_interval_ms },
  });
}

async function lines(folder: string): Promise<unknown[]> {
  const names = (await readdir(join(dir, folder))).filter((name) => name.startsWith('part-')).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(dir, folder, name), 'utf8')));
  return texts.flatMap((text) => text.trimEnd().split('\n')).map((line) => JSON.parse(line) as unknown);
}

async function post(running: OpenPipeline, id: number, seconds: number): Promise<void> {
  const event = JSON.stringify({ id, viewer: `v${id % 2}`, seconds });
  await running.ingest.append('plays', new TextEncoder().encode(event), 'application/json');
}

test('files and items are written by one pipeline, and the files continue after a restart', async () => {
  const first = await start(100);
  await post(first, 1, 90);
  await post(first, 2, 30);
  await vi.waitFor(
    async () => expect(await lines('long')).toEqual([{ id: 1, viewer: 'v1', minutes: 1.5 }]),
    20_000,
  );
  const { sinks } = first.runner.status();
  expect(sinks.map(({ name, delivery }) => [name, delivery])).toMatchObject([
    ['long_files', 'live'],
    ['versions', 'live'],
    ['items', expect.any(String)],
  ]);
  await first.close();

  const second = await start(600_000);
  await post(second, 3, 60);
  const { kernel } = second.runner;
  await vi.waitFor(() => expect(kernel.view('long_plays').rowCount).toBe(2), 20_000);
  await second.close(); // a clean stop writes a checkpoint and commits
  expect(await lines('long')).toEqual([
    { id: 1, viewer: 'v1', minutes: 1.5 },
    { id: 3, viewer: 'v1', minutes: 1 },
  ]);
  const versions = await lines('versions');
  expect(versions.filter((row) => (row as { viewer: string }).viewer === 'v1')).toEqual([
    { viewer: 'v1', seconds: 90 },
    { viewer: 'v1', seconds: 150 },
  ]);
});

test('a dry run counts the rows for the files and writes none', async () => {
  const rows = [1, 2, 3].map((id) => JSON.stringify({ id, viewer: 'v', seconds: 60 }));
  await mkdir(join(dir, 'in'));
  await writeFile(join(dir, 'in', 'a.ndjson'), rows.join('\n'));
  const text = `
    CREATE SOURCE plays (id BIGINT, viewer VARCHAR, seconds INT)
    WITH (connector = 'posix_fs', posix_fs.root = 'in') FORMAT PLAIN ENCODE JSON;
    CREATE MATERIALIZED VIEW copies AS SELECT id FROM plays WHERE id > 1;
    CREATE SINK files FROM copies WITH (connector = 'posix_fs', posix_fs.root = 'out');
  `;
  const { pipeline } = checkPipeline(bindPipeline('p', [{ name: 'p.sql', text }], {}));
  const options = { pipeline: pipeline!, baseDir: dir, env: {}, log: SILENT_LOG };
  const stateDir = join(dir, 'state');
  const count = async (): Promise<readonly number[]> => {
    const report = await dryRun({ ...options, stateDir }, { signal: AbortSignal.timeout(20_000) });
    return report.sinks.map(({ writes }) => writes);
  };
  expect(await count()).toEqual([2]);
  expect(await readdir(dir)).not.toContain('out');
  const running = await openPipeline({ ...options, stateDir, mode: 'run' });
  await vi.waitFor(() => expect(running.runner.status().sinks[0]!.delivery).toBe('live'), 20_000);
  await running.close();
  expect(await lines('out')).toEqual([{ id: 2 }, { id: 3 }]);
  expect(await count()).toEqual([0]);
});
