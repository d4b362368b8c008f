/** The last instant that is searched: from the year 2255 on, a double no longer holds each microsecond. */
const LAST_US = 2 ** 53 - 1;
const HOUR_US = 3_600_000_000;

/** A comparison of which one side is monotone between two instants, and the other constant. */
export interface Crossing {
  /** Returns -1, 0 or 1 as the left side is less than, equal to or greater than the right side; NaN if not known. */
  readonly sign: (t_us: number) => number;
  /** Returns the left side minus the right side, for an estimate; NaN if not known. */
  readonly difference: (t_us: number) => number;
  readonly from: number;
  readonly until: number;
}

/**
 * Returns the first instant after `from` at which the sign differs; `until` if it does not differ before. Returns
 * Infinity if `until` lies after the last instant that is searched.
 */
export function firstChange({ sign, difference, from, until }: Crossing): number {
  const before = sign(from);
  const same = (t: number): boolean => Object.is(sign(t), before);
  const last = Math.min(until - 1, LAST_US);
  if (last <= from || same(last)) return until > LAST_US ? Infinity : until;
  let [low, high] = [from, last];
  const narrow = (t: number): void => {
    if (t <= low || t >= high) return;
    if (same(t)) low = t;
    else high = t;
  };
  // Most sides grow linearly: two differences give an estimate of the crossing, and the answer lies close to it.
  const now = difference(from);
  const speed = (difference(from + HOUR_US) - now) / HOUR_US;
  const guess = Math.round(from - now / speed);
  if (Number.isFinite(guess)) {
    for (let by = 2; by <= HOUR_US && (low < guess - by || high > guess + by); by *= 64) {
      narrow(guess - by);
      narrow(guess + by);
    }
  }
  while (high - low > 1) narrow(low + Math.floor((high - low) / 2));
  return high;
}
