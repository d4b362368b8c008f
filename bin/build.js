// Brings a TypeScript output folder up to date, at most once at a time. Plain JavaScript: it runs before anything
// has been compiled.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const LOCK_WAIT_MS = 120_000;

/**
 * The newest modification time under `path`. Folders count too: theirs changes when a file is added or removed.
 * @param {string} path
 * @returns {number}
 */
function newest_ms(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  let newest = stat.mtimeMs;
  for (const entry of readdirSync(path)) newest = Math.max(newest, newest_ms(join(path, entry)));
  return newest;
}

function isStale(root, outDir, inputs) {
  const stamp = join(root, outDir, '.built');
  if (!existsSync(stamp)) return true;
  const built_ms = statSync(stamp).mtimeMs;
  return inputs.some((input) => existsSync(join(root, input)) && newest_ms(join(root, input)) > built_ms);
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Takes the lock, or returns false while a living process holds it. */
function tryLock(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  try {
    const holder = readFileSync(lock, 'utf8');
    // An empty file is a lock being written this moment, unless it stays that way.
    const abandoned = holder === '' ? Date.now() - statSync(lock).mtimeMs > 2000 : !isAlive(Number(holder));
    if (abandoned) rmSync(lock, { force: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  return false;
}

/**
 * Compiles `project` into `outDir` unless nothing under `inputs` is newer than the last build. Types are not checked
 * here (that is `npm run typecheck`): a start should take what it needs and no more.
 *
 * @param {{ root: string, project: string, outDir: string, inputs: readonly string[] }} options `outDir` is the
 *   one that `project` names
 * @returns {Promise<string | undefined>} why it failed, or undefined
 */
export async function buildIfStale({ root, project, outDir, inputs }) {
  if (!isStale(root, outDir, inputs)) return undefined;
  mkdirSync(join(root, outDir), { recursive: true });
  const lock = join(root, outDir, '.lock');
  const started_ms = Date.now();
  while (!tryLock(lock)) {
    if (Date.now() - started_ms > LOCK_WAIT_MS)
      return `another build holds ${lock}; remove it if that is not so`;
    await sleep(50);
  }
  try {
    if (!isStale(root, outDir, inputs)) return undefined;
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    if (!existsSync(tsc)) return 'the compiler is not installed; run: npm ci --include=dev';
    process.stderr.write('building...\n');
    const began = new Date();
    const result = spawnSync(process.execPath, [tsc, '-p', join(root, project), '--noCheck'], {
      encoding: 'utf8',
    });
    if (result.error !== undefined) return `the compiler did not start: ${result.error.message}`;
    if (result.status !== 0) return `the build failed\n${result.stdout}${result.stderr}`.trimEnd();
    writeFileSync(join(root, outDir, '.built'), '');
    // The stamp carries the time the build began, so that an edit made meanwhile is built next time.
    utimesSync(join(root, outDir, '.built'), began, began);
    return undefined;
  } finally {
    rmSync(lock, { force: true });
  }
}
