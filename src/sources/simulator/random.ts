/** A pseudorandom generator (sfc32). The same seed and stream give the same numbers. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d = 1;

  constructor(seed: number, stream = 0) {
    this.#a = mix32(seed, stream, 0x9e37);
    this.#b = mix32(seed, stream, 0x79b9);
    this.#c = mix32(seed, stream, 0x7f4a);
    for (let i = 0; i < 12; i++) this.int32();
  }

  /** Returns a signed 32-bit integer. */
  int32(): number {
    const t = (((this.#a + this.#b) | 0) + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0;
    return t;
  }
  /** Returns a number 0 <= x < 1. */
  next(): number {
    return (this.int32() >>> 0) / 4_294_967_296;
  }
  /** Returns an integer 0 <= n < limit. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }
  /** Returns an exponentially distributed number with this mean. */
  exponential(mean: number): number {
    return -Math.log(1 - this.next()) * mean;
  }
  /** Returns a number from `low` to `high`, evenly distributed on a logarithmic scale. */
  logUniform(low: number, high: number): number {
    return low * (high / low) ** this.next();
  }
}

/** Hashes three integers to a signed 32-bit integer. */
export function mix32(a: number, b: number, c: number): number {
  let h =
    Math.imul(a ^ 0x85ebca6b, 0xcc9e2d51) ^
    Math.imul(b + 0x165667b1, 0x1b873593) ^
    Math.imul(c + 0x27d4eb2f, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Hashes three integers to a number 0 <= x < 1. */
export function mixUnit(a: number, b: number, c: number): number {
  return (mix32(a, b, c) >>> 0) / 4_294_967_296;
}

/** Picks an index by weight, in logarithmic time. */
export class WeightedChoice {
  readonly #cumulative: Float64Array;

  constructor(weights: ArrayLike<number>) {
    this.#cumulative = new Float64Array(weights.length);
    let sum = 0;
    for (let i = 0; i < weights.length; i++) this.#cumulative[i] = sum += weights[i]!;
  }

  /** Returns an index. `unit` is a random number 0 <= x < 1. */
  pick(unit: number): number {
    const cumulative = this.#cumulative;
    const target = unit * cumulative[cumulative.length - 1]!;
    let low = 0;
    let high = cumulative.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (cumulative[middle]! <= target) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Returns the weights 1/(1 + shift)^exponent, 1/(2 + shift)^exponent, ..., 1/(n + shift)^exponent. */
export function zipfWeights(n: number, exponent: number, shift = 0): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => 1 / (i + 1 + shift) ** exponent);
}
