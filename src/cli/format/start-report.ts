import type { RunnerStatus } from '../../runtime/status.ts';
import { grouped } from './count.ts';

/** Says once each when the views have caught up with what was there at the start, and when all items are written. */
export class StartReporter {
  readonly #started_us: number;
  #isCatchingUp: boolean;
  #isDelivering: boolean;
  /** By sink, how many writes it will be done with when all is written that waited when the last row was handed over. */
  #goals: readonly number[] | undefined;

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
    if (
      this.#isDelivering &&
      !this.#isCatchingUp &&
      status.backfill === undefined &&
      this.#isWritten(status)
    ) {
      this.#isDelivering = false;
      const items = status.sinks.reduce((sum, { stats }) => sum + stats.upserts, 0);
      if (items > 0) lines.push(`every profile is in DynamoDB after ${seconds} (${grouped(items)} writes)`);
    }
    return lines;
  }

  /** With viewers watching, a sink may always have something to write: what came later does not count. */
  #isWritten({ sinks }: RunnerStatus): boolean {
    const done = sinks.map(({ stats }) => stats.upserts + stats.deletes + stats.dead_letters);
    this.#goals ??= sinks.map(({ stats }, i) => done[i]! + stats.queued + stats.in_flight);
    return sinks.every(
      ({ stats }, i) => done[i]! >= this.#goals![i]! || stats.queued + stats.in_flight === 0,
    );
  }
}
