import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { StorageError } from './errors.ts';
import { createNodeDisk } from '../platform/node-disk.ts';

/** A holder on another machine renews its lock this often; after `STALE_MS` without, it is taken for dead. */
const RENEW_MS = 5_000;
const STALE_MS = 30_000;

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process was started, in the kernel's own terms: tells it from a later one with the same pid. */
  readonly process: string | undefined;
  readonly token: string;
}

/** Folders locked by this process. */
const held = new Set<string>();

export interface LockOptions {
  /**
   * Called once if another process has taken the folder: this one did not renew its lock for long (it was suspended,
   * or the disk did not answer), and must not write there any more.
   */
  readonly onLost?: ((error: StorageError) => void) | undefined;
  readonly renew_ms?: number | undefined;
}

export interface FolderLock {
  /** Gives the folder free; idempotent. */
  release(): Promise<void>;
}

/**
 * Takes a folder for this process; rejects with StorageError while another one, or this one, has it. The lock of a
 * process that is gone (killed, the machine restarted) is taken over: a holder is known by its pid and start time, one
 * on another machine (or in another container) by how long ago it renewed its lock.
 */
export async function lockFolder(directory: string, options: LockOptions = {}): Promise<FolderLock> {
  const folder = resolve(directory);
  await createNodeDisk().mkdir(folder); // what is in it is to survive a power cut, so its own name must
  if (held.has(folder)) throw inUse(folder, 'this process');
  held.add(folder);
  try {
    return await acquire(folder, options);
  } catch (error) {
    held.delete(folder);
    throw error;
  }
}

async function acquire(folder: string, options: LockOptions): Promise<FolderLock> {
  const path = join(folder, 'lock');
  const mine: Holder = {
    pid: process.pid,
    host: hostname(),
    process: processIdentity(process.pid),
    token: randomUUID(),
  };
  const text = JSON.stringify(mine);
  for (let attempt = 0; attempt < 10; attempt++) {
    if (await create(path, text)) return renewed(folder, { path, text }, options);
    const found = await readFile(path, 'utf8').catch(missing);
    if (found === undefined) continue;
    const holder = parseHolder(found);
    if (holder !== undefined && (await isAlive(holder, path))) {
      throw inUse(
        folder,
        holder.host === mine.host ? `process ${holder.pid}` : `process ${holder.pid} on ${holder.host}`,
      );
    }
    await takeAway(path, found);
  }
  throw inUse(folder, 'another process that is starting');
}

/** The whole text appears at once: it is written aside, then linked. False if the name is taken. */
async function create(path: string, text: string): Promise<boolean> {
  const aside = `${path}.${randomUUID()}`;
  const handle = await open(aside, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await link(aside, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await handle.close();
    await rm(aside, { force: true });
  }
}

/** Two processes may find the same dead lock: one that took away a live one by mistake puts it back. */
async function takeAway(path: string, dead: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if ((await readFile(aside, 'utf8')) !== dead) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

function renewed(
  folder: string,
  { path, text }: { readonly path: string; readonly text: string },
  { onLost, renew_ms = RENEW_MS }: LockOptions,
): FolderLock {
  let released = false;
  let isLost = false;
  const renew = async (): Promise<void> => {
    // Renewing what another process has taken would be its lock, not ours.
    const found = await readFile(path, 'utf8').catch(missing);
    if (released || isLost) return;
    if (found !== text) {
      isLost = true; // also for a renewal that had begun before this one ended
      clearInterval(timer);
      onLost?.(lost(folder, found));
      return;
    }
    const now = new Date();
    await utimes(path, now, now);
  };
  // A disk that does not answer is not lost; the next renewal may find out.
  const timer = setInterval(() => void renew().catch(() => {}), renew_ms);
  timer.unref();
  return {
    release: async () => {
      if (released) return;
      released = true;
      clearInterval(timer);
      if ((await readFile(path, 'utf8').catch(missing)) === text) await rm(path, { force: true });
      held.delete(folder);
    },
  };
}

async function isAlive(holder: Holder, path: string): Promise<boolean> {
  if (holder.host !== hostname()) {
    return (await ageOf(path)) < STALE_MS;
  }
  if (holder.pid === process.pid) return false; // not in `held`: left by an earlier process with our pid
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return holder.process === undefined || holder.process === processIdentity(holder.pid);
}

async function ageOf(path: string): Promise<number> {
  const info = await stat(path).catch(missing);
  return info === undefined ? Infinity : Date.now() - info.mtimeMs;
}

/** Boot id and start tick on Linux; undefined where the system does not tell. */
function processIdentity(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const started = fields.slice(fields.lastIndexOf(')') + 2).split(' ')[19];
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot}/${started}`;
  } catch {
    return undefined;
  }
}

/** undefined for a file that we have not written: nobody's lock. */
function parseHolder(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text) as Holder;
    return Number.isInteger(holder.pid) && typeof holder.host === 'string' ? holder : undefined;
  } catch {
    return undefined;
  }
}

function inUse(folder: string, by: string): StorageError {
  return new StorageError(`${folder} is in use by ${by}`, {
    hint: 'stop that process first, or give this one a folder of its own',
  });
}

function lost(folder: string, found: string | undefined): StorageError {
  const holder = found === undefined ? undefined : parseHolder(found);
  const by = holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}`;
  return new StorageError(`${folder} was taken over by ${by}, as this process had not renewed its lock`, {
    hint: 'let one process at a time have the folder; this one can be started again when the other has ended',
  });
}

function missing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  throw error;
}
