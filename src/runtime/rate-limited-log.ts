import type { Clock } from '../platform/clock.ts';
import type { Log } from './log.ts';

/** One kind of problem is logged at most this often; between, it is counted. */
const LOG_INTERVAL_US = 60_000_000;
/** Kinds are few (source, column, reason); a bound all the same, since messages could make them many. */
const MAX_KINDS = 10_000;

interface Kind {
  count: number;
  unlogged: number;
  loggedAt_us: number;
}

/** Logs what may happen a million times a second: the first of each kind at once, then a count now and then. */
export class RateLimitedLog {
  readonly #log: Log;
  readonly #clock: Pick<Clock, 'now_us'>;
  readonly #kinds = new Map<string, Kind>();

  constructor(log: Log, clock: Pick<Clock, 'now_us'>) {
    this.#log = log;
    this.#clock = clock;
  }

  /** `kind` tells problems apart; fields and message are those of this one. */
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
    // Also after the clock was set back.
    if (Math.abs(now_us - known.loggedAt_us) < LOG_INTERVAL_US) return;
    this.#log.warn({ ...fields, count: known.unlogged, total: known.count }, message);
    known.unlogged = 0;
    known.loggedAt_us = now_us;
  }
}
