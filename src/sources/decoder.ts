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
    | 'out_of_range';
  readonly column?: string | undefined;
  readonly message: string;
  /** true: the whole record was refused (a dead letter); false: the field became NULL and the row was kept. */
  readonly refused: boolean;
}

/**
 * Turns records into rows of a source's columns. Appends to `batch` until it is full or the records end.
 *
 * Contract: never throws for bad input. A record is either one appended row or one `refused` problem; no record
 * affects its neighbours.
 */
export interface RecordDecoder {
  /**
   * Decodes records `from`, `from + 1`, ... and returns the index of the first one not taken (count, unless the
   * batch was full).
   */
  decode(
    records: RecordBatch,
    from: number,
    batch: Batch,
    onProblem: (problem: DecodeProblem, record: number) => void,
  ): number;
}
