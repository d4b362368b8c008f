import type { Batch } from '../batch.ts';
import { growInt32 } from '../state/grow.ts';
import { sameAt } from '../state/key-index.ts';
import type { Packer, Unpacker } from '../state/packer.ts';
import type { RowStore } from '../state/row-store.ts';

/** Stands for "no row". */
export const NONE = -1;

/** The rows of one input of a join, in one linked list per join key. */
export class JoinSide {
  readonly rows: RowStore;
  readonly #slotted: boolean;
  /** By key slot: the first row with the key, or NONE. */
  #heads = new Int32Array(256).fill(NONE);
  /** By row: the next row with the same key, and the one before it, or NONE. */
  next = new Int32Array(256);
  #before = new Int32Array(256);
  /** By row, for the left side of a left join: how many right rows match it. */
  matches = new Int32Array(256);
  /** By slot of a slotted input: its row, found without a search. */
  #rowOf = new Int32Array(256);

  constructor(rows: RowStore, slotted: boolean) {
    this.rows = rows;
    this.#slotted = slotted;
  }

  head(key: number): number {
    return key < this.#heads.length ? this.#heads[key]! : NONE;
  }

  /** Stores row `i` of `batch` as the first row with the key, and returns its number. */
  add(key: number, batch: Batch, i: number): number {
    const row = this.rows.insert(batch, i);
    if (key >= this.#heads.length)
      this.#heads = growInt32(this.#heads, Math.max(key + 1, this.#heads.length * 2), NONE);
    if (row >= this.next.length) {
      const capacity = Math.max(row + 1, this.next.length * 2);
      this.next = growInt32(this.next, capacity);
      this.#before = growInt32(this.#before, capacity);
      this.matches = growInt32(this.matches, capacity);
    }
    const second = this.head(key);
    this.next[row] = second;
    this.#before[row] = NONE;
    if (second !== NONE) this.#before[second] = row;
    this.matches[row] = 0;
    this.#heads[key] = row;
    if (this.#slotted) {
      const slot = batch.slots[i]!;
      if (slot >= this.#rowOf.length)
        this.#rowOf = growInt32(this.#rowOf, Math.max(slot + 1, this.#rowOf.length * 2));
      this.#rowOf[slot] = row;
    }
    return row;
  }

  /** Unlinks a row that is identical to row `i` of `batch`, and returns its number. The caller frees it. */
  take(key: number, batch: Batch, i: number): number {
    const row = this.#slotted ? this.#rowOf[batch.slots[i]!]! : this.#find(key, batch, i);
    const next = this.next[row]!;
    const before = this.#before[row]!;
    if (before === NONE) this.#heads[key] = next;
    else this.next[before] = next;
    if (next !== NONE) this.#before[next] = before;
    return row;
  }

  #find(key: number, batch: Batch, i: number): number {
    for (let row = this.head(key); row !== NONE; row = this.next[row]!) {
      if (this.rows.columns.every((column, c) => sameAt(column, row, batch.column(c), i))) return row;
    }
    throw new Error('join: a row was retracted that had not been added');
  }

  get bytes(): number {
    const columns = this.rows.columns.reduce((n, c) => n + c.bytes, 0);
    return columns + this.#heads.byteLength + this.#rowOf.byteLength + this.next.byteLength * 3;
  }

  save(to: Packer): void {
    to.rows(this.rows);
    const { count } = this.rows;
    to.array(this.#heads);
    for (const array of [this.next, this.#before, this.matches])
      to.array(array, Math.min(count, array.length));
    to.array(this.#rowOf);
  }
  restore(from: Unpacker): void {
    from.rows(this.rows);
    this.#heads = from.i32();
    this.next = from.i32();
    this.#before = from.i32();
    this.matches = from.i32();
    this.#rowOf = from.i32();
  }
}
