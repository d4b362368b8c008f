import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DeadLetters, type DeadLetter } from '../../src/runtime/dead-letters.ts';
import { createNodeDisk } from '../../src/platform/node-disk.ts';
import { cli } from './support/run-cli.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'freshet-letters-'));
  await mkdir(join(cwd, '.freshet'));
});
afterEach(async () => {
  await rm(cwd, { recursive: true });
});

const letter = (more: Partial<DeadLetter>): DeadLetter => ({
  origin: 'source',
  name: 'plays',
  time_us: 1_700_000_000_000_000,
  reason: 'malformed',
  message: 'not JSON',
  payload: Buffer.from('x'),
  ...more,
});

/** Creates state folder `name` with these dead letters. */
async function state(name: string, letters: readonly DeadLetter[]): Promise<void> {
  const directory = join(cwd, '.freshet', name, 'dead-letters');
  const written = new DeadLetters({ disk: createNodeDisk(), directory, settings: { payload_bytes: 40 } });
  for (const [i, each] of letters.entries()) written.add({ ...each, time_us: each.time_us + 1e6 * i });
  await written.flush();
  await written.close();
}

const LETTERS = [
  letter({ file: 'in/a.ndjson', line: 17, offset: '400', payload: Buffer.from('{"a":\u001b[31m"1"') }),
  letter({ name: 'clicks', topic: 'c', partition: '3', offset: '1204', payload: Uint8Array.of(0xff, 0x00) }),
  letter({ origin: 'sink', name: 'items', reason: 'null_key', payload: Buffer.from('{"viewer_id":null}') }),
  letter({ file: 'in/b.ndjson', offset: '7', payload: Buffer.from('y'.repeat(50)) }),
];

it('lists place, reason and payload, of the only state folder with dead letters', async () => {
  await state('p', LETTERS);
  await mkdir(join(cwd, '.freshet/without'));
  const { code, stdout } = await cli(['dead-letters', 'list'], { cwd });
  expect(code).toBe(0);
  expect(stdout.split('\n')).toEqual([
    '2023-11-14T22:13:20.000Z  source plays, in/a.ndjson:17  malformed: not JSON',
    '    {"a":\\u001b[31m"1"',
    '2023-11-14T22:13:21.000Z  source clicks, topic c, partition 3, offset 1204  malformed: not JSON',
    '    base64 /wA=',
    '2023-11-14T22:13:22.000Z  sink items  null_key: not JSON',
    '    {"viewer_id":null}',
    '2023-11-14T22:13:23.000Z  source plays, in/b.ndjson, byte 7  malformed: not JSON',
    `    ${'y'.repeat(40)}`,
    '4 of 4 dead letters in .freshet/p, the newest last',
    '',
  ]);
});

it('filters by source or sink, and prints JSON or payloads only', async () => {
  await state('p', LETTERS);
  const list = (...flags: string[]) => cli(['dead-letters', 'list', '.freshet/p', ...flags], { cwd });
  const json = await list('--source', 'plays', '--json', '--limit', '1');
  expect(JSON.parse(json.stdout)).toMatchObject({ source: 'plays', file: 'in/b.ndjson', payload_bytes: 50 });
  const payloads = await list('--source', 'plays', '--payloads');
  expect(payloads.stdout).toBe('{"a":\u001b[31m"1"\n');
  expect(payloads.stderr).toBe('left out 1 whose payload was truncated or is not UTF-8 text\n');
  expect((await list('--sink', 'items', '--limit', '5')).stdout).toContain('1 of 1 dead letters');
  expect((await list('--sink', 'nobody')).stdout).toBe('no dead letters of sink nobody in .freshet/p\n');
});

it('refuses a folder that is not a state folder, and accepts one without dead letters', async () => {
  await mkdir(join(cwd, 'elsewhere'));
  const { code, stdout, stderr } = await cli(['dead-letters', 'list', 'elsewhere'], { cwd });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^error: elsewhere is not the state folder of a pipeline\nhint: /);
  await mkdir(join(cwd, 'elsewhere/checkpoints'));
  const empty = await cli(['dead-letters', 'list', 'elsewhere'], { cwd });
  expect(empty).toEqual({ code: 0, stdout: 'no dead letters in elsewhere\n', stderr: '' });
});

it('asks for the state folder if there is none or more than one', async () => {
  expect(await cli(['dead-letters', 'list'], { cwd })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('name the state folder') as string,
  });
  await state('p', []);
  await state('q', LETTERS);
  await state('r', LETTERS);
  expect((await cli(['dead-letters', 'list'], { cwd })).stderr).toContain(
    'folders with dead letters: .freshet/q, .freshet/r',
  );
  expect(await cli(['dead-letters', 'list', 'nosuch'], { cwd })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no such folder: nosuch') as string,
  });
});
