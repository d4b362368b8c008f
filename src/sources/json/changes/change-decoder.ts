import type { Batch } from '../../../engine/batch.ts';
import type { OnProblem, RecordDecoder } from '../../decoder.ts';
import type { RecordBatch } from '../../source.ts';
import type { RowDecoder, RowFiller } from '../row-decoder.ts';
import type { ConnectSchema } from '../writers/connect-schema.ts';
import type { ChangeReader, Changes } from './changes.ts';
import { DELETE_KEY, DELETE_ROW, NOTHING, ROW, TOMBSTONE, TRUNCATE } from './changes.ts';

export interface ChangeDecoderParts {
  readonly reader: ChangeReader;
  /** Decodes the rows of inserts and updates. */
  readonly rows: RowDecoder;
  /** Fills the primary key of a deleted row from the record's key. */
  readonly keys: RowFiller;
  /** Reads the primary key of a deleted row from the row. */
  readonly deletedRows: RowDecoder;
  readonly schema: ConnectSchema;
}

/**
 * Decodes records that change a table by its primary key. An insert or update is its row with weight +1, which
 * replaces the row of its key; a delete is a row with weight -1 that has only the key's columns.
 */
export class ChangeDecoder implements RecordDecoder {
  readonly #parts: ChangeDecoderParts;
  /** The changes of the batch that was asked for last, from record `#from` on. */
  #of: RecordBatch | undefined;
  #from = 0;
  #changes: Changes | undefined;
  #truncates = false;

  constructor(parts: ChangeDecoderParts) {
    this.#parts = parts;
  }

  decode(records: RecordBatch, from: number, batch: Batch, onProblem: OnProblem): number {
    const changes = this.#changesOf(records, from);
    let i = from;
    while (i < records.count && batch.n < batch.capacity) {
      const kind = changes.kinds[i]!;
      if (kind === TRUNCATE) {
        this.#truncates = true;
        i++;
        break;
      }
      if (kind === ROW || kind === DELETE_ROW) i = this.#run(changes, i, batch, onProblem);
      else this.#single(changes, i++, batch, onProblem);
    }
    batch.hasSlots = false;
    return i;
  }

  takeTruncate(): boolean {
    const truncates = this.#truncates;
    this.#truncates = false;
    return truncates;
  }

  #changesOf(records: RecordBatch, from: number): Changes {
    if (this.#changes === undefined || this.#of !== records || from < this.#from) {
      this.#changes = this.#parts.reader.read(records, from);
      this.#of = records;
      this.#from = from;
    }
    return this.#changes;
  }

  /** Decodes the records from `i` on that are of one kind and have one schema. Returns the first not decoded. */
  #run({ records, kinds, schemas }: Changes, i: number, batch: Batch, onProblem: OnProblem): number {
    const kind = kinds[i]!;
    let end = i + 1;
    while (end < records.count && kinds[end] === kind && schemas?.[end] === schemas?.[i]) end++;
    if (schemas !== undefined) this.#parts.schema.select(schemas[i]!);
    const run = end === records.count ? records : { ...records, count: end };
    if (kind === ROW) return this.#parts.rows.decode(run, i, batch, onProblem);
    const firstRow = batch.n;
    for (const column of batch.columns) {
      for (let row = firstRow; row < Math.min(batch.capacity, firstRow + end - i); row++)
        column?.setNull(row);
    }
    const next = this.#parts.deletedRows.decode(run, i, batch, onProblem);
    batch.weights.fill(-1, firstRow, batch.n);
    return next;
  }

  #single({ records, kinds, faults }: Changes, i: number, batch: Batch, onProblem: OnProblem): void {
    const kind = kinds[i]!;
    if (kind === NOTHING) return;
    if (kind !== DELETE_KEY && kind !== TOMBSTONE) {
      onProblem({ ...faults.get(i)!, refused: true }, i);
      return;
    }
    for (const column of batch.columns) column?.setNull(batch.n);
    if (!this.#parts.keys.fill(records, i, batch, batch.n, kind === TOMBSTONE ? () => {} : onProblem)) return;
    batch.weights[batch.n] = -1;
    batch.n++;
  }
}
