import { SYSTEM_CLOCK, type Clock } from '../../../src/platform/clock.ts';

/** A clock that the test moves, with its timers. */
export class ManualClock implements Clock {
  now_ms: number;
  #timers: { readonly at_ms: number; readonly fn: () => void }[] = [];

  constructor(now_ms: number) {
    this.now_ms = now_ms;
  }

  now_us(): number {
    return this.now_ms * 1000;
  }

  setTimer(delay_ms: number, fn: () => void): () => void {
    const timer = { at_ms: this.now_ms + delay_ms, fn };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  yield(): Promise<void> {
    return SYSTEM_CLOCK.yield();
  }

  get pendingTimers(): number {
    return this.#timers.length;
  }

  /** Moves the clock, calls the timers that are due, and lets what waits for them go on. */
  async advance(by_ms: number): Promise<void> {
    await this.yield();
    const until_ms = this.now_ms + by_ms;
    for (;;) {
      const [next] = this.#timers
        .filter(({ at_ms }) => at_ms <= until_ms)
        .toSorted((a, b) => a.at_ms - b.at_ms);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((each) => each !== next);
      this.now_ms = next.at_ms;
      next.fn();
      await this.yield();
    }
    this.now_ms = until_ms;
    await this.yield();
  }
}
