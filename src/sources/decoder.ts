import type { Batch } from '../engine/batch.ts';
import type { RecordBatch } from './source.ts';

/** Why a record, or one of its fields, was not taken as it was. */
export interface DecodeProblem {
  readonly reason:
    | 'malformed' // not JSON, not an object, truncated
    | 'too_large'
    | 'too_deep'
    | 'not_null' // a NOT NULL or key column is missing or null
    | 'wrong_type' // a field could not be read as its column's type: it became NULL
    | 'out_of_range'
    | 'misspelt'; // a field reaches no column, and resembles one that has none
  readonly column?: string | undefined;
  /** Of `misspelt`: the field's name in the records, and how many records have it. */
  readonly field?: string | undefined;
  readonly count?: number | undefined;
  readonly message: string;
  /** true: the whole record was refused (a dead letter); false: the field became NULL and the row was kept. */
  readonly refused: boolean;
}

/** Is told what is wrong with a record, by its position in the RecordBatch. */
export type OnProblem = (problem: DecodeProblem, record: number) => void;

/**
 * Turns records into rows of a source's columns. Appends to `batch` until it is full or the records end.
 *
 * Contract: never throws for bad input. A record is either one appended row or one `refused` problem; no record
 * affects its neighbours. What is `misspelt` is told once per call and field, with the first such record.
 */
export interface RecordDecoder {
  /**
   * Decodes records `from`, `from + 1`, ... and returns the index of the first one not taken (count, unless the
   * batch was full).
   */
  decode(records: RecordBatch, from: number, batch: Batch, onProblem: OnProblem): number;
}
