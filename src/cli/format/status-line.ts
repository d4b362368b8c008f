import type { RunnerStatus } from '../../runtime/status.ts';
import type { SimulationStatus } from '../simulated-viewers.ts';

/** What is going on, in one line; rates are since the line before. */
export class StatusLine {
  #before: { readonly wall_us: number; readonly rows: number; readonly puts: number } | undefined;

  render(status: RunnerStatus, simulation: SimulationStatus | undefined): string {
    const rows = sum(status.sources.map((source) => source.rows));
    const puts = sum(status.sinks.map(({ stats }) => stats.puts + stats.deletes));
    const waiting = sum(status.sinks.map(({ stats }) => stats.queued + stats.in_flight));
    const deadLetters = sum(status.sinks.map(({ stats }) => stats.dead_letters));
    const lag = sum(status.sources.flatMap((source) => source.lag.map(({ records }) => records)));
    const before = this.#before;
    this.#before = { wall_us: status.wall_us, rows, puts };
    const perSecond = (now: number, then: number): string =>
      before === undefined ? '' : ` (${number(((now - then) * 1e6) / (status.wall_us - before.wall_us))}/s)`;
    const parts = [
      new Date(status.wall_us / 1000).toISOString().slice(11, 19),
      `events ${number(rows)}${perSecond(rows, before?.rows ?? 0)}`,
      `items written ${number(puts)}${perSecond(puts, before?.puts ?? 0)}`,
    ];
    if (lag > 0) parts.push(`behind ${number(lag)}`);
    if (waiting > 0) parts.push(`waiting ${number(waiting)}`);
    if (deadLetters > 0) parts.push(`dead letters ${number(deadLetters)}`);
    if (simulation?.phase === 'history')
      parts.push(`making history ${Math.floor(simulation.progress * 100)} %`);
    for (const { name, state, error } of status.sources) {
      if (state === 'retrying') parts.push(`${name}: ${error ?? 'cannot be read'}`);
    }
    const trouble = status.error ?? status.checkpoint_error;
    if (trouble !== undefined) parts.push(trouble);
    return parts.join(' · ');
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function number(value: number): string {
  return Math.round(value).toLocaleString('en');
}
