/** Time as a sink sees it: what the clock says, and being called back later. Simulations hand in their own. */
export interface SinkClock {
  now_ms(): number;
  /** Calls `fn` once after `delay_ms`; the result cancels it. */
  setTimer(delay_ms: number, fn: () => void): () => void;
}

/** The machine's clock. Its timers keep the process alive: a delivery that waits for its retry is work to be done. */
export const SYSTEM_CLOCK: SinkClock = {
  now_ms: () => Date.now(),
  setTimer: (delay_ms, fn) => {
    const timer = setTimeout(fn, delay_ms);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delay_ms`. */
export function sleep(clock: SinkClock, delay_ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(delay_ms, resolve);
  });
}
