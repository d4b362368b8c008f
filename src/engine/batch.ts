import type { Datum } from '../values/datum.ts';
import type { SqlType } from '../values/types.ts';
import { Column } from './column.ts';
import type { StringPool } from './text/string-pool.ts';

/**
 * Rows in columns, each with a weight: +1 adds a row, -1 retracts one (a changed row is its old version at -1 followed
 * by its new one at +1). Batches are reused: a consumer copies the rows that it keeps.
 *
 * Contract for producers: a -1 is sent only for a row that was added before, with identical values. Operators rely on
 * it.
 */
export class Batch {
  /** By position; undefined for a pruned column, which nobody reads. */
  readonly columns: readonly (Column | undefined)[];
  weights: Int32Array;
  /**
   * Valid if `hasSlots`: the producer's dense number of the logical row, the same for its old and new version.
   * Consumers index their own state by it, without hashing.
   */
  slots: Int32Array;
  hasSlots = false;
  /** Number of rows filled. */
  n = 0;
  capacity: number;

  constructor(types: readonly SqlType[], capacity: number, pool: StringPool, wanted?: readonly boolean[]) {
    this.columns = types.map((type, i) =>
      wanted === undefined || wanted[i] ? new Column(type, capacity, pool) : undefined,
    );
    this.capacity = capacity;
    this.weights = new Int32Array(capacity).fill(1);
    this.slots = new Int32Array(capacity);
  }

  column(i: number): Column {
    const column = this.columns[i];
    if (column === undefined) throw new Error(`column ${i} of the batch was pruned`);
    return column;
  }

  ensure(n: number): void {
    if (n <= this.capacity) return;
    const capacity = Math.max(n, this.capacity * 2);
    for (const column of this.columns) column?.ensure(capacity);
    const weights = new Int32Array(capacity).fill(1);
    weights.set(this.weights);
    this.weights = weights;
    const slots = new Int32Array(capacity);
    slots.set(this.slots);
    this.slots = slots;
    this.capacity = capacity;
  }

  /** Returns row `i` as datums, NULL for pruned columns. Slow: for the edges of the engine and for tests. */
  row(i: number): Datum[] {
    return this.columns.map((column) => (column === undefined ? null : column.get(i)));
  }

  /** Appends a row of datums. Slow: for the edges of the engine and for tests. */
  append(row: readonly Datum[], weight = 1): void {
    this.ensure(this.n + 1);
    this.columns.forEach((column, c) => column?.set(this.n, row[c] ?? null));
    this.weights[this.n] = weight;
    this.n++;
  }
}
