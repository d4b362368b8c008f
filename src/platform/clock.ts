/** Time, timers and turns of the event loop. Simulations provide their own. */
export interface Clock {
  /** Returns microseconds since 1970 (UTC). May jump back, which the runner hides from the kernel, or forward. */
  now_us(): number;
  /** Calls `fn` once after `delay_ms`. Returns a function that cancels the timer. */
  setTimer(delay_ms: number, fn: () => void): () => void;
  /** Resolves after the callbacks of all ready I/O have run. */
  yield(): Promise<void>;
}

/** Returns whole milliseconds since 1970 (UTC). */
export function nowMs(clock: Pick<Clock, 'now_us'>): number {
  return Math.floor(clock.now_us() / 1000);
}

/** Resolves after `delay_ms`. */
export function sleep(clock: Pick<Clock, 'setTimer'>, delay_ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(delay_ms, resolve);
  });
}

/** Resolves to true if `work` resolves within `timeout_ms`, else to false. Rejects if `work` rejects in that time. */
export async function within(
  clock: Pick<Clock, 'setTimer'>,
  timeout_ms: number,
  work: Promise<unknown>,
): Promise<boolean> {
  let cancel = (): void => {};
  const late = new Promise<boolean>((resolve) => {
    cancel = clock.setTimer(timeout_ms, () => resolve(false));
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    cancel();
  }
}

/** Largest difference of the clocks before the steady one is realigned; the wall clock reads whole milliseconds. */
const TOLERANCE_MS = 2;

/**
 * Returns a wall clock in microseconds with the resolution of the steady clock. The steady clock alone is not enough:
 * it stops while the machine sleeps, and does not follow when the time is set.
 */
export function fineWallClock(wall_ms: () => number, steady_ms: () => number): () => number {
  let offset_ms = wall_ms() - steady_ms();
  return () => {
    const wall = wall_ms();
    const steady = steady_ms();
    if (Math.abs(offset_ms + steady - wall) > TOLERANCE_MS) offset_ms = wall - steady;
    return Math.round((offset_ms + steady) * 1000);
  };
}

/** The machine's clock. Its timers keep the process alive, because a delivery waiting for its retry is pending work. */
export const SYSTEM_CLOCK: Clock = {
  now_us: fineWallClock(
    () => Date.now(),
    () => performance.now(),
  ),
  setTimer: (delay_ms, fn) => {
    const timer = setTimeout(fn, delay_ms);
    return () => clearTimeout(timer);
  },
  yield: () =>
    new Promise((resolve) => {
      setImmediate(resolve);
    }),
};
