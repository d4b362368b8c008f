import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ROOT } from '../house/files.ts';
import { stepsOf, type Step } from './support/readme-steps.ts';

// examples/shop/README.md, followed word for word in a copy of the checkout: each of its shell blocks runs, and what
// the page shows below a block is in the output. Only the ports are others, since 8080 and 8000 may be in use.

const VISIBLE_WITHIN_MS = 120_000;

let clone: string;
let port: number;
let dynamoDbPort: number;
let server: ChildProcess | undefined;

beforeEach(async () => {
  clone = mkdtempSync(join(tmpdir(), 'freshet-shop-'));
  for (const name of ['src', 'bin', 'examples', 'package.json', 'tsconfig.json', 'tsconfig.build.json'])
    cpSync(join(ROOT, name), join(clone, name), { recursive: true });
  for (const made of ['profiles.ts', 'types.ts', 'build'])
    rmSync(join(clone, 'examples/shop', made), { recursive: true, force: true });
  symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules')); // in place of `npm ci`
  [port, dynamoDbPort] = await Promise.all([freePort(), freePort()]);
});

afterEach(async () => {
  if (server !== undefined && server.exitCode === null && server.signalCode === null) {
    const ended = once(server, 'exit');
    process.kill(-server.pid!, 'SIGKILL');
    await ended;
  }
  server = undefined;
  rmSync(clone, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port: free } = probe.address() as AddressInfo;
  probe.close();
  return free;
}

const environment = () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:AWS|FRESHET|KAFKA)_/.test(name)));

/** Returns the commands of a step as they run here. */
function here({ commands }: Step): string {
  return commands
    .replace('npm ci\n', '')
    .replaceAll('127.0.0.1:8080', `127.0.0.1:${port}`)
    .replaceAll('--dynamodb-port 8000', `--dynamodb-port ${dynamoDbPort} --port ${port}`)
    .replaceAll('127.0.0.1:8000', `127.0.0.1:${dynamoDbPort}`);
}

function run(step: Step): string {
  const { status, stdout, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', here(step)], {
    cwd: clone,
    env: environment(),
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${here(step)}\nended with ${status}: ${stdout}${stderr}`);
  return stdout;
}

/** Starts a step that runs until it is stopped, as a second terminal does. Resolves when the server answers. */
async function startServer(step: Step): Promise<void> {
  server = spawn('bash', ['-c', here(step)], {
    cwd: clone,
    env: environment(),
    detached: true,
    stdio: 'ignore',
  });
  const until_ms = Date.now() + VISIBLE_WITHIN_MS;
  while (Date.now() < until_ms) {
    const answers = await fetch(`http://127.0.0.1:${port}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answers) return;
    await sleep(100);
  }
  throw new Error(`${here(step)} does not serve`);
}

/** Runs a step until its output has what the page shows, since items arrive a moment after their events. */
async function expectShown(step: Step, shown: NonNullable<Step['shown']>): Promise<void> {
  const isJson = shown.kind === 'json';
  const expected = isJson ? withOthers(JSON.parse(withToday(shown.text))) : withOtherLines(shown.text);
  const read = (output: string): unknown => (isJson ? JSON.parse(output) : output.split('\n'));
  await vi.waitFor(() => expect(read(run(step))).toEqual(expected), {
    timeout: VISIBLE_WITHIN_MS,
    interval: 100,
  });
}

/** Returns a matcher of documents with at least the members of this one. */
function withOthers(document: unknown): unknown {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return document;
  const members = Object.entries(document).map(([name, value]) => [name, withOthers(value)]);
  return expect.objectContaining(Object.fromEntries(members));
}

/** Returns a matcher of lists of lines that have at least the lines of a text. */
function withOtherLines(text: string): unknown {
  return expect.arrayContaining(text.trimEnd().split('\n'));
}

/** The page shows a day of its own; events are of today. */
function withToday(text: string): string {
  return text.replaceAll(/\d{4}-\d{2}-\d{2}/g, new Date().toISOString().slice(0, 10));
}

// Once more if midnight falls between a post and its read.
it('does what its README says', { retry: 1 }, async () => {
  const steps = stepsOf('examples/shop/README.md');
  expect(steps.map(({ shown }) => shown?.kind)).toContain('json');
  for (const step of steps) {
    if (/freshet dev /.test(step.commands)) await startServer(step);
    else if (step.shown === undefined) run(step);
    else await expectShown(step, step.shown);
  }
  const [types, compile] = steps.filter(({ commands }) => /types|tsc/.test(commands)) as [Step, Step];
  replace('greet.ts', /    case 'zero':\n.*\n/, '');
  expect(() => run(compile)).toThrow(/greet\.ts.*error TS2366/);
  cpSync(join(ROOT, 'examples/shop/greet.ts'), join(clone, 'examples/shop/greet.ts'));
  replace('20_profiles.sql', /.*AS spent_28d,\n/, '');
  run(types);
  expect(() => run(compile)).toThrow(/greet\.ts.*error TS\d+: Property 'spent_28d' does not exist/);
});

/** Edits a file of the example as its README suggests. */
function replace(name: string, pattern: RegExp, by: string): void {
  const file = join(clone, 'examples/shop', name);
  const text = readFileSync(file, 'utf8');
  expect(text).toMatch(pattern);
  writeFileSync(file, text.replace(pattern, by));
}
