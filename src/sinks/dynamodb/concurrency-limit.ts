/** The share of the limit that a request keeps when all of it was throttled. */
const DECREASE = 0.5;

/**
 * How many requests may be in flight: grows by one per round of successes, shrinks by half when throttled (additive
 * increase, multiplicative decrease, as TCP does). Answers to requests that were sent before the last decrease say
 * nothing about the new limit and do not shrink it again.
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
  /** To be kept with a request when it is sent. */
  get round(): number {
    return this.#round;
  }

  /** `share` of the request's items went through. */
  succeeded(share: number): void {
    this.#limit = Math.min(this.#max, this.#limit + share / this.#limit);
  }

  /** `share` of the items of a request sent in `round` did not. */
  throttled(share: number, round: number): void {
    if (round !== this.#round) return;
    this.#round++;
    this.#limit = Math.max(1, this.#limit * (1 - (1 - DECREASE) * share));
  }
}
