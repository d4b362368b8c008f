import type { RunnerStatus } from '../../runtime/status.ts';
import { grouped } from './count.ts';

/** Renders the state of a pipeline as one line; rates cover the time since the previous line. */
export class StatusLine {
  #before: { readonly wall_us: number; readonly rows: number; readonly upserts: number } | undefined;

  render(status: RunnerStatus): string {
    const rows = sum(status.sources.map((source) => source.rows));
    const upserts = sum(status.sinks.map(({ stats }) => stats.upserts + stats.deletes));
    const waiting = sum(status.sinks.map(({ stats }) => stats.queued + stats.in_flight));
    const deadLetters = sum(status.sinks.map(({ stats }) => stats.dead_letters));
    const lag = sum(status.sources.flatMap((source) => source.lag.map(({ records }) => records)));
    const before = this.#before;
    this.#before = { wall_us: status.wall_us, rows, upserts };
    const perSecond = (now: number, then: number): string =>
      before === undefined ? '' : ` (${grouped(((now - then) * 1e6) / (status.wall_us - before.wall_us))}/s)`;
    const parts = [
      new Date(status.wall_us / 1000).toISOString().slice(11, 19),
      `events ${grouped(rows)}${perSecond(rows, before?.rows ?? 0)}`,
      `rows written ${grouped(upserts)}${perSecond(upserts, before?.upserts ?? 0)}`,
    ];
    if (lag > 0) parts.push(`behind ${grouped(lag)}`);
    if (waiting > 0) parts.push(`waiting ${grouped(waiting)}`);
    if (deadLetters > 0) parts.push(`dead letters ${grouped(deadLetters)}`);
    if (status.backfill !== undefined)
      parts.push(status.backfill.phase === 'waiting' ? 'catching up' : 'delivering every row');
    for (const { name, state, error } of status.sources) {
      if (state === 'retrying' || state === 'lost') parts.push(`${name}: ${error ?? 'cannot be read'}`);
    }
    const trouble = status.error ?? status.checkpoint_error;
    if (trouble !== undefined) parts.push(trouble);
    return parts.join(' · ');
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
