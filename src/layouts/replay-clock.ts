import type { Clock } from '../platform/clock.ts';

/** Pauses up to this long end at once; longer timers, such as those that watch a table, never fire. */
const SHORT_MS = 1_000;

/**
 * The clock of sinks in a replay: it shows the time of the last barrier. Time does not pass between barriers, so short
 * pauses end at once. The store in this process refuses no write and loses no table, so nothing needs a longer timer.
 */
export class ReplayClock implements Clock {
  #now_us = 0;

  now_us(): number {
    return this.#now_us;
  }

  setTimer(delay_ms: number, fn: () => void): () => void {
    if (delay_ms > SHORT_MS) return () => {};
    const turn = setImmediate(fn);
    return () => clearImmediate(turn);
  }

  yield(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(resolve);
    });
  }

  /** Moves the clock to the time of a barrier. */
  moveTo(now_us: number): void {
    this.#now_us = now_us;
  }
}
