const EMPTY = -1;
/** Words per entry: slot, value low, value high, count. */
const STRIDE = 4;

/**
 * The multiset behind COUNT(DISTINCT): (slot, value) to a count, by open addressing. Only the steps 0 -> 1 and
 * 1 -> 0 concern the aggregate. Values are one word (a text id, an integer) or two (the words of a double or a
 * bigint). The four words of an entry lie side by side: a probe touches one cache line. Entries whose count
 * fell to 0 are dropped when the table grows.
 */
export class DistinctSet {
  #entries: Int32Array;
  #mask: number;
  #used = 0;

  constructor(capacity = 1024) {
    this.#mask = capacity - 1;
    this.#entries = new Int32Array(capacity * STRIDE).fill(EMPTY);
  }

  /**
   * Adds `weight` (+1 or -1) occurrences of a value to a slot; returns 1 if the value is new to the slot, -1 if
   * it is gone from it, else 0. `hi` is 0 for values of one word.
   */
  add(slot: number, lo: number, hi: number, weight: number): number {
    const entries = this.#entries;
    const mask = this.#mask;
    let p = mix(slot, lo, hi) & mask;
    for (;;) {
      const at = p * STRIDE;
      const s = entries[at]!;
      if (s === slot && entries[at + 1] === lo && entries[at + 2] === hi) {
        const before = entries[at + 3]!;
        const after = before + weight;
        if (after < 0) throw new Error('a value was taken away more often than it was added');
        entries[at + 3] = after;
        return before === 0 ? 1 : after === 0 ? -1 : 0;
      }
      if (s === EMPTY) break;
      p = (p + 1) & mask;
    }
    if (weight < 0) throw new Error('a value was taken away that was never added');
    const at = p * STRIDE;
    entries[at] = slot;
    entries[at + 1] = lo;
    entries[at + 2] = hi;
    entries[at + 3] = weight;
    this.#used++;
    if (this.#used * 3 > this.#mask * 2) this.#rehash();
    return 1;
  }

  #rehash(): void {
    const old = this.#entries;
    let live = 0;
    for (let at = 0; at < old.length; at += STRIDE) if (old[at] !== EMPTY && old[at + 3] !== 0) live++;
    let capacity = this.#mask + 1;
    while (live * 3 > capacity) capacity *= 2;
    const entries = new Int32Array(capacity * STRIDE).fill(EMPTY);
    const mask = capacity - 1;
    for (let at = 0; at < old.length; at += STRIDE) {
      const slot = old[at]!;
      if (slot === EMPTY || old[at + 3] === 0) continue;
      let p = mix(slot, old[at + 1]!, old[at + 2]!) & mask;
      while (entries[p * STRIDE] !== EMPTY) p = (p + 1) & mask;
      const to = p * STRIDE;
      entries[to] = slot;
      entries[to + 1] = old[at + 1]!;
      entries[to + 2] = old[at + 2]!;
      entries[to + 3] = old[at + 3]!;
    }
    this.#entries = entries;
    this.#mask = mask;
    this.#used = live;
  }

  get bytes(): number {
    return this.#entries.byteLength;
  }

  save(): Int32Array {
    return this.#entries;
  }
  load(entries: Int32Array): void {
    this.#entries = entries;
    this.#mask = entries.length / STRIDE - 1;
    this.#used = 0;
    for (let at = 0; at < entries.length; at += STRIDE) if (entries[at] !== EMPTY) this.#used++;
  }
}

function mix(slot: number, lo: number, hi: number): number {
  const h = Math.imul(slot, 0x9e3779b1) ^ Math.imul(lo, 0x85ebca6b) ^ Math.imul(hi, 0x27d4eb2f);
  return h ^ (h >>> 15);
}
