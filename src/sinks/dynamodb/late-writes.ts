import { nowMs, type Clock } from '../../platform/clock.ts';

/**
 * Tells which keys may still receive an older put. That is a request without an answer, which DynamoDB may carry out
 * later; and any request of an earlier process of the same sink. DynamoDB refuses a request once its signature is 15
 * minutes old, so none comes later than that.
 */
export class LateWrites {
  readonly #clock: Clock;
  readonly #window_ms: number;
  readonly #since_ms: number;
  /** Time at which the last put of a key was left without an answer, the oldest first. */
  readonly #unanswered = new Map<string, number>();

  /** `window_ms` is the longest time between a request and its effect. */
  constructor(clock: Clock, window_ms: number) {
    this.#clock = clock;
    this.#window_ms = window_ms;
    this.#since_ms = nowMs(clock);
  }

  /** Notes that a put of a key got no answer. */
  unanswered(key: string): void {
    const now_ms = nowMs(this.#clock);
    this.#unanswered.delete(key);
    this.#unanswered.set(key, now_ms);
    for (const [other, at_ms] of this.#unanswered) {
      if (now_ms - at_ms < this.#window_ms) break;
      this.#unanswered.delete(other);
    }
  }

  /** Returns whether an older put of a key may still take effect. */
  mayCome(key: string): boolean {
    const now_ms = nowMs(this.#clock);
    const at_ms = Math.max(this.#since_ms, this.#unanswered.get(key) ?? this.#since_ms);
    return now_ms - at_ms < this.#window_ms;
  }
}
