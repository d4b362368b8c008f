import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cli, startCli, type RunningCli } from './support/run-cli.ts';

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'freshet-dev-'));
});
afterEach(() => rmSync(state, { recursive: true, force: true }));

async function dev(...flags: string[]): Promise<{ running: RunningCli; url: string; dynamodb: string }> {
  const running = startCli(['dev', '--state', state, '--port', '0', ...flags]);
  const url = (await running.prints(/page +(\S+)\//))[1]!;
  const dynamodb = (await running.prints(/dynamodb +(\S+) \(embedded\)/))[1]!;
  return { running, url, dynamodb };
}

interface Answer {
  readonly domains: Record<
    string,
    { readonly status: string; readonly attributes?: Record<string, unknown> }
  >;
}

async function profile(url: string, viewer: number): Promise<Answer | undefined> {
  const response = await fetch(`${url}/v1/viewers/${viewer}/profile`);
  return response.ok ? ((await response.json()) as Answer) : undefined;
}

async function until<T>(ask: () => Promise<T | undefined>, test: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && test(answer)) return answer;
    await sleep(50);
  }
}

async function post(url: string, viewer: number, seconds: number): Promise<void> {
  const watched_at = new Date().toISOString().replace('Z', '');
  const event = {
    viewer_id: viewer,
    content_id: 'a',
    genre: 'drama',
    watch_duration_sec: seconds,
    watched_at,
  };
  const response = await fetch(`${url}/v1/sources/view_events/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(event),
  });
  expect(response.status).toBe(202);
}

const minutes = (answer: Answer) => answer.domains['watch']?.attributes?.['watch_minutes_28d'];

describe('dev', () => {
  it('serves posted events, exits with 0 on Ctrl-C, and continues where it stopped', async () => {
    const first = await dev('--no-simulate');
    const taken = ['--port', new URL(first.url).port];
    await post(first.url, 7, 90);
    const seen = await until(
      () => profile(first.url, 7),
      (answer) => minutes(answer) === 1.5,
    );
    expect(seen.domains['interactions']).toEqual({ status: 'absent' });
    first.running.interrupt();
    expect(await first.running.ended).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^stopping\.\.\.\nstopped;/),
    });
    expect(first.running.stdout()).toContain('(new)');

    // --reset deletes nothing if the port is in use.
    const other = createServer().listen(Number(taken[1]), '127.0.0.1');
    await once(other, 'listening');
    const refused = await cli(['dev', '--no-simulate', '--reset', '--state', state, ...taken]);
    expect(refused.stderr).toMatch(/^error: port \d+ is in use\n/);
    other.close();

    const second = await dev('--no-simulate');
    expect(second.running.stdout()).toContain('(continued)');
    await post(second.url, 7, 30);
    await until(
      () => profile(second.url, 7),
      (answer) => minutes(answer) === 2,
    );
    second.running.interrupt();
    expect((await second.running.ended).code).toBe(0);

    const third = await dev('--no-simulate', '--reset');
    expect(third.running.stdout()).toContain('(new)');
    expect(await profile(third.url, 7)).toBeUndefined();
    third.running.interrupt();
    expect((await third.running.ended).code).toBe(0);
  });

  it('simulates viewers with a history, whose profiles `serve` reads from the same DynamoDB', async () => {
    const { running, url, dynamodb } = await dev('--viewers', '20', '--rate', '50', '--backfill-days', '10');
    const whole = (answer: Answer) =>
      Object.values(answer.domains).every(({ status }) => status === 'present');
    await running.prints(/every profile is in DynamoDB after [\d.]+ s \([\d,]+ writes\)/);
    expect(running.stdout()).toMatch(/^simulated 10 days of 20 viewers: [\d,]+ events\n/);
    expect(running.stdout().match(/caught up with [\d,]+ events in/g)).toHaveLength(1);
    const seen = await until(() => profile(url, 8_000_001), whole);
    expect(Object.keys(seen.domains)).toEqual(['watch', 'session', 'interactions', 'preferences', 'history']);

    const serve = startCli(['serve', '--endpoint', dynamodb, '--region', 'us-east-1', '--port', '0']);
    const alone = (await serve.prints(/ on (http:\S+)/))[1]!;
    expect(Object.keys((await profile(alone, 8_000_001))!.domains)).toEqual(Object.keys(seen.domains));
    serve.interrupt();
    expect(await serve.ended).toMatchObject({ code: 0, stderr: '' });
    running.interrupt();
    expect((await running.ended).code).toBe(0);
  });

  it('names the port or state folder that is in use', async () => {
    const { running, url } = await dev('--no-simulate');
    const { port } = new URL(url);
    const elsewhere = join(state, 'elsewhere');
    const samePort = await cli(['dev', '--no-simulate', '--state', elsewhere, '--port', port]);
    expect(samePort).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(`^error: port ${port} is in use\nhint: .*--port`),
    });
    const sameState = await cli(['dev', '--no-simulate', '--state', state, '--port', '0']);
    expect(sameState).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error: .* is in use by .*\nhint: /),
    });
    running.interrupt();
    await running.ended;
  });
});

it('a pipeline that writes no profiles is served too', async () => {
  const folder = join(state, 'counts');
  mkdirSync(folder);
  writeFileSync(
    join(folder, 'counts.sql'),
    `CREATE TABLE plays (viewer_id BIGINT, seconds INT);
     CREATE MATERIALIZED VIEW totals AS SELECT viewer_id, SUM(seconds) AS seconds FROM plays GROUP BY viewer_id;`,
  );
  for (const command of ['run', 'dev']) {
    const running = startCli([command, folder, '--state', join(state, command), '--port', '0']);
    const where = /http:\/\/127\.0\.0\.1:\d+/;
    const [url] = command === 'run' ? await running.logs(where) : await running.prints(where);
    expect(running.stdout()).not.toMatch(/profile|dynamodb/);
    const profiles = await fetch(`${url}/v1/viewers/1/profile`);
    expect(profiles.status).toBe(404);
    expect(await profiles.json()).toMatchObject({ type: 'urn:freshet:problem:no-profiles' });
    const headers = { 'content-type': 'application/json' };
    const body = '{"viewer_id":1,"seconds":60}';
    const posted = await fetch(`${url}/v1/sources/plays/events`, { method: 'POST', headers, body });
    expect(posted.status).toBe(202);
    await until(
      async () => (await fetch(`${url}/v1/status`)).json() as Promise<{ views: { rows: number }[] }>,
      ({ views }) => views[0]!.rows === 1,
    );
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('freshet_view_rows{view="totals"} 1');
    running.interrupt();
    expect((await running.ended).code).toBe(0);
  }
});

it("the start report and status of a user's pipeline show its key and profiles, and no recommendations", async () => {
  const folder = join(state, 'podcasts');
  mkdirSync(folder);
  writeFileSync(
    join(folder, 'podcasts.sql'),
    `CREATE TABLE listens (listener VARCHAR, show_id VARCHAR);
     CREATE MATERIALIZED VIEW totals AS
       SELECT listener, 'profile#totals' AS part, COUNT(*) AS listens FROM listens GROUP BY listener;
     CREATE SINK totals_out FROM totals
       WITH (connector = 'dynamodb', table = 'podcast_profiles', primary_key = 'listener, part');`,
  );
  const running = startCli(['dev', folder, '--state', join(state, 'podcasts.state')]);
  const [, url] = await running.prints(/page +(\S+)\//);
  expect(running.stdout()).toContain(`  profile    curl ${url}/v1/viewers/{listener}/profile\n`);
  expect(running.stdout()).toContain(`  ingest     POST ${url}/v1/sources/listens/events\n`);
  expect(running.stdout()).not.toMatch(/8000001|recommend|[Ss]imulated/);
  const status = async () => (await (await fetch(`${url}/v1/status`)).json()) as Record<string, unknown>;
  expect(await status()).toMatchObject({ profile_key: 'listener', recommends: false, demo: false });
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ listener: "ann o'b", show_id: 's1' });
  await fetch(`${url}/v1/sources/listens/events`, { method: 'POST', headers, body });
  const [, key] = await running.prints(/the first profile: curl \S+\/v1\/viewers\/(\S+)\/profile\n/);
  expect(key).toBe('ann%20o%27b');
  const answer = await until(
    async () => {
      const response = await fetch(`${url}/v1/viewers/${key}/profile`);
      return response.ok ? ((await response.json()) as Answer) : undefined;
    },
    () => true,
  );
  expect(answer.domains['totals']?.attributes).toEqual({ listens: 1 });
  expect(await status()).toMatchObject({
    domains: ['totals'],
    example_viewer: "ann o'b",
    recent_viewers: [{ viewer_id: "ann o'b" }],
  });
  const none = await fetch(`${url}/v1/viewers/${key}/recommendations`);
  expect([none.status, await none.json()]).toMatchObject([
    404,
    { type: 'urn:freshet:problem:no-recommendations' },
  ]);
  const candidates = JSON.stringify({ candidates: [{ content_id: 's2' }] });
  const ranked = await fetch(`${url}/v1/viewers/${key}/recommendations`, {
    method: 'POST',
    headers,
    body: candidates,
  });
  expect(await ranked.json()).toMatchObject({ items: [{ content_id: 's2' }] });
  running.interrupt();
  expect((await running.ended).code).toBe(0);
});

it('dev says which option chooses the port of its DynamoDB if it is in use', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const { code, stderr } = await cli([
    'dev',
    'examples/shop',
    '--state',
    state,
    '--dynamodb-port',
    String(port),
  ]);
  taken.close();
  expect([code, stderr]).toEqual([
    1,
    `error: port ${port} is in use\n` +
      'hint: stop the process that uses it, or choose another port with --dynamodb-port\n',
  ]);
});

it('dev without a pipeline names the folders with SQL, or the shipped pipeline', async () => {
  const elsewhere = await cli(['dev'], { cwd: state });
  expect(elsewhere).toMatchObject({ code: 2, stdout: '' });
  expect(elsewhere.stderr).toMatch(
    /^error: no such folder: pipelines\/viewer-engagement\nhint: .*Freshet comes with one: .*pipelines\/viewer-engagement\n$/,
  );
  mkdirSync(join(state, 'sql'));
  writeFileSync(join(state, 'sql/a.sql'), 'CREATE TABLE t (a INT);');
  mkdirSync(join(state, 'pipelines/shop'), { recursive: true });
  writeFileSync(join(state, 'pipelines/shop/b.sql'), 'CREATE TABLE t (a INT);');
  expect((await cli(['dev'], { cwd: state })).stderr).toMatch(/; found here: sql, pipelines\/shop\n$/);
});

it('run refuses a Kafka source without brokers', async () => {
  const { code, stderr } = await cli(
    ['run', 'pipelines/viewer-engagement', '--state', state, '--log-level', 'error'],
    {
      env: { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' },
    },
  );
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: source view_events: no Kafka broker is set\nhint: /);
});

it('a domain in layout packed has its profiles, keys and metrics, and its view does not run beside its days', async () => {
  const folder = join(state, 'packed');
  mkdirSync(folder);
  writeFileSync(
    join(folder, 'packed.sql'),
    `CREATE TABLE listens (listener VARCHAR, day DATE);
     CREATE MATERIALIZED VIEW rolling AS
       SELECT 'profile#listens' AS part, COUNT(*) FILTER (WHERE day > CURRENT_DATE - 7) AS listens_7d, listener
       FROM listens GROUP BY listener;
     CREATE SINK listens_out FROM rolling WITH (connector = 'dynamodb', table = 'listen_profiles',
       primary_key = 'listener, part', freshet.layout = 'packed');`,
  );
  const running = startCli(['dev', folder, '--state', join(state, 'packed.state'), '--port', '0']);
  const [, url] = await running.prints(/page +(\S+)\//);
  const day = new Date().toISOString().slice(0, 10);
  await fetch(`${url}/v1/sources/listens/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([
      { listener: 'ann', day },
      { listener: 'ann', day: '2020-01-01' },
    ]),
  });
  const [, key] = await running.prints(/the first profile: curl \S+\/v1\/viewers\/(\S+)\/profile\n/);
  expect(key).toBe('ann');
  const answer = await until(
    async () => {
      const response = await fetch(`${url}/v1/viewers/ann/profile`);
      return response.ok ? ((await response.json()) as Answer) : undefined;
    },
    () => true,
  );
  expect(answer.domains['listens']?.attributes).toEqual({ listens_7d: 1 });
  const status = (await (await fetch(`${url}/v1/status`)).json()) as Record<string, unknown>;
  expect(status).toMatchObject({ example_viewer: 'ann', recent_viewers: [{ viewer_id: 'ann' }] });
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toContain('freshet_view_rows{view="listens_out__days"} 1');
  expect(metrics).not.toContain('view="rolling"');
  running.interrupt();
  expect((await running.ended).code).toBe(0);
});
