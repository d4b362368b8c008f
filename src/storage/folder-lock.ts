import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { StorageError } from './errors.ts';
import { createNodeDisk } from '../platform/node-disk.ts';

/** Interval at which a lock is renewed. A holder on another host is presumed dead after `STALE_MS` without renewal. */
const RENEW_MS = 5_000;
const STALE_MS = 30_000;

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Identifies the process by its start time as well, so that a later process with the same pid differs. */
  readonly process: string | undefined;
  readonly token: string;
}

/** Folders locked by this process. */
const held = new Set<string>();

export interface LockOptions {
  /**
   * Called once if another process has taken the folder because this one did not renew its lock in time (it was
   * suspended, or the disk did not answer). This process must not write to the folder any more.
   */
  readonly onLost?: ((error: StorageError) => void) | undefined;
  readonly renew_ms?: number | undefined;
}

export interface FolderLock {
  /** Releases the folder. Idempotent. */
  release(): Promise<void>;
}

/**
 * Locks a folder for this process, creating it if it does not exist. Rejects with StorageError while another process,
 * or this one, holds the lock. The lock of a dead process (killed, machine restarted) is taken over. A holder on this
 * host is alive if a process with its pid and start time exists; a holder on another host or in another container, if
 * it has renewed its lock recently.
 */
export async function lockFolder(directory: string, options: LockOptions = {}): Promise<FolderLock> {
  const folder = resolve(directory);
  await createNodeDisk().mkdir(folder); // syncs the folder's name, without which durable files in it are lost
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

/** Creates the lock with all of its text at once, by writing another file and linking it. False if the lock exists. */
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

/**
 * Removes a dead lock. Two processes may find the same dead lock; the one that removes the other's new lock by mistake
 * puts it back.
 */
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
    // If another process has taken the lock, renewing would renew that process's lock.
    const found = await readFile(path, 'utf8').catch(missing);
    if (released || isLost) return;
    if (found !== text) {
      isLost = true; // a renewal already under way must not report it again
      clearInterval(timer);
      onLost?.(lost(folder, found));
      return;
    }
    const now = new Date();
    await utimes(path, now, now);
  };
  // A read error does not mean that the lock is lost; the next renewal checks again.
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
  if (holder.pid === process.pid) return false; // not in `held`: left by an earlier process with this pid
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

/** Returns the boot id and start tick of a process on Linux; undefined on other systems. */
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

/** Parses a lock's text; undefined if it is not a lock written by Freshet. */
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
    hint: 'stop that process first, or use another folder for this one',
  });
}

function lost(folder: string, found: string | undefined): StorageError {
  const holder = found === undefined ? undefined : parseHolder(found);
  const by = holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}`;
  return new StorageError(`${folder} was taken over by ${by} because this process had not renewed its lock`, {
    hint: 'only one process can use the folder; start this one again after the other has ended',
  });
}

function missing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  throw error;
}
