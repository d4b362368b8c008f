import { hostname, userInfo } from 'node:os';
import { FreshetError } from '../values/freshet-error.ts';
import type { Session } from './session.ts';
import { literal, quoted } from './statement-text.ts';

/**
 * Runs `f` while no other deploy of the pipeline can run. RisingWave has no locks, but its catalog takes a name only
 * once: the lock is a view, whose single row says who holds it. A process that is killed leaves it behind; the next
 * one on the same machine sees that the process is gone, and `breakLock` removes it from any other.
 */
export async function withLock<T>(
  session: Session,
  pipeline: string,
  breakLock: boolean,
  f: () => Promise<T>,
): Promise<T> {
  const lock = `freshet_deploy_lock_${pipeline}`;
  if (breakLock) await session.rowsIfAny(`DROP VIEW ${quoted(lock)}`);
  await take(session, lock, pipeline);
  try {
    return await f();
  } finally {
    // On a lost connection the lock stays. The next run removes it, or says how.
    await session.rows(`DROP VIEW ${quoted(lock)}`).catch(() => undefined);
  }
}

async function take(session: Session, lock: string, pipeline: string): Promise<void> {
  const holder = literal(`${userName()}@${hostname()}`);
  const create =
    `CREATE VIEW ${quoted(lock)} AS ` +
    `SELECT ${holder} AS holder, ${process.pid} AS pid, ${literal(new Date().toISOString())} AS since`;
  for (let attempt = 0; ; attempt++) {
    try {
      await session.rows(create);
      return;
    } catch (e) {
      const [row] = (await session.rowsIfAny(`SELECT holder, pid, since FROM ${quoted(lock)}`)) ?? [];
      if (row === undefined) throw e;
      const by = `${String(row['holder'])} (process ${String(row['pid'])})`;
      const isHere = String(row['holder']).endsWith(`@${hostname()}`);
      const isOver = isHere && !isRunning(Number(row['pid']), String(row['since']));
      if (!isOver || attempt > 0)
        throw new FreshetError(
          'locked',
          `another deploy of ${pipeline} is running: ${by}, since ${String(row['since'])}`,
          { hint: 'wait for it; if it was killed, run again with --break-lock', cause: e },
        );
      await session.rowsIfAny(`DROP VIEW ${quoted(lock)}`);
    }
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'someone'; // a container's user may have no name
  }
}

/** Returns whether the process that took a lock at `since` still runs on this machine. */
function isRunning(pid: number, since: string): boolean {
  // In a container that was started again, this process has the number of the one before.
  if (pid === process.pid) return Date.parse(since) >= Date.now() - process.uptime() * 1000;
  try {
    process.kill(pid, 0);
    return true;
  } catch (e) {
    // A process of another user cannot be signalled, but it runs.
    return (e as { code?: string }).code === 'EPERM';
  }
}
