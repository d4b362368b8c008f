const EMPTY = -1;

/**
 * The multiset behind COUNT(DISTINCT): (slot, value) to a count, by open addressing over int32 words. Only the steps
 * 0 -> 1 and 1 -> 0 concern the aggregate. Values are one word (a text id, an integer) or two (the words of a double
 * or a bigint). Entries whose count fell to 0 are dropped when the table grows.
 */
export class DistinctSet {
  readonly #wide: boolean;
  #slots: Int32Array;
  #lo: Int32Array;
  #hi: Int32Array;
  #counts: Int32Array;
  #mask: number;
  #used = 0;

  constructor(wide: boolean, capacity = 1024) {
    this.#wide = wide;
    this.#mask = capacity - 1;
    this.#slots = new Int32Array(capacity).fill(EMPTY);
    this.#lo = new Int32Array(capacity);
    this.#hi = new Int32Array(wide ? capacity : 0);
    this.#counts = new Int32Array(capacity);
  }

  /** Adds `weight` occurrences; returns 1 if the value is new to the slot, -1 if it is gone from it, else 0. */
  add(slot: number, lo: number, weight: number): number {
    const slots = this.#slots;
    const mask = this.#mask;
    let p = mix(slot, lo) & mask;
    for (;;) {
      const s = slots[p]!;
      if (s === slot && this.#lo[p] === lo) return this.#step(p, weight);
      if (s === EMPTY) return this.#insert(p, slot, lo, 0, weight);
      p = (p + 1) & mask;
    }
  }

  /** The same for a value of two words. */
  addWide(slot: number, lo: number, hi: number, weight: number): number {
    const slots = this.#slots;
    const mask = this.#mask;
    let p = mix(slot, Math.imul(hi, 0x27d4eb2f) ^ lo) & mask;
    for (;;) {
      const s = slots[p]!;
      if (s === slot && this.#lo[p] === lo && this.#hi[p] === hi) return this.#step(p, weight);
      if (s === EMPTY) return this.#insert(p, slot, lo, hi, weight);
      p = (p + 1) & mask;
    }
  }

  #step(p: number, weight: number): number {
    const before = this.#counts[p]!;
    const after = before + weight;
    if (after < 0) throw new Error('a value was taken away more often than it was added');
    this.#counts[p] = after;
    return before === 0 ? (after === 0 ? 0 : 1) : after === 0 ? -1 : 0;
  }

  #insert(p: number, slot: number, lo: number, hi: number, weight: number): number {
    if (weight < 0) throw new Error('a value was taken away that was never added');
    this.#slots[p] = slot;
    this.#lo[p] = lo;
    if (this.#wide) this.#hi[p] = hi;
    this.#counts[p] = weight;
    this.#used++;
    if (this.#used * 3 > this.#mask * 2) this.#rehash();
    return weight === 0 ? 0 : 1;
  }

  #rehash(): void {
    const [slots, lo, hi, counts] = [this.#slots, this.#lo, this.#hi, this.#counts];
    let live = 0;
    for (let p = 0; p < slots.length; p++) if (slots[p] !== EMPTY && counts[p] !== 0) live++;
    let capacity = this.#mask + 1;
    while (live * 3 > capacity) capacity *= 2;
    this.#mask = capacity - 1;
    this.#slots = new Int32Array(capacity).fill(EMPTY);
    this.#lo = new Int32Array(capacity);
    this.#hi = new Int32Array(this.#wide ? capacity : 0);
    this.#counts = new Int32Array(capacity);
    this.#used = live;
    const mask = this.#mask;
    for (let q = 0; q < slots.length; q++) {
      const slot = slots[q]!;
      if (slot === EMPTY || counts[q] === 0) continue;
      let p = mix(slot, this.#wide ? Math.imul(hi[q]!, 0x27d4eb2f) ^ lo[q]! : lo[q]!) & mask;
      while (this.#slots[p] !== EMPTY) p = (p + 1) & mask;
      this.#slots[p] = slot;
      this.#lo[p] = lo[q]!;
      if (this.#wide) this.#hi[p] = hi[q]!;
      this.#counts[p] = counts[q]!;
    }
  }

  get bytes(): number {
    return this.#slots.byteLength * 3 + this.#hi.byteLength;
  }

  save(): Int32Array[] {
    return [Int32Array.of(this.#mask, this.#used), this.#slots, this.#lo, this.#hi, this.#counts];
  }
  load(arrays: readonly Int32Array[]): void {
    const [head, slots, lo, hi, counts] = arrays as [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];
    this.#mask = head[0]!;
    this.#used = head[1]!;
    this.#slots = slots;
    this.#lo = lo;
    this.#hi = hi;
    this.#counts = counts;
  }
}

function mix(slot: number, value: number): number {
  const h = Math.imul(slot, 0x9e3779b1) ^ Math.imul(value, 0x85ebca6b);
  return h ^ (h >>> 15);
}
