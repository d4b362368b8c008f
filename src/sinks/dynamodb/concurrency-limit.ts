/** The share of the limit that a request keeps when all of it was throttled. */
const DECREASE = 0.5;

/**
 * Limits the number of requests in flight. The limit grows by one per round of successes and is halved by throttling
 * (additive increase, multiplicative decrease, as in TCP). Requests that were sent before the last decrease say nothing
 * about the new limit, so their answers do not lower it again.
 */
export class ConcurrencyLimit {
  readonly #max: number;
  #limit: number;
  #round = 0;

  constructor(max: number) {
    this.#max = max;
    this.#limit = Math.min(max, 16);
  }

  get limit(): number {
    return Math.max(1, Math.floor(this.#limit));
  }
  /** The current round. Keep it with each request for {@link throttled}. */
  get round(): number {
    return this.#round;
  }

  /** Raises the limit. `share` of the request's items, from 0 to 1, were written. */
  succeeded(share: number): void {
    this.#limit = Math.min(this.#max, this.#limit + share / this.#limit);
  }

  /** Lowers the limit. `share` of the items, from 0 to 1, of a request that was sent in `round` were throttled. */
  throttled(share: number, round: number): void {
    if (round !== this.#round) return;
    this.#round++;
    this.#limit = Math.max(1, this.#limit * (1 - (1 - DECREASE) * share));
  }

  /**
   * Lowers the limit for a throttled request that wrote one key. A round in which all of them are throttled halves the
   * limit; one hot key among others lowers it less than the others raise it.
   */
  throttledOne(): void {
    this.#limit = Math.max(1, this.#limit - (1 - DECREASE));
  }
}
