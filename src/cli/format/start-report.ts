import type { RunnerStatus } from '../../runtime/status.ts';
import { grouped } from './count.ts';

/** Reports, once each, that the views have caught up with the events at the start and that all items are written. */
export class StartReporter {
  readonly #started_us: number;
  #isCatchingUp: boolean;
  #isDelivering: boolean;
  /** Per sink, the number of finished writes at which everything that was waiting after the backfill is written. */
  #goals: readonly number[] | undefined;

  /**
   * Takes the status right after the start. A small input may be read and written by then, so a new state counts as
   * catching up even if no records wait.
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
      if (events > 0)
        lines.push(`caught up with ${grouped(events)} ${events === 1 ? 'event' : 'events'} in ${seconds}`);
    }
    if (
      this.#isDelivering &&
      !this.#isCatchingUp &&
      status.backfill === undefined &&
      this.#isWritten(status)
    ) {
      this.#isDelivering = false;
      const keyed = status.sinks.filter(({ kind }) => kind === 'keyed');
      const items = keyed.reduce((sum, { stats }) => sum + stats.upserts, 0);
      if (items > 0) lines.push(`every profile is in DynamoDB after ${seconds} (${grouped(items)} writes)`);
    }
    return lines;
  }

  /** True once the writes that waited at first are done; with live viewers, later writes may always be waiting. */
  #isWritten({ sinks }: RunnerStatus): boolean {
    const done = sinks.map(({ stats }) => stats.upserts + stats.deletes + stats.dead_letters);
    this.#goals ??= sinks.map(({ stats }, i) => done[i]! + stats.queued + stats.in_flight);
    return sinks.every(
      ({ stats }, i) => done[i]! >= this.#goals![i]! || stats.queued + stats.in_flight === 0,
    );
  }
}
