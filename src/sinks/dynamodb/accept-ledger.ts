/**
 * Counts which `accept` calls still wait for a key, so that `flush` can wait for exactly what came before it. Every
 * `accept` has a number, growing from 1; every pending key waits since one of them.
 */
export class AcceptLedger {
  /** Accept number to how many keys wait since it. */
  readonly #waiting = new Map<number, number>();
  /** When the accepts from {@link #lowest} on were made. */
  readonly #accepted_ms = new Map<number, number>();
  /** No key waits for an accept below this. */
  #lowest = 1;
  #current = 0;
  #waiters: { readonly upTo: number; readonly done: () => void }[] = [];

  /** Begins the next accept; returns its number. */
  next(now_ms: number): number {
    this.#advance();
    this.#accepted_ms.set(++this.#current, now_ms);
    return this.#current;
  }

  /** When the oldest change that still waits was accepted. */
  get oldest_ms(): number | undefined {
    this.#advance();
    return this.#accepted_ms.get(this.#lowest);
  }

  get current(): number {
    return this.#current;
  }

  waits(since: number): void {
    this.#waiting.set(since, (this.#waiting.get(since) ?? 0) + 1);
  }

  /** A key that waited since `since` is delivered (or dead). If it waits anew, call {@link waits} first. */
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

  /** Resolves once no key waits for an accept made so far. */
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
