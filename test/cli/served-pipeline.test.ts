import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { servePipeline, type ServedPipeline } from '../../src/cli/served-pipeline.ts';
import { SILENT_LOG } from '../runtime/support/silent-log.ts';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { ROOT } from '../house/files.ts';
import { cli } from './support/run-cli.ts';

let folder: string;
let served: ServedPipeline;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'freshet-served-'));
  const { pipeline } = await loadPipeline(join(ROOT, 'pipelines/viewer-engagement'), { env: {} });
  const io = {
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    env: {},
    cwd: folder,
    interactive: false,
    signal: new AbortController().signal,
  };
  served = await servePipeline(io, {
    pipeline: pipeline!,
    pipelineDir: join(ROOT, 'pipelines/viewer-engagement'),
    mode: 'dev',
    stateDir: join(folder, 'state'),
    listen: { host: '127.0.0.1', port: 0 },
    log: SILENT_LOG,
  });
});
afterAll(async () => {
  await served?.close();
  await rm(folder, { recursive: true });
});

const view = (event_id: string, viewer_id: unknown, seconds: unknown = 600): string =>
  JSON.stringify({
    event_id,
    viewer_id,
    content_id: 'c1',
    genre: 'drama',
    watch_duration_sec: seconds,
    completion_pct: 0.5,
    watched_at: new Date(Date.now() - 60_000).toISOString().slice(0, -1),
  });

async function post(
  body: string,
  type = 'application/json',
): Promise<{ status: number; type: string; answer: Record<string, unknown> }> {
  const response = await fetch(`${served.url}/v1/sources/view_events/events`, {
    method: 'POST',
    headers: { 'content-type': type },
    body,
  });
  return {
    status: response.status,
    type: response.headers.get('content-type')!,
    answer: (await response.json()) as Record<string, unknown>,
  };
}

/** Returns watch_minutes_7d of the viewer's profile. */
async function minutesOf(viewer: number): Promise<unknown> {
  const response = await fetch(`${served.url}/v1/viewers/${viewer}/profile?domains=watch`);
  const profile = (await response.json()) as {
    domains?: { watch: { attributes?: Record<string, unknown> } };
  };
  return profile.domains?.watch.attributes?.['watch_minutes_7d'];
}

async function untilMinutes(viewer: number, minutes: number): Promise<void> {
  while ((await minutesOf(viewer)) !== minutes) await sleep(25);
}

describe('a pipeline in dev, over HTTP', () => {
  test('posted events reach the profile; malformed ones are refused and do not stop the stream', async () => {
    expect(await post(`[${view('a', 7)},${view('b', 8)}]`)).toMatchObject({
      status: 202,
      answer: { accepted: 2, first_offset: 0, rejected: [], warnings: [] },
    });
    await untilMinutes(7, 10);

    const nested = `{"viewer_id":7,"x":${'[{"y":'.repeat(40)}1${'}]'.repeat(40)}}`;
    for (const [body, status, kind] of [
      ['{"viewer_id":', 400, 'malformed-event'],
      ['"text"', 400, 'malformed-event'],
      [nested, 400, 'malformed-event'],
      [view('c', 7, 'x'.repeat(1 << 20)), 413, 'too-large'],
      [`"${'x'.repeat(9 << 20)}"`, 413, 'too-large'],
    ] as const) {
      const { type, answer, ...refused } = await post(body);
      expect([refused.status, type]).toEqual([status, 'application/problem+json; charset=utf-8']);
      expect(answer).toMatchObject({ type: `urn:freshet:problem:${kind}`, status });
    }

    const lines = [
      view('d', 7),
      'nonsense',
      view('e', 'everyone'),
      nested,
      view('f', 7, 'long'),
      view('g', 7),
    ];
    const mixed = await post(lines.join('\n'), 'application/x-ndjson');
    expect(mixed.status).toBe(200);
    expect(mixed.answer).toMatchObject({
      first_offset: 2,
      rejected: expect.arrayContaining([
        expect.objectContaining({ index: 1, reason: 'malformed' }),
        expect.objectContaining({ index: 3, reason: 'too_deep' }),
      ]) as unknown,
      warnings: expect.arrayContaining([
        expect.objectContaining({ index: 4, reason: 'wrong_type', column: 'watch_duration_sec' }),
      ]) as unknown,
    });
    // Viewer 7 has events a, d and g; f counts zero seconds. Viewer 8 is unchanged.
    await untilMinutes(7, 30);
    expect(await minutesOf(8)).toBe(10);

    const { accepted } = mixed.answer as { accepted: number };
    const status = (await (await fetch(`${served.url}/v1/status`)).json()) as {
      ingest: string[];
      sources: { name: string; rows: number; state: string }[];
    };
    expect(status.ingest).toContain('view_events');
    const running = { name: 'view_events', rows: 2 + accepted, state: 'running' };
    expect(status.sources).toContainEqual(expect.objectContaining(running));
  });
});

test('a token that no client can send is an error before any file is created', async () => {
  const argv = ['dev', 'pipelines/viewer-engagement', '--state', join(folder, 'none')];
  const { code, stdout, stderr } = await cli(argv, { env: { FRESHET_INGEST_TOKEN: ' x' } });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^error: FRESHET_INGEST_TOKEN begins or ends with white space/);
  expect(existsSync(join(folder, 'none'))).toBe(false);
});
