/**
 * Counts the pending keys of each `accept` call, so that `flush` waits for exactly the calls before it. Calls are
 * numbered from 1; each pending key belongs to the oldest call that waits for it.
 */
export class AcceptLedger {
  /** Number of keys that wait since each `accept` call, by the call's number. */
  readonly #waiting = new Map<number, number>();
  /** Time of each `accept` call from {@link #lowest} on, by the call's number. */
  readonly #accepted_ms = new Map<number, number>();
  /** No key waits since a call with a lower number. */
  #lowest = 1;
  #current = 0;
  #waiters: { readonly upTo: number; readonly done: () => void }[] = [];

  /** Begins the next `accept` call and returns its number. */
  next(now_ms: number): number {
    this.#advance();
    this.#accepted_ms.set(++this.#current, now_ms);
    return this.#current;
  }

  /** Time at which the oldest pending change was accepted; undefined if there is none. */
  get oldest_ms(): number | undefined {
    this.#advance();
    return this.#accepted_ms.get(this.#lowest);
  }

  /** Number of the latest `accept` call. */
  get current(): number {
    return this.#current;
  }

  /** Records that one more key waits since call `since`. */
  waits(since: number): void {
    this.#waiting.set(since, (this.#waiting.get(since) ?? 0) + 1);
  }

  /**
   * Records that a key that waited since call `since` is acknowledged or a dead letter. If a newer change of the key
   * waits, call {@link waits} for it first.
   */
  done(since: number): void {
    const left = this.#waiting.get(since)! - 1;
    if (left > 0) {
      this.#waiting.set(since, left);
      return;
    }
    this.#waiting.delete(since);
    if (this.#waiters.length === 0) return;
    this.#advance();
    const ready = this.#waiters.filter(({ upTo }) => upTo < this.#lowest);
    this.#waiters = this.#waiters.filter(({ upTo }) => upTo >= this.#lowest);
    for (const waiter of ready) waiter.done();
  }

  /** Resolves once no key waits since any call made so far. */
  settled(): Promise<void> {
    this.#advance();
    const upTo = this.#current;
    if (this.#lowest > upTo) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiters.push({ upTo, done: resolve });
    });
  }

  #advance(): void {
    while (this.#lowest <= this.#current && !this.#waiting.has(this.#lowest)) {
      this.#accepted_ms.delete(this.#lowest);
      this.#lowest++;
    }
  }
}
