import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, open, readFile, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';

/** Locks of this process: its own pid in a lock file is otherwise that of an earlier process. */
const held = new Set<string>();

/**
 * Takes the lock file at `path` for this process and resolves to a function that gives it free; resolves to the
 * holder's pid while another process has it. The lock of a process that is gone (killed, machine restarted) is taken
 * over: a holder is known by its pid and its start time.
 */
export async function takeLock(path: string): Promise<(() => Promise<void>) | number> {
  const name = resolve(path);
  if (held.has(name)) return process.pid;
  held.add(name);
  const mine = `${process.pid} ${startOf(process.pid)} ${randomUUID()}`;
  try {
    for (;;) {
      if (await create(name, mine)) break;
      const found = await readFile(name, 'utf8').catch(() => undefined);
      if (found === undefined) continue;
      const holder = livingHolder(found);
      if (holder !== undefined) {
        held.delete(name);
        return holder;
      }
      await takeAway(name, found);
    }
  } catch (error) {
    held.delete(name);
    throw error;
  }
  return async () => {
    if ((await readFile(name, 'utf8').catch(() => undefined)) === mine) await rm(name, { force: true });
    held.delete(name);
  };
}

/** The whole text appears at once: it is written aside, then linked. */
async function create(name: string, text: string): Promise<boolean> {
  const aside = `${name}.${randomUUID()}`;
  const handle = await open(aside, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await link(aside, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await handle.close();
    await rm(aside, { force: true });
  }
}

/** Two processes may find the same dead lock; one that took a live one away by mistake puts it back. */
async function takeAway(name: string, dead: string): Promise<void> {
  const aside = `${name}.${randomUUID()}`;
  try {
    await rename(name, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if ((await readFile(aside, 'utf8')) !== dead) await link(aside, name).catch(() => undefined);
  await rm(aside, { force: true });
}

function livingHolder(text: string): number | undefined {
  const [pidText, start] = text.split(' ');
  const pid = Number(pidText);
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return undefined;
  }
  return start === startOf(pid) ? pid : undefined;
}

/** Boot and start time of a process where the system tells (Linux); '-' elsewhere. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${ticks}`;
  } catch {
    return '-';
  }
}
