import type { RecordFault } from '../../record-fault.ts';
import type { RecordBatch } from '../../source.ts';

/** What a record does to a table, as {@link Changes.kinds} holds it. */
export const ROW = 0; // inserts or replaces the row in its range
export const DELETE_KEY = 1; // deletes the row of its key
export const DELETE_ROW = 2; // deletes the row whose key columns are in its range
export const NOTHING = 3; // concerns no row
export const TRUNCATE = 4; // deletes all rows
export const TOMBSTONE = 5; // deletes the row of its key, or nothing if the key names none
export const REFUSED = 6; // cannot be read

/** The changes that a batch of records makes. */
export interface Changes {
  /** The records with the ranges of their rows in place of those of their payloads, and with their keys. */
  readonly records: RecordBatch;
  /** By record, from the first that was asked for. */
  readonly kinds: Uint8Array;
  /** By record the id of its schema, for `ConnectSchema.select`; undefined if records have none. */
  readonly schemas?: Int32Array;
  /** Why a record is REFUSED, by record. */
  readonly faults: ReadonlyMap<number, RecordFault>;
}

/** Arrays by record that a reader uses for batch after batch. */
export class ChangeArrays {
  kinds = new Uint8Array(0);
  starts = new Int32Array(0);
  ends = new Int32Array(0);
  schemas = new Int32Array(0);
  readonly keys: (Uint8Array | null)[] = [];

  /** Makes room for `count` records. Values of the batch before may be left in it. */
  room(count: number): void {
    if (count <= this.kinds.length) return;
    const length = Math.max(count, 1024, 2 * this.kinds.length);
    this.kinds = new Uint8Array(length);
    this.starts = new Int32Array(length);
    this.ends = new Int32Array(length);
    this.schemas = new Int32Array(length);
  }
}

/** Finds the changes in records of one format. */
export interface ChangeReader {
  /** Returns the changes of the records from index `from` on. They are valid until the next call. */
  read(records: RecordBatch, from: number): Changes;
}
