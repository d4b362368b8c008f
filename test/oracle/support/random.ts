/** A seeded generator of pseudo-random numbers (mulberry32): the same seed yields the same numbers on every machine. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Returns an integer in [0, n). */
  int(n: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  }

  between(low: number, high: number): number {
    return low + this.int(high - low + 1);
  }

  chance(percent: number): boolean {
    return this.int(100) < percent;
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('nothing to pick from');
    return items[this.int(items.length)]!;
  }

  /** Returns the result of one of `options`, pairs of a weight and a function. */
  weighted<T>(options: readonly (readonly [number, () => T])[]): T {
    let at = this.int(options.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, make] of options) {
      at -= weight;
      if (at < 0) return make();
    }
    throw new RangeError('no weights');
  }

  times<T>(low: number, high: number, make: (i: number) => T): T[] {
    return Array.from({ length: this.between(low, high) }, (_, i) => make(i));
  }
}
