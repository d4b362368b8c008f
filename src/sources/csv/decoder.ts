import type { Batch } from '../../engine/batch.ts';
import type { SourceDef } from '../../plan/pipeline.ts';
import type { DecodeProblem, OnProblem, RecordDecoder } from '../decoder.ts';
import { type Field, fieldFinder, sourceFields } from '../fields.ts';
import { withGeneratedChecked } from '../generated-check.ts';
import { IncludeFiller } from '../include.ts';
import { Misfit } from '../misfit.ts';
import { type Misspelt, MisspeltFields } from '../misspelt.ts';
import { tooLarge } from '../record-fault.ts';
import { type RecordBatch, SourceError } from '../source.ts';
import { textToDatum } from '../text-value.ts';
import { csvFields, type CsvFields } from './fields.ts';
import { csvDialect } from './dialect.ts';

export interface CsvDecoderOptions {
  /** A longer record is refused. Default 1 MiB. */
  readonly maxRecordBytes?: number | undefined;
}

/**
 * Returns a decoder of CSV records (ENCODE CSV) into rows of `source`. With a header (RecordBatch.header), fields go to
 * the columns that it names; without one, to the payload columns in order. An empty field is NULL without quotes and
 * text with quotes. A record with too few or too many fields is refused, because its columns would be a guess. If the
 * header names no column of the source, the file probably has no header, and all its records are refused.
 * Throws SourceError for a FORMAT other than PLAIN.
 */
export function createCsvDecoder(
  source: SourceDef,
  wanted: readonly boolean[],
  options: CsvDecoderOptions = {},
): RecordDecoder {
  if (source.format !== 'plain') {
    throw new SourceError(source.name, `FORMAT ${source.format.toUpperCase()} ENCODE CSV is not supported`, {
      hint: 'use FORMAT PLAIN ENCODE CSV',
    });
  }
  return withGeneratedChecked(source, wanted, (read) => new CsvDecoder(source, read, options));
}

class CsvDecoder implements RecordDecoder {
  readonly #fields: readonly Field[];
  readonly #generated: readonly number[];
  readonly #includes: IncludeFiller | undefined;
  readonly #delimiter: number;
  readonly #maxRecordBytes: number;
  readonly #find: (name: string) => number;
  readonly #misspeltFields: MisspeltFields;
  #header: readonly string[] | undefined;
  /** Misspelt names in the header. */
  #misspelt: readonly Misspelt[] | undefined;
  /** For each payload field the position of its text in a record, or -1. */
  #positions: readonly number[];
  #expected: number;
  /** Why all records of this file are refused. */
  #unusable: string | undefined;

  constructor(source: SourceDef, wanted: readonly boolean[], options: CsvDecoderOptions) {
    const { payload, included, generated } = sourceFields(source, wanted);
    this.#fields = payload;
    this.#generated = generated;
    this.#includes = included.length === 0 ? undefined : new IncludeFiller(source.name, included);
    this.#delimiter = csvDialect(source).delimiter;
    this.#maxRecordBytes = options.maxRecordBytes ?? 1 << 20;
    this.#find = fieldFinder(payload);
    this.#misspeltFields = new MisspeltFields(payload);
    this.#positions = payload.map((_, i) => i);
    this.#expected = payload.length;
  }

  decode(records: RecordBatch, from: number, batch: Batch, onProblem: OnProblem): number {
    this.#useHeader(records.header);
    const firstRow = batch.n;
    let i = from;
    for (; i < records.count && batch.n < batch.capacity; i++) {
      const refused = this.#decodeRecord(records, i, batch, onProblem);
      if (refused !== undefined) {
        onProblem({ ...refused, refused: true }, i);
        continue;
      }
      if (this.#includes?.fill(records, i, batch, batch.n, onProblem) === false) continue;
      for (const c of this.#generated) batch.column(c).setNull(batch.n);
      batch.n++;
    }
    batch.weights.fill(1, firstRow, batch.n);
    batch.hasSlots = false;
    if (batch.n > firstRow) this.#misspeltFields.count(this.#misspelt, from, batch.n - firstRow);
    this.#misspeltFields.tell(onProblem);
    return i;
  }

  #useHeader(header: readonly string[] | undefined): void {
    if (header === this.#header) return;
    this.#header = header;
    this.#unusable = undefined;
    this.#misspelt = undefined;
    if (header === undefined) {
      this.#positions = this.#fields.map((_, i) => i);
      this.#expected = this.#fields.length;
      return;
    }
    const positions = this.#fields.map(() => -1);
    this.#misspeltFields.reset();
    header.forEach((name, position) => {
      const column = name.trim();
      const field = this.#find(column);
      if (field < 0) {
        this.#misspeltFields.unread(column);
        return;
      }
      const taken = positions[field]!;
      // An exact match wins over a name in another case, as with JSON keys.
      const isExact = this.#fields[field]!.name === column;
      if (isExact || taken < 0 || header[taken]!.trim() !== this.#fields[field]!.name)
        positions[field] = position;
    });
    this.#positions = positions;
    this.#misspelt = this.#misspeltFields.among((k) => positions[k]! < 0);
    this.#expected = header.length;
    if (positions.length > 0 && positions.every((position) => position < 0)) {
      this.#unusable =
        "the header names no column of the source; if the file has no header, use without_header = 'true'";
    }
  }

  #decodeRecord(
    records: RecordBatch,
    i: number,
    batch: Batch,
    onProblem: OnProblem,
  ): Omit<DecodeProblem, 'refused'> | undefined {
    if (this.#unusable !== undefined) return { reason: 'malformed', message: this.#unusable };
    const start = records.starts[i]!;
    const end = records.ends[i]!;
    if (end - start > this.#maxRecordBytes) {
      return tooLarge(end - start, this.#maxRecordBytes);
    }
    const texts = csvFields(records.bytes, start, end, this.#delimiter);
    if (typeof texts === 'string') return { reason: 'malformed', message: texts };
    if (texts.length !== this.#expected) {
      return { reason: 'malformed', message: `${texts.length} fields instead of ${this.#expected}` };
    }
    return this.#convert(texts, i, batch, onProblem);
  }

  #convert(
    texts: CsvFields,
    record: number,
    batch: Batch,
    onProblem: OnProblem,
  ): Omit<DecodeProblem, 'refused'> | undefined {
    const problems: DecodeProblem[] = [];
    for (let k = 0; k < this.#fields.length; k++) {
      const field = this.#fields[k]!;
      if (field.mode === 'skip') continue;
      const position = this.#positions[k]!;
      const text = position < 0 ? null : texts[position]!;
      const read = text === null ? null : textToDatum(text, field.type);
      const value = read instanceof Misfit ? null : read;
      if (value === null && field.notNull) {
        const why = read instanceof Misfit ? read.message : 'the field is empty or missing';
        return {
          reason: 'not_null',
          column: field.name,
          message: `column "${field.name}" must not be NULL: ${why}`,
        };
      }
      if (read instanceof Misfit) {
        const message = `column "${field.name}": ${read.message}`;
        problems.push({ reason: read.reason, column: field.name, message, refused: false });
      }
      if (field.mode === 'write') batch.column(field.column).set(batch.n, value);
    }
    for (const problem of problems) onProblem(problem, record);
    return undefined;
  }
}
