import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Pipeline } from '../../src/plan/pipeline.ts';
import { SILENT_LOG } from './support/silent-log.ts';
import { openPipeline, type OpenPipeline } from '../../src/runtime/open-pipeline.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadParser } from '../../src/sql/parser.ts';

let folder: string;
let opened: OpenPipeline | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'freshet-rotated-'));
  await mkdir(join(folder, 'in'));
});
afterEach(async () => {
  await opened?.close();
  await rm(folder, { recursive: true });
});

async function pipelineOf(select: string): Promise<Pipeline> {
  await loadParser();
  const text = `
    CREATE SOURCE plays (id INT) WITH (
      connector = 'posix_fs', posix_fs.root = 'in', match_pattern = '*.ndjson', refresh.interval.sec = 1
    ) FORMAT PLAIN ENCODE JSON;
    CREATE MATERIALIZED VIEW ids AS ${select}`;
  const { pipeline, diagnostics } = bindPipeline('test', [{ name: 'test.sql', text }], {});
  expect(diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
  return pipeline!;
}

async function restart(select: string): Promise<void> {
  await opened?.close();
  opened = await openPipeline({
    pipeline: await pipelineOf(select),
    mode: 'run',
    stateDir: join(folder, 'state'),
    baseDir: folder,
    env: {},
    log: SILENT_LOG,
    settings: { barrier_interval_ms: 20 },
  });
}

/** Waits until the view's only row has these values. */
const shows = (...values: number[]): Promise<void> =>
  vi.waitFor(
    () => {
      const { rows } = opened!.runner.kernel.view('ids').page(0, 1);
      expect(values.map((_, i) => rows.column(i).get(0))).toEqual(values);
    },
    { timeout: 240_000, interval: 20 },
  );

const write = (name: string, ids: readonly number[]): Promise<void> =>
  writeFile(join(folder, 'in', name), ids.map((id) => `{"id":${id}}\n`).join(''));

test('a file rotated while the pipeline was stopped counts once, also when the views are rebuilt', async () => {
  const select = 'SELECT COUNT(*)::INT AS n, SUM(id)::INT AS total FROM plays';
  await write('a.ndjson', [1, 2]);
  await restart(select);
  await shows(2, 3);
  await opened!.close();
  await rename(join(folder, 'in/a.ndjson'), join(folder, 'in/a.1.ndjson'));
  await write('a.ndjson', [10]);
  await restart(select);
  expect(opened!.runner.status().recovery?.kind).toBe('restored');
  await shows(3, 13);
  await restart(`${select} WHERE id < 100`);
  expect(opened!.runner.status().recovery?.kind).toBe('rebuilt');
  await shows(3, 13);
});

test('an unread file is reported with its reason in the status, and counted in the metrics', async () => {
  await write('a.ndjson', [1]);
  await writeFile(join(folder, 'secret'), '{"id":100}\n');
  await symlink(join(folder, 'secret'), join(folder, 'in/b.ndjson'));
  await restart('SELECT COUNT(*)::INT AS n FROM plays');
  await shows(1);
  expect(opened!.runner.status().sources).toMatchObject([
    { state: 'running', problems: [{ name: 'b.ndjson', error: 'the link points outside posix_fs.root' }] },
  ]);
  expect(await opened!.metrics.registry.metrics()).toContain('freshet_source_unread_files{source="plays"} 1');
});

test('a dead letter of a file names file and line, and is written once even if the file is read again', async () => {
  const select = 'SELECT COUNT(*)::INT AS n FROM plays';
  await writeFile(join(folder, 'in/a.ndjson'), '{"id":1}\nnot json\n\n{"id":2}\n[3]\n');
  await restart(select);
  await shows(2);
  await restart(`${select} WHERE id < 100`);
  expect(opened!.runner.status().recovery?.kind).toBe('rebuilt');
  await shows(2);
  await writeFile(join(folder, 'in/b.ndjson'), '\n\n"b"\n{"id":3}\n');
  await shows(3);
  const { letters, found } = await vi.waitFor(
    async () => {
      const list = await opened!.deadLetters({ limit: 10 });
      expect(list.found).toBeGreaterThanOrEqual(3);
      return list;
    },
    { timeout: 240_000 },
  );
  expect(found).toBe(3);
  expect(letters.filter(({ partition }) => partition !== undefined)).toEqual([]);
  expect(letters).toMatchObject([
    {
      source: 'plays',
      reason: 'malformed',
      file: 'a.ndjson',
      line: 2,
      offset: '9',
      payload: 'not json',
      payload_bytes: 8,
    },
    {
      source: 'plays',
      reason: 'malformed',
      file: 'a.ndjson',
      line: 5,
      offset: '28',
      payload: '[3]',
      payload_bytes: 3,
    },
    {
      source: 'plays',
      reason: 'malformed',
      file: 'b.ndjson',
      line: 3,
      offset: '2',
      payload: '"b"',
      payload_bytes: 3,
    },
  ]);
});
