/** Instants behind this one are not looked at: in the year 2255 a double ceases to hold each microsecond. */
const LAST_US = 2 ** 53 - 1;
const HOUR_US = 3_600_000_000;

/** A comparison of which one side only grows, or only sinks, while the other stays as it is. */
export interface Crossing {
  /** -1, 0 or 1 as the left side is less, equal or greater at an instant; NaN if it is not known. */
  readonly sign: (t_us: number) => number;
  /** Left side less right side, to guess with; NaN if it is not known. */
  readonly difference: (t_us: number) => number;
  readonly from: number;
  /** Until here the sides go as said. */
  readonly until: number;
}

/** The first instant after `from` at which the sign is another; `until` if it stays the same until then. */
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
  // Most sides grow evenly: two values tell where they meet, and the answer lies close to it.
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
