import type { SqlType } from '../../values/types.ts';
import type { Batch } from '../batch.ts';
import { Column } from '../column.ts';
import type { TextMarks } from '../text/text-marks.ts';
import type { StringPool } from '../text/string-pool.ts';

/** Rows by slot in growable columns, with a free list: the state of joins, top-n and temporal filters. */
export class RowStore {
  readonly columns: readonly Column[];
  /** One more than the largest slot ever given out. */
  count = 0;
  #free: number[] = [];

  constructor(types: readonly SqlType[], pool: StringPool) {
    this.columns = types.map((type) => new Column(type, 256, pool));
  }

  get live(): number {
    return this.count - this.#free.length;
  }

  /** Returns a slot for a new row, which the caller fills. */
  take(): number {
    const slot = this.#free.pop();
    if (slot !== undefined) return slot;
    const next = this.count++;
    for (const column of this.columns) column.ensure(this.count);
    return next;
  }

  /** Copies row `i` of `batch`, whose columns have the same order, into a new slot. Pruned columns become NULL. */
  insert(batch: Batch, i: number): number {
    const slot = this.take();
    const { columns } = this;
    for (let c = 0; c < columns.length; c++) {
      const from = batch.columns[c];
      if (from === undefined) columns[c]!.setNull(slot);
      else columns[c]!.copy(slot, from, i);
    }
    return slot;
  }

  free(slot: number): void {
    for (const column of this.columns) column.setNull(slot);
    this.#free.push(slot);
  }

  markTexts(marks: TextMarks): void {
    marks.columns(this.columns, this.count);
  }

  get freeSlots(): readonly number[] {
    return this.#free;
  }
  restore(count: number, free: readonly number[]): void {
    this.count = count;
    this.#free = [...free];
  }
}

const LAYOUT_BYTES = { u8: 2, i32: 5, str: 5, i64: 9, f64: 9, dec: 25, ref: 64 } as const;

/** Returns the bytes of one row in these columns. Values in `refs` count by a flat estimate. */
export function rowBytes(columns: readonly Column[]): number {
  return columns.reduce((n, column) => n + LAYOUT_BYTES[column.layout], 0);
}
