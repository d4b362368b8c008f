import type { TextMarks } from '../text/text-marks.ts';
import type { DistinctPlan } from '../codegen/group-shape.ts';

/** The first word of an empty entry: 0, as in fresh memory. */
export const EMPTY = 0;

/**
 * The multiset behind COUNT(DISTINCT): maps (slot, value) to a count, by open addressing, at most half full. Only the
 * steps 0 -> 1 and 1 -> 0 change the aggregate. Generated code probes it (codegen/distinct-update.ts).
 *
 * An entry is a few adjacent words, so that a probe touches one cache line: slot + 1, the value in one word (a text id,
 * an integer) or two (the bits of a double or a bigint), and the count, which is left out if no row is ever retracted.
 * Entries whose count fell to 0 are dropped when the table grows.
 */
export class DistinctSet {
  /** Words of a value: 1 or 2. */
  readonly valueWords: number;
  readonly counted: boolean;
  /** Words of an entry. */
  readonly stride: number;
  entries: Int32Array;
  /** Number of entries - 1. */
  mask: number;
  /** Entries that are not empty. */
  used = 0;

  constructor({ valueWords, counted, stride }: Omit<DistinctPlan, 'index'>, capacity = 1024) {
    this.valueWords = valueWords;
    this.counted = counted;
    this.stride = stride;
    this.mask = capacity - 1;
    this.entries = new Int32Array(capacity * this.stride);
  }

  /** Makes room for `n` more values, so that `entries` is not replaced while a loop adds them. */
  reserve(n: number): void {
    if ((this.used + n) * 2 > this.mask + 1) this.#rehash(n);
  }

  #rehash(n: number): void {
    const { entries: old, stride, valueWords, counted } = this;
    let used = this.used;
    if (counted) {
      for (let at = 0; at < old.length; at += stride) {
        if (old[at] !== EMPTY && old[at + stride - 1] === 0) used--;
      }
    }
    let capacity = this.mask + 1;
    // Leaves room to spare: otherwise a set whose values come and go would be copied again after a few of them.
    while ((used + n) * 8 > capacity * 3) capacity *= 2;
    const entries = new Int32Array(capacity * stride);
    const mask = capacity - 1;
    for (let at = 0; at < old.length; at += stride) {
      const owner = old[at]!;
      if (owner === EMPTY || (counted && old[at + stride - 1] === 0)) continue;
      let p = homeOf(owner - 1, old[at + 1]!, valueWords === 2 ? old[at + 2]! : 0) & mask;
      while (entries[p * stride] !== EMPTY) p = (p + 1) & mask;
      const to = p * stride;
      entries[to] = owner;
      entries[to + 1] = old[at + 1]!;
      if (stride > 2) entries[to + 2] = old[at + 2]!;
      if (stride > 3) entries[to + 3] = old[at + 3]!;
    }
    this.entries = entries;
    this.mask = mask;
    this.used = used;
  }

  get bytes(): number {
    return this.entries.byteLength;
  }

  /** Marks the ids of irregular values (ValueDictionary) that are in the set. */
  markValues(held: Uint8Array): void {
    const { entries, stride } = this;
    for (let at = 0; at < entries.length; at += stride) {
      // Entries with count 0 need no mark: if their id is given to another value, that value has count 0 as well.
      if (entries[at] !== EMPTY && entries[at + stride - 1] !== 0) held[entries[at + 1]!] = 1;
    }
  }

  /** For a set of texts: marks the texts in it. */
  markTexts(marks: TextMarks): void {
    const { entries, stride, counted } = this;
    for (let at = 0; at < entries.length; at += stride) {
      if (entries[at] !== EMPTY && !(counted && entries[at + stride - 1] === 0)) marks.mark(entries[at + 1]!);
    }
  }

  save(): Int32Array {
    return this.entries;
  }
  load(entries: Int32Array): void {
    this.entries = entries;
    this.mask = entries.length / this.stride - 1;
    this.used = 0;
    for (let at = 0; at < entries.length; at += this.stride) if (entries[at] !== EMPTY) this.used++;
  }
}

/** Returns the hash of an entry, equal to that of generated code ({@link homeCode}). */
function homeOf(slot: number, lo: number, hi: number): number {
  const h = Math.imul(slot, 0x9e3779b1) ^ Math.imul(lo, 0x85ebca6b) ^ Math.imul(hi, 0x27d4eb2f);
  return h ^ (h >>> 15);
}

/** Emits the hash of identifiers `slot`, `lo` and `hi` (undefined for values of one word) into a `let`. */
export function homeCode(into: string, slot: string, lo: string, hi: string | undefined): string {
  const high = hi === undefined ? '' : `^Math.imul(${hi},0x27d4eb2f)`;
  return `let ${into}=Math.imul(${slot},0x9e3779b1)^Math.imul(${lo},0x85ebca6b)${high};${into}^=${into}>>>15;`;
}
