// What a newcomer sees: clones this commit, installs, runs `npm start`, and looks at a profile as it changes; ends it
// with Ctrl-C, starts it again, and finds it where it stopped. Usage: node .ci/smoke.mjs FOLDER
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const SERVING_WITHIN_MS = 30_000;
const CHANGES_WITHIN_MS = 20_000;
const ENDS_WITHIN_MS = 15_000;

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

/** Asks until `test` is content with the answer. */
async function until(url, test, within_ms) {
  const until_ms = Date.now() + within_ms;
  while (Date.now() < until_ms) {
    const answer = await getJson(url);
    if (answer !== undefined && test(answer)) return answer;
    await sleep(200);
  }
  return undefined;
}

async function start(port) {
  // A process group of its own, as a terminal gives it: Ctrl-C reaches npm, its shell and the program.
  const child = spawn('npm', ['start', '--', '--port', String(port)], {
    cwd: clone,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const exited = once(child, 'exit');
  const ready = await until(`http://127.0.0.1:${port}/healthz`, () => true, SERVING_WITHIN_MS);
  return { child, exited, ready: ready !== undefined };
}

async function stop({ child, exited }) {
  process.kill(-child.pid, 'SIGINT');
  const timer = sleep(ENDS_WITHIN_MS).then(() => undefined);
  return Promise.race([exited, timer]);
}

function profileUrl(port, viewer) {
  return `http://127.0.0.1:${port}/v1/viewers/${viewer}/profile`;
}

execFileSync('git', ['clone', '--quiet', '--no-hardlinks', '.', clone], { stdio: 'inherit' });
execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: clone, stdio: 'inherit' });

const port = await freePort();
let running;
try {
  running = await start(port);
  check(running.ready, `npm start serves within ${SERVING_WITHIN_MS / 1000} s`);
  // (the rest is wired to the API's shape)
} finally {
  if (running !== undefined && running.child.exitCode === null) {
    try {
      process.kill(-running.child.pid, 'SIGKILL');
    } catch {
      // It has just ended by itself.
    }
  }
}
