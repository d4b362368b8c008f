// Does what a newcomer does: clones this commit, installs it, runs `npm start` and watches a profile change; stops it
// with Ctrl-C, starts it again, and checks that it continues where it stopped. Usage: node .ci/smoke.mjs FOLDER
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

// Limits for a machine that does other work as well; the script prints how long the start took.
const SERVING_WITHIN_MS = 240_000;
const VISIBLE_WITHIN_MS = 180_000;
const ENDS_WITHIN_MS = 120_000;

const DOMAINS = ['watch', 'session', 'interactions', 'preferences', 'history'];
/** The first id of the simulator's viewers, of whom the first are the most active. */
const FIRST_VIEWER = 8_000_001;
/** A viewer that the simulator does not use, so that its only events are those posted here. */
const OURS = '900000000000001';

const clone = process.argv[2];

function check(condition, what) {
  if (!condition) throw new Error(`smoke: ${what}`);
  console.log(`ok: ${what}`);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

async function getJson(url) {
  try {
    const response = await fetch(url);
    return response.ok ? await response.json() : undefined;
  } catch {
    return undefined;
  }
}

/** Polls `url` until `test` accepts the answer, and returns it; undefined after `within_ms`. */
async function until(url, test, within_ms) {
  const until_ms = Date.now() + within_ms;
  while (Date.now() < until_ms) {
    const answer = await getJson(url);
    if (answer !== undefined && test(answer)) return answer;
    await sleep(200);
  }
  return undefined;
}

async function start(port, command) {
  // A process group of its own, as in a terminal, where Ctrl-C reaches npm, its shell and the program.
  const [program, ...args] = [...command, '--port', String(port)];
  const child = spawn(program, args, {
    cwd: clone,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const exited = once(child, 'exit');
  const began_ms = Date.now();
  const ready = await until(`http://127.0.0.1:${port}/healthz`, () => true, SERVING_WITHIN_MS);
  check(
    ready !== undefined,
    `${command.join(' ')} serves (${((Date.now() - began_ms) / 1000).toFixed(1)} s)`,
  );
  return { child, exited };
}

/** Presses Ctrl-C. The program exits with 0; npm, which also gets the signal, exits with the signal's code. */
async function stop({ child, exited }, port, codes) {
  process.kill(-child.pid, 'SIGINT');
  const [code, signal] = await Promise.race([exited, sleep(ENDS_WITHIN_MS, ['not ended'], { ref: false })]);
  check(codes.includes(code ?? signal), `Ctrl-C stops it (${code ?? signal})`);
  check((await getJson(`http://127.0.0.1:${port}/healthz`)) === undefined, 'nothing is left running');
}

function profileUrl(port, viewer) {
  return `http://127.0.0.1:${port}/v1/viewers/${viewer}/profile`;
}

/** Waits for a simulated viewer with an item in every domain and returns its id. */
async function wholeViewer(port) {
  const until_ms = Date.now() + VISIBLE_WITHIN_MS;
  while (Date.now() < until_ms) {
    for (let id = FIRST_VIEWER; id < FIRST_VIEWER + 50; id++) {
      const profile = await getJson(profileUrl(port, id));
      if (profile !== undefined && DOMAINS.every((name) => profile.domains[name]?.status === 'present'))
        return id;
    }
    await sleep(500);
  }
  return undefined;
}

/** Waits until the watch domain of any simulated viewer is written anew. */
async function changing(port) {
  const began = new Date().toISOString();
  const until_ms = Date.now() + VISIBLE_WITHIN_MS;
  while (Date.now() < until_ms) {
    for (let id = FIRST_VIEWER; id < FIRST_VIEWER + 50; id++) {
      const profile = await getJson(profileUrl(port, id));
      if (profile?.domains.watch?.written_at > began) return true;
    }
  }
  return false;
}

async function post(port, seconds, title) {
  const response = await fetch(`http://127.0.0.1:${port}/v1/sources/view_events/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      event_id: title,
      viewer_id: Number(OURS),
      content_id: title,
      genre: 'documentary',
      watch_duration_sec: seconds,
      completion_pct: 1,
      watched_at: new Date().toISOString().replace('Z', ''),
    }),
  });
  check(response.status === 202, `an event is acknowledged (${response.status})`);
}

async function expectTotals(port, minutes, titles) {
  const right = ({ domains }) =>
    domains.watch?.attributes?.watch_minutes_28d === minutes &&
    domains.watch.attributes.titles_28d === titles;
  const seen = await until(profileUrl(port, OURS), right, VISIBLE_WITHIN_MS);
  if (seen === undefined) console.log(JSON.stringify(await getJson(profileUrl(port, OURS))));
  check(seen !== undefined, `the profile of viewer ${OURS} shows ${minutes} minutes of ${titles} titles`);
}

execFileSync('git', ['clone', '--quiet', '--no-hardlinks', '.', clone], { stdio: 'inherit' });
execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: clone, stdio: 'inherit' });
const checked = execFileSync('npx', ['--no-install', 'freshet', 'check', 'pipelines/viewer-engagement'], {
  cwd: clone,
  encoding: 'utf8',
});
check(
  /: 0 errors/.test(checked),
  'npx --no-install freshet runs, and finds no error in the shipped pipeline',
);

const port = await freePort();
let running;
try {
  running = await start(port, ['npm', 'start', '--']);
  const viewer = await wholeViewer(port);
  check(viewer !== undefined, `a simulated viewer has an item in every domain (viewer ${viewer})`);
  check(await changing(port), 'profiles change as viewers watch');
  await post(port, 90, 'one');
  await post(port, 30, 'two');
  await expectTotals(port, 2, 2);
  await stop(running, port, [0, 130, 'SIGINT']);

  running = await start(port, ['node', 'bin/freshet.js', 'dev', '--no-simulate']);
  await expectTotals(port, 2, 2);
  await post(port, 60, 'two');
  await expectTotals(port, 3, 2);
  await stop(running, port, [0]);
} finally {
  if (running !== undefined && running.child.exitCode === null) {
    try {
      process.kill(-running.child.pid, 'SIGKILL');
    } catch {
      // It has just ended by itself.
    }
  }
}
