import type { RunnerStatus } from '../../runtime/status.ts';
import { grouped } from './count.ts';

/** Says once each when the views have caught up with what was there at the start, and when all items are written. */
export class StartReporter {
  readonly #started_us: number;
  #isCatchingUp: boolean;
  #isDelivering: boolean;

  /**
   * `status` as it is after the start. What is small may have been read and written by then, so a state that is new
   * tells as much as records that wait.
   */
  constructor(status: RunnerStatus) {
    this.#started_us = status.wall_us;
    const isNew = status.recovery?.kind !== 'restored';
    const waiting = status.sources.some(({ lag }) => lag.some(({ records }) => records > 0));
    this.#isCatchingUp = isNew || waiting;
    this.#isDelivering = isNew || status.backfill !== undefined;
  }

  lines(status: RunnerStatus): readonly string[] {
    const lines: string[] = [];
    const seconds = `${((status.wall_us - this.#started_us) / 1e6).toFixed(1)} s`;
    if (this.#isCatchingUp && status.caught_up) {
      this.#isCatchingUp = false;
      const events = status.sources.reduce((sum, { rows }) => sum + rows, 0);
      if (events > 0) lines.push(`caught up with ${grouped(events)} events in ${seconds}`);
    }
    const isWritten = status.sinks.every(({ stats }) => stats.queued + stats.in_flight === 0);
    if (this.#isDelivering && !this.#isCatchingUp && status.backfill === undefined && isWritten) {
      this.#isDelivering = false;
      const items = status.sinks.reduce((sum, { stats }) => sum + stats.puts, 0);
      if (items > 0) lines.push(`every profile is in DynamoDB after ${seconds} (${grouped(items)} writes)`);
    }
    return lines;
  }
}
