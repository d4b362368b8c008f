import type { Clock } from '../platform/clock.ts';
import type { Log } from './log.ts';

/** Minimum time between two log lines of the same kind; problems in between are counted. */
const LOG_INTERVAL_US = 60_000_000;
/** Bound of the number of kinds. They are normally few, but messages can vary. */
const MAX_KINDS = 10_000;

interface Kind {
  count: number;
  unlogged: number;
  loggedAt_us: number;
}

/** Logs problems that may occur very often: the first of each kind at once, then at intervals with a count. */
export class RateLimitedLog {
  readonly #log: Log;
  readonly #clock: Pick<Clock, 'now_us'>;
  readonly #kinds = new Map<string, Kind>();

  constructor(log: Log, clock: Pick<Clock, 'now_us'>) {
    this.#log = log;
    this.#clock = clock;
  }

  /** Reports `count` problems. Problems with the same `kind` share one limit. */
  report(kind: string, fields: Readonly<Record<string, unknown>>, message: string, count = 1): void {
    const now_us = this.#clock.now_us();
    let known = this.#kinds.get(kind);
    if (known === undefined) {
      if (this.#kinds.size >= MAX_KINDS) return;
      known = { count: 0, unlogged: 0, loggedAt_us: -Infinity };
      this.#kinds.set(kind, known);
    }
    known.count += count;
    known.unlogged += count;
    // The absolute difference also allows logging after the clock was set back.
    if (Math.abs(now_us - known.loggedAt_us) < LOG_INTERVAL_US) return;
    this.#log.warn({ ...fields, count: known.unlogged, total: known.count }, message);
    known.unlogged = 0;
    known.loggedAt_us = now_us;
  }
}
