/** Time and turns as the runtime sees them; a simulation hands in its own. */
export interface RuntimeClock {
  /** Microseconds since 1970 (UTC). May jump, also back: the runner never passes that on to the kernel. */
  now_us(): number;
  /** Calls `fn` once after `delay_ms`; the result cancels it. */
  setTimer(delay_ms: number, fn: () => void): () => void;
  /** Resolves after all I/O that is ready has had its turn. */
  yield(): Promise<void>;
}

/** The machine's clock, to the microsecond as far as the platform tells it. */
export const SYSTEM_CLOCK: RuntimeClock = {
  now_us: () => Math.round((performance.timeOrigin + performance.now()) * 1000),
  setTimer: (delay_ms, fn) => {
    const timer = setTimeout(fn, delay_ms);
    return () => clearTimeout(timer);
  },
  yield: () =>
    new Promise((resolve) => {
      setImmediate(resolve);
    }),
};
