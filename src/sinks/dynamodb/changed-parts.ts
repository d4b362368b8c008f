import type { Row } from './layout.ts';
import { sameValue } from './same-value.ts';

/** The parts of each pending row that are still to be written: those that changed since they were acknowledged. */
export class ChangedParts {
  /** The column of each part. */
  readonly #columns: readonly number[];
  /** Words of 32 parts for each slot. */
  readonly #words: number;
  #bits = new Uint32Array(0);

  constructor(columns: readonly number[]) {
    this.#columns = columns;
    this.#words = Math.ceil(columns.length / 32);
  }

  /** Makes room for `slots` slots. */
  ensure(slots: number): void {
    if (slots * this.#words <= this.#bits.length) return;
    const grown = new Uint32Array(slots * this.#words);
    grown.set(this.#bits);
    this.#bits = grown;
  }

  has(slot: number, part: number): boolean {
    return (this.#bits[slot * this.#words + (part >> 5)]! & (1 << (part & 31))) !== 0;
  }

  add(slot: number, part: number): void {
    this.#bits[slot * this.#words + (part >> 5)]! |= 1 << (part & 31);
  }

  addAll(slot: number): void {
    this.#bits.fill(0xffffffff, slot * this.#words, (slot + 1) * this.#words);
  }

  clear(slot: number): void {
    this.#bits.fill(0, slot * this.#words, (slot + 1) * this.#words);
  }

  /** Adds the parts in which two rows of the same columns differ. */
  addDifferences(slot: number, rows: Row, before: number, after: number): void {
    this.#columns.forEach((column, part) => {
      if (!sameValue(rows[column]!, before, after)) this.add(slot, part);
    });
  }

  /** Returns whether two rows of the same columns differ in a part. */
  differ(rows: Row, before: number, after: number): boolean {
    return this.#columns.some((column) => !sameValue(rows[column]!, before, after));
  }
}
