import { spawn } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockFolder } from '../../src/storage/folder-lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'freshet-lock-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Takes the lock, returns the content of its file, and releases it. */
async function takeAndGive(): Promise<{ readonly pid: number }> {
  const lock = await lockFolder(folder);
  const held = JSON.parse(await readFile(join(folder, 'lock'), 'utf8')) as { readonly pid: number };
  await lock.release();
  return held;
}

const holder = (fields: object): Promise<void> =>
  writeFile(
    join(folder, 'lock'),
    JSON.stringify({ pid: 1, host: hostname(), process: undefined, token: 'x', ...fields }),
  );

test('the lock has one holder at a time, and is free after its release', async () => {
  const lock = await lockFolder(folder);
  await expect(lockFolder(folder)).rejects.toMatchObject({
    name: 'StorageError',
    message: `${folder} is in use by this process`,
  });
  await expect(lockFolder(join(folder, '..', folder.split('/').at(-1)!))).rejects.toThrow('in use');
  await lock.release();
  await lock.release();
  expect(await readdir(folder)).toEqual([]);
  expect(await takeAndGive()).toMatchObject({ pid: process.pid });
});

test('a running process keeps its lock; the lock of a killed process is free', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  try {
    await holder({ pid: child.pid });
    await expect(lockFolder(folder)).rejects.toThrow(`in use by process ${child.pid}`);
  } finally {
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
  }
  expect(await takeAndGive()).toMatchObject({ pid: process.pid });
});

test('a process that has the pid of a dead holder is not taken for the holder', async () => {
  await holder({ pid: process.pid, process: 'another boot/1' }); // as in a container, where pids repeat
  expect(await takeAndGive()).toMatchObject({ pid: process.pid });
  await holder({ pid: process.ppid, process: 'another boot/1' });
  expect(await takeAndGive()).toMatchObject({ pid: process.pid });
});

test('a holder on another machine loses a lock that it has not renewed for long', async () => {
  await holder({ pid: 7, host: 'elsewhere' });
  await expect(lockFolder(folder)).rejects.toThrow('in use by process 7 on elsewhere');
  const long_ago = new Date(Date.now() - 120_000);
  await utimes(join(folder, 'lock'), long_ago, long_ago);
  expect(await takeAndGive()).toMatchObject({ pid: process.pid });
});

test('a file that is not a lock file counts as no lock', async () => {
  await writeFile(join(folder, 'lock'), '');
  expect(await takeAndGive()).toMatchObject({ pid: process.pid });
});

test('of many processes that find a dead lock at once, exactly one takes it', async () => {
  await holder({ pid: 2 ** 22 + 1 }); // above any pid
  const outcomes = await Promise.allSettled([lockFolder(folder), lockFolder(folder), lockFolder(folder)]);
  const won = outcomes.filter((o) => o.status === 'fulfilled');
  expect(won).toHaveLength(1);
  expect(JSON.parse(await readFile(join(folder, 'lock'), 'utf8'))).toMatchObject({ pid: process.pid });
  await won[0]!.value.release();
});

test('a holder whose lock was taken over is notified, and leaves the lock to the new holder', async () => {
  const heard: Error[] = [];
  const lock = await lockFolder(folder, { renew_ms: 5, onLost: (error) => heard.push(error) });
  await holder({ pid: 7, host: 'elsewhere' });
  const path = join(folder, 'lock');
  const then = new Date(Date.now() - 20_000);
  await utimes(path, then, then);
  while (heard.length === 0) await sleep(5);
  await sleep(30);
  expect(heard).toMatchObject([
    {
      name: 'StorageError',
      message: `${folder} was taken over by process 7 on elsewhere because this process had not renewed its lock`,
    },
  ]);
  // The old holder neither renewed nor released the other's lock.
  expect((await stat(path)).mtimeMs).toBeLessThan(Date.now() - 10_000);
  await lock.release();
  expect(await readFile(path, 'utf8')).toContain('elsewhere');
  await rm(path);
});
