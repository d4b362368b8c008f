/** Random values that a seed determines. */
export interface Random {
  int(low: number, high: number): number;
  pick<T>(items: readonly T[]): T;
  timestamp(): string;
  interval(): string;
}

export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  /** mulberry32 */
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  const two = (n: number): string => String(n).padStart(2, '0');
  return {
    int,
    pick: (items) => items[int(0, items.length - 1)]!,
    timestamp: () => {
      const date = `${int(1850, 2180)}-${two(int(1, 12))}-${two(int(1, 28))}`;
      return `${date} ${two(int(0, 23))}:${two(int(0, 59))}:${two(int(0, 59))}.${String(int(0, 999_999)).padStart(6, '0')}`;
    },
    interval: () =>
      `${int(-30, 30)} mons ${int(-60, 60)} days ${int(-100_000, 100_000)}.${int(0, 999)} seconds`,
  };
}
