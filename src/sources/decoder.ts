import type { Batch } from '../engine/batch.ts';
import type { RecordBatch } from './source.ts';

/** A record that is refused, a field that became NULL, or a field whose name is probably misspelt. */
export interface DecodeProblem {
  readonly reason:
    | 'malformed' // not JSON, not an object, truncated
    | 'too_large'
    | 'too_deep'
    | 'not_null' // a NOT NULL or key column is missing or null
    | 'wrong_type' // a field cannot be read as its column's type and became NULL
    | 'out_of_range' // a field is outside its column's range and became NULL
    | 'misspelt'; // a field matches no column, and resembles one that the record lacks
  readonly column?: string | undefined;
  /** For `misspelt`: the field's name as the records spell it. */
  readonly field?: string | undefined;
  /** For `misspelt`: number of records in this call that have the field. */
  readonly count?: number | undefined;
  readonly message: string;
  /** True if the whole record is refused and becomes a dead letter; false if its row is kept. */
  readonly refused: boolean;
}

/** Receives each problem with the index of its record in the RecordBatch. */
export type OnProblem = (problem: DecodeProblem, record: number) => void;

/**
 * Turns records into rows of a source's columns. Appends to `batch` until it is full or the records end.
 *
 * Contract: never throws for bad input. A record is either one appended row or one `refused` problem; no record
 * affects its neighbours. A misspelt field is reported once per call, with the first record that has it.
 *
 * For a table whose records change rows (FORMAT UPSERT, DEBEZIUM), a row of weight -1 deletes the row of its primary
 * key, whose columns are its only values; and a record may concern no row, or empty the table.
 */
export interface RecordDecoder {
  /**
   * Decodes the records from index `from` on. Returns the index of the first record not decoded: `records.count`,
   * unless `batch` became full. It may stop earlier, but never before the first record.
   */
  decode(records: RecordBatch, from: number, batch: Batch, onProblem: OnProblem): number;
  /**
   * Returns whether the record that the last call of `decode` ended with empties the table. The caller then pushes the
   * batch, whose rows came before, and calls `Kernel.clear`. Absent in decoders whose records never do.
   */
  takeTruncate?(): boolean;
}
