import type { RunnerStatus } from '../runtime/status.ts';

/** A condition that makes profiles older than they should be. */
export interface Trouble {
  readonly kind: 'source' | 'sink' | 'pipeline';
  readonly name: string;
  readonly error: string;
  /** How long the condition has lasted. */
  readonly for_ms: number;
}

/** Tolerated lead of the pipeline's clock; NTP adjusts the machine's clock by small steps. */
const CLOCK_TOLERANCE_MS = 5_000;

/** Returns every current trouble, however short, the longest first. */
export function troublesOf(status: RunnerStatus): readonly Trouble[] {
  const wall_ms = status.wall_us / 1000;
  const troubles: Trouble[] = [];
  for (const { name, error, failing_since_us } of status.sources) {
    if (failing_since_us === undefined) continue;
    const reason = error ?? 'it cannot be read';
    troubles.push({ kind: 'source', name, error: reason, for_ms: wall_ms - failing_since_us / 1000 });
  }
  for (const { name, stats } of status.sinks) {
    if (stats.failing_since_ms === undefined) continue;
    const reason = stats.error ?? 'writes fail';
    troubles.push({ kind: 'sink', name, error: reason, for_ms: wall_ms - stats.failing_since_ms });
  }
  if (status.error !== undefined) {
    troubles.push({ kind: 'pipeline', name: 'pipeline', error: status.error, for_ms: 0 });
  }
  const ahead_ms = (status.now_us - status.wall_us) / 1000;
  if (ahead_ms > CLOCK_TOLERANCE_MS) {
    const error =
      `the machine's clock is ${duration(ahead_ms)} behind the pipeline's clock, which never goes back: windows do ` +
      'not move until the machine has caught up. If the pipeline was too far ahead, start from an empty state';
    troubles.push({ kind: 'pipeline', name: 'clock', error, for_ms: ahead_ms });
  }
  return troubles.sort((a, b) => b.for_ms - a.for_ms);
}

/**
 * Returns how far items may be behind the events, in milliseconds: the maximum of the lag of the pipeline's clock, the
 * time since the start while it is catching up, the duration of each trouble, and the age of each sink's oldest change.
 */
export function behind_ms(status: RunnerStatus): number {
  const { wall_us, now_us, started_us, caught_up, sinks } = status;
  const wall_ms = wall_us / 1000;
  const waiting_ms = sinks.map(({ stats }) => wall_ms - (stats.oldest_pending_ms ?? wall_ms));
  const failing_ms = troublesOf(status).map(({ for_ms }) => for_ms);
  const catchingUp_ms = caught_up ? 0 : (wall_us - started_us) / 1000;
  return Math.max(0, (wall_us - now_us) / 1000, catchingUp_ms, ...waiting_ms, ...failing_ms);
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const [amount, unit] =
    seconds >= 172_800
      ? [seconds / 86_400, 'days']
      : seconds >= 7200
        ? [seconds / 3600, 'hours']
        : seconds >= 120
          ? [seconds / 60, 'minutes']
          : [seconds, 'seconds'];
  return `${Math.round(amount)} ${unit}`;
}
