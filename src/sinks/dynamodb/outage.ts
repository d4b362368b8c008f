import { nowMs, type Clock } from '../../platform/clock.ts';
import type { DynamoDbError } from '../../dynamodb/errors.ts';

/** Number of failed rounds in a row after which all writes pause, instead of only those that failed. */
const OUTAGE_AFTER = 3;

/** Tells a failed request from an outage, and keeps all writes back during one. */
export class Outage {
  readonly #clock: Clock;
  readonly #backoff_ms: (attempt: number) => number;
  readonly #onOver: () => void;
  /** Number of failed rounds since the last success. Requests that were sent in the same round count as one failure. */
  #failuresInARow = 0;
  #round = 0;
  #pausedUntil_ms = 0;
  #cancelPause: (() => void) | undefined;
  #failing: { readonly since_ms: number; readonly error: string } | undefined;

  /** `onOver` is called at the end of a pause during which somebody asked for {@link isPaused}. */
  constructor(clock: Clock, backoff_ms: (attempt: number) => number, onOver: () => void) {
    this.#clock = clock;
    this.#backoff_ms = backoff_ms;
    this.#onOver = onOver;
  }

  /** The current round. Keep it with each request for {@link failed}. */
  get round(): number {
    return this.#round;
  }

  /** Since when all writes have failed, and why; undefined while writes succeed. */
  get failing(): { readonly since_ms: number; readonly error: string } | undefined {
    return this.#failing;
  }

  /** Notes that a request was answered. */
  succeeded(): void {
    this.#failuresInARow = 0;
    this.#failing = undefined;
  }

  /**
   * Notes the failure of a request that was sent in `round`, and returns whether it is an outage. A failure that may
   * pass by itself (`isTransient`) becomes one when it has come in several rounds.
   */
  failed(error: DynamoDbError, round: number, isTransient: boolean): boolean {
    if (round === this.#round) {
      this.#round++;
      this.#failuresInARow++;
    }
    if (isTransient && this.#failuresInARow < OUTAGE_AFTER) return false;
    const now_ms = nowMs(this.#clock);
    this.#failing = {
      since_ms: this.#failing?.since_ms ?? now_ms,
      error: `${error.code}: ${error.message}`,
    };
    this.#pausedUntil_ms = Math.max(this.#pausedUntil_ms, now_ms + this.#backoff_ms(this.#failuresInARow));
    return true;
  }

  isPaused(): boolean {
    const left_ms = this.#pausedUntil_ms - nowMs(this.#clock);
    if (left_ms <= 0) return false;
    this.#cancelPause ??= this.#clock.setTimer(left_ms, () => {
      this.#cancelPause = undefined;
      this.#onOver();
    });
    return true;
  }

  close(): void {
    this.#cancelPause?.();
  }
}
