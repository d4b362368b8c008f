import type { Clock } from '../../../src/platform/clock.ts';

interface Timer {
  readonly at_us: number;
  readonly order: number;
  readonly fn: () => void;
}

/** A clock that only moves when told to; everything that waits on it runs in a fixed order. */
export class SimClock implements Clock {
  #now_us: number;
  #timers: Timer[] = [];
  #order = 0;

  constructor(now_us: number) {
    this.#now_us = now_us;
  }
  now_us(): number {
    return this.#now_us;
  }
  setTimer(delay_ms: number, fn: () => void): () => void {
    const timer = { at_us: this.#now_us + Math.max(0, delay_ms) * 1000, order: this.#order++, fn };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((t) => t !== timer);
    };
  }
  yield(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** Lets promises settle, fires the timers that become due, and ends `by_ms` later. */
  async advance(by_ms: number): Promise<void> {
    const end_us = this.#now_us + by_ms * 1000;
    for (;;) {
      await settle();
      const next = this.#timers
        .filter((t) => t.at_us <= end_us)
        .sort((a, b) => a.at_us - b.at_us || a.order - b.order)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((t) => t !== next);
      this.#now_us = Math.max(this.#now_us, next.at_us);
      next.fn();
    }
    this.#now_us = end_us;
    await settle();
  }

  /** Timers that were neither fired nor cancelled. */
  get waiting(): number {
    return this.#timers.length;
  }

  /** As when the machine's clock is set: nothing fires. */
  jump(by_ms: number): void {
    this.#now_us += by_ms * 1000;
  }
  /** Forgets all that waits, as a crash does. */
  crash(): void {
    this.#timers = [];
  }
}

/** Everything that can happen without time passing happens. */
async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}
