import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cli, startCli } from './support/run-cli.ts';

const FIXED = ['--start', '2026-03-01', '--viewers', '50'];

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

it('prints the same bytes for the same seed, and others for another seed', async () => {
  const run = (seed: string) =>
    cli(['simulate', '--source', 'view_events', '--events', '200', ...FIXED, '--seed', seed]);
  const [first, second, other] = [await run('7'), await run('7'), await run('8')];
  expect(first.code).toBe(0);
  expect(linesOf(first.stdout)).toHaveLength(200);
  expect(Object.keys(JSON.parse(linesOf(first.stdout)[0]!) as object)).toEqual([
    'event_id',
    'viewer_id',
    'content_id',
    'genre',
    'watch_duration_sec',
    'completion_pct',
    'watched_at',
  ]);
  expect(second.stdout).toBe(first.stdout);
  expect(other.stdout).not.toBe(first.stdout);
});

it('writes a file per source that replay reads without errors', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'freshet-simulate-'));
  try {
    const { code, stderr } = await cli(['simulate', '--days', '3', '--out', 'events', ...FIXED], {
      cwd: folder,
    });
    const read = (source: string) =>
      linesOf(readFileSync(join(folder, 'events', `${source}.ndjson`), 'utf8'));
    const total = read('view_events').length + read('content_interactions').length;
    expect({ code, stderr }).toEqual({ code: 0, stderr: `${total} events\n` });
    const input = `view_events=${join(folder, 'events/view_events.ndjson')}`;
    const argv = ['replay', 'pipelines/viewer-engagement', '--input', input, '--as-of', '2026-03-04'];
    const replayed = await cli([...argv, '--select', 'viewers']);
    expect({ code: replayed.code, stderr: replayed.stderr }).toEqual({ code: 0, stderr: '' });
    expect(linesOf(replayed.stdout).length).toBeGreaterThan(20);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it('replaces the files of an earlier run, and says if it was interrupted', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'freshet-simulate-'));
  const file = join(folder, 'content_interactions.ndjson');
  try {
    writeFileSync(file, 'earlier');
    await cli(['simulate', '--events', '1', '--out', folder, ...FIXED]);
    expect(readFileSync(file, 'utf8')).toBe('');
    const stopped = startCli(['simulate', '--days', '10000', '--out', folder, ...FIXED]);
    while (readFileSync(file, 'utf8') === '') await new Promise((resolve) => setTimeout(resolve, 20));
    stopped.interrupt();
    expect(await stopped.ended).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^[\d,]+ events; interrupted before the end\n$/),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it('posts to a server, sends again after a 503, and stops on Ctrl-C', async () => {
  const bodies: string[] = [];
  let refused = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    expect(request.url).toMatch(/^\/behind\/a\/proxy\/v1\/sources\/\w+\/events$/);
    request.on('end', () => {
      const refuse = refused++ === 0;
      if (!refuse) bodies.push(Buffer.concat(chunks).toString());
      response.writeHead(refuse ? 503 : 202).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/behind/a/proxy`;
    const done = await cli(['simulate', '--http', url, '--events', '300', ...FIXED]);
    expect({ code: done.code, stderr: done.stderr }).toEqual({ code: 0, stderr: '300 events\n' });
    const sent = bodies.flatMap(linesOf);
    expect(sent).toHaveLength(300);
    expect(new Set(sent.map((line) => line.slice(0, 60))).size).toBeGreaterThan(290);

    const live = startCli(['simulate', '--http', url, '--rate', '500', '--viewers', '50']);
    const before = bodies.length;
    while (bodies.length === before) await new Promise((resolve) => setTimeout(resolve, 20));
    live.interrupt();
    expect((await live.ended).code).toBe(0);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

it('says which pipelines take its events if a server has no such source', async () => {
  const server = createServer((_, response) => response.writeHead(404).end('{}')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { code, stderr } = await cli(['simulate', '--http', url, '--events', '10', ...FIXED]);
  server.close();
  expect(code).toBe(1);
  expect(stderr).toMatch(/answered 404: \{\}\nhint: the simulator makes events of viewers; /);
});

it.each<[string, readonly string[], RegExp]>([
  ['no target', [], /the events need exactly one target\nhint: /],
  ['two targets', ['--out', 'x', '--http', 'http://127.0.0.1:1'], /the events need exactly one target/],
  ['an unknown source', ['--source', 'clicks'], /the simulator has no source clicks\nhint: /],
  [
    'a target that is not a URL',
    ['--http', 'localhost:8080', '--events', '1'],
    /not an HTTP URL: localhost:8080\nhint: /,
  ],
  [
    'a password on the command line, without repeating it',
    ['--http', 'http://me:secret@127.0.0.1:1', '--events', '1'],
    /^error: the URL contains a user name or password\nhint: set FRESHET_INGEST_TOKEN instead\n$/,
  ],
  ['a share above 1', ['--source', 'view_events', '--late', '2'], /expected a ratio from 0 to 1/],
])('refuses %s', async (_, argv, message) => {
  const { code, stdout, stderr } = await cli(['simulate', ...argv]);
  expect(stderr).toMatch(message);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
});
