import type { Datum } from '../../../src/values/datum.ts';

const DAY_US = 86_400_000_000;
const E28 = 10n ** 28n;
const GENRES = ['drama', 'comedy', 'sci-fi', 'crime', '', null] as const;
const TYPES = ['like', 'share', 'search', 'comment', 'follow', 'rewind'] as const;

/**
 * Returns rows of view_events over the last 40 days, some in the last hour and some of a future day. Durations are
 * multiples of `unit_s` seconds.
 */
export function viewEvents(
  n: number,
  random: () => number,
  { now_ms, unit_s = 1 }: { readonly now_ms: number; readonly unit_s?: number },
): readonly (readonly Datum[])[] {
  return Array.from({ length: n }, (_, i) => [
    `v${i}-${random()}`,
    pick(random, 25) === 0 ? null : BigInt(1 + pick(random, 12)),
    pick(random, 20) === 0 ? null : `title-${pick(random, 30)}`,
    GENRES[pick(random, GENRES.length)]!,
    pick(random, 15) === 0 ? null : unit_s * (pick(random, 4000) - 60),
    pick(random, 6) === 0 ? null : (BigInt(pick(random, 1001)) * E28) / 1000n,
    at(random, now_ms),
  ]);
}

/** Returns rows of content_interactions. */
export function interactions(n: number, random: () => number, now_ms: number): readonly (readonly Datum[])[] {
  return Array.from({ length: n }, (_, i) => [
    `i${i}-${random()}`,
    BigInt(1 + pick(random, 12)),
    pick(random, 5) === 0 ? null : `title-${pick(random, 30)}`,
    TYPES[pick(random, TYPES.length)]!,
    at(random, now_ms),
  ]);
}

function pick(random: () => number, n: number): number {
  return Math.floor(random() * n);
}

/** Half of the times are of the last hour, and a few of the next two days. */
function at(random: () => number, now_ms: number): number | null {
  if (pick(random, 40) === 0) return null;
  const ago_us = random() < 0.5 ? random() * 3.6e9 : random() * 42 * DAY_US - 2 * DAY_US;
  return Math.floor(now_ms * 1000 - ago_us);
}
