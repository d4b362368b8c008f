import type { Clock } from '../../../src/platform/clock.ts';

interface Timer {
  readonly at_us: number;
  readonly order: number;
  readonly fn: () => void;
}

/** A clock that moves only by `advance` and `jump`; its timers fire in a fixed order. */
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

  /** Moves the clock by `by_ms`: lets promises settle and fires each timer at its time. */
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

  /** Number of timers that have neither fired nor been cancelled. */
  get waiting(): number {
    return this.#timers.length;
  }

  /** Moves the clock without firing timers, as when the machine's time is set. */
  jump(by_ms: number): void {
    this.#now_us += by_ms * 1000;
  }
  /** Discards all timers, as a crash does. */
  crash(): void {
    this.#timers = [];
  }
}

/** Resolves after all work that needs no passing of time. */
async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}
