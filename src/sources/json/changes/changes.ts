import type { DecodeProblem } from '../../decoder.ts';
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
  readonly faults: ReadonlyMap<number, Pick<DecodeProblem, 'reason' | 'message'>>;
}

/** Finds the changes in records of one format. */
export interface ChangeReader {
  /** Returns the changes of the records from index `from` on. They are valid until the next call. */
  read(records: RecordBatch, from: number): Changes;
}
