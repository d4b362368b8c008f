/** Time and turns of the event loop. A simulation hands in its own. */
export interface Clock {
  /** Microseconds since 1970 (UTC). May jump, also back: the runner never passes that on to the kernel. */
  now_us(): number;
  /** Calls `fn` once after `delay_ms`; the result cancels it. */
  setTimer(delay_ms: number, fn: () => void): () => void;
  /** Resolves after all I/O that is ready has had its turn. */
  yield(): Promise<void>;
}

/** Whole milliseconds since 1970 (UTC). */
export function nowMs(clock: Pick<Clock, 'now_us'>): number {
  return Math.floor(clock.now_us() / 1000);
}

/** Resolves after `delay_ms`. */
export function sleep(clock: Pick<Clock, 'setTimer'>, delay_ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(delay_ms, resolve);
  });
}

/** Resolves to whether the work was done in time; rejects as the work does. */
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

/** The steady clock is followed as long as it agrees with the wall clock, whose readings are whole milliseconds. */
const TOLERANCE_MS = 2;

/**
 * The wall clock with the resolution of the steady one, in microseconds. The steady clock alone would not do: it stands
 * still while the machine sleeps, and never hears that the time was set.
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

/** The machine's clock. Its timers keep the process alive: a delivery that waits for its retry is work to be done. */
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
