import type { Batch } from '../../engine/batch.ts';
import type { StringPool } from '../../engine/text/string-pool.ts';
import type { Datum } from '../../values/datum.ts';
import type { DecodeProblem, OnProblem, RecordDecoder } from '../decoder.ts';
import { type Field, fieldFinder } from '../fields.ts';
import { Misfit } from '../misfit.ts';
import { type Misspelt, MisspeltFields, missing } from '../misspelt.ts';
import { tooLarge } from '../record-fault.ts';
import type { RecordBatch } from '../source.ts';
import type { JsonDecoderOptions } from './decoder-options.ts';
import { JsonReader } from './reader.ts';
import { ScannerSet } from './scanner-set.ts';
import { ShapeRecorder } from './shape.ts';
import { readDatum } from './value.ts';
import type { WrittenValue } from './writers/written-value.ts';

/** Fills columns of a row whose values are beside the JSON object: INCLUDE columns, the key of the record. */
export interface RowFiller {
  /** True if some records are refused for what they lack. */
  readonly mayRefuse: boolean;
  /** Fills `row` from `record`. Returns false if the record is refused, after passing the reason to `onProblem`. */
  fill(records: RecordBatch, record: number, batch: Batch, row: number, onProblem: OnProblem): boolean;
}

export interface RowDecoderParts {
  /** The columns that come from the JSON object. */
  readonly fields: readonly Field[];
  /** For each field how its values are read, where the writer's form differs from the usual one. */
  readonly reads: readonly (WrittenValue | undefined)[];
  /** Positions of columns to leave NULL, which the engine computes. */
  readonly generated: readonly number[];
  readonly filler: RowFiller | undefined;
  readonly pool: StringPool;
}

/**
 * Decodes a record on one of two paths, with the same result. The fast path is a scanner generated for the record's
 * shape. The exact path validates the whole record, notes where each value lies, and converts the values. It takes any
 * record, reports its problems, and adds its shape to the scanners.
 */
export class RowDecoder implements RecordDecoder {
  readonly #fields: readonly Field[];
  readonly #generated: readonly number[];
  readonly #filler: RowFiller | undefined;
  readonly #reads: readonly (WrittenValue | undefined)[];
  readonly #maxRecordBytes: number;
  readonly #reader: JsonReader;
  readonly #find: (name: string) => number;
  readonly #recorder = new ShapeRecorder();
  readonly #scanners: ScannerSet | undefined;
  readonly #misspelt: MisspeltFields;
  #last = 0;

  // Where the value of each field lies in the current record, by field index. Kind 0: missing.
  readonly #kinds: Uint8Array;
  readonly #escaped: Uint8Array;
  /** 1: the key matched the column's name exactly. */
  readonly #exactKeys: Uint8Array;
  readonly #valueStarts: Int32Array;
  readonly #valueEnds: Int32Array;
  readonly #problems: DecodeProblem[] = [];

  // State of the current call of `decode`.
  #batch: Batch | undefined;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor({ fields, reads, generated, filler, pool }: RowDecoderParts, options: JsonDecoderOptions) {
    this.#fields = fields;
    this.#reads = reads;
    this.#generated = generated;
    this.#filler = filler;
    this.#maxRecordBytes = options.maxRecordBytes ?? 1 << 20;
    this.#reader = new JsonReader(options.maxDepth ?? 64);
    this.#find = fieldFinder(fields);
    this.#misspelt = new MisspeltFields(fields);
    const n = fields.length;
    this.#kinds = new Uint8Array(n);
    this.#escaped = new Uint8Array(n);
    this.#exactKeys = new Uint8Array(n);
    this.#valueStarts = new Int32Array(n);
    this.#valueEnds = new Int32Array(n);
    if (options.generated !== false) {
      this.#scanners = new ScannerSet({
        fields,
        scanned: reads.map((each) => each?.scanned ?? 'all'),
        pool,
        maxRecordBytes: this.#maxRecordBytes,
        calls: {
          other: (field, row, at, end) => this.#readOther(field, row, at, end),
          skip: (at, end) => this.#skip(at, end),
        },
      });
    }
  }

  decode(records: RecordBatch, from: number, batch: Batch, onProblem: OnProblem): number {
    const { bytes, starts, ends, count } = records;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#batch = batch;
    this.#bytes = bytes;
    const firstRow = batch.n;
    let i = from;
    while (i < count && batch.n < batch.capacity) {
      // If the filler can refuse records, scan one at a time: the next record reuses the row of a refused one.
      const limit = this.#filler?.mayRefuse === true ? i + 1 : count;
      const next = this.#scan(view, records, i, limit, batch);
      if (next > i) {
        this.#keep(records, i, next, batch, onProblem);
        i = next;
      } else {
        const isRow = this.#exact(bytes, starts[i]!, ends[i]!, batch, i, onProblem);
        if (isRow) this.#keep(records, i, i + 1, batch, onProblem);
        i++;
      }
    }
    this.#finish(batch, firstRow);
    this.#misspelt.tell(onProblem);
    return i;
  }

  /**
   * Adds records [from, to), whose payload lies in the rows from `batch.n` on: fills the other columns and raises
   * `batch.n`.
   */
  #keep(records: RecordBatch, from: number, to: number, batch: Batch, onProblem: OnProblem): void {
    const filler = this.#filler;
    if (filler === undefined) {
      batch.n += to - from;
      return;
    }
    for (let i = from; i < to; i++) if (filler.fill(records, i, batch, batch.n, onProblem)) batch.n++;
  }

  /** Offers records [i, limit) to the scanners, the last successful one first. Returns the first record not scanned. */
  #scan(view: DataView, records: RecordBatch, i: number, limit: number, batch: Batch): number {
    const entries = this.#scanners?.entries;
    if (entries === undefined) return i;
    const { bytes, starts, ends } = records;
    for (let k = 0; k < entries.length; k++) {
      const at = (this.#last + k) % entries.length;
      const entry = entries[at]!;
      const next = entry.scan(bytes, view, starts, ends, i, limit, batch.n, batch.capacity, batch.columns);
      if (next > i) {
        this.#last = at;
        entry.hits += next - i;
        this.#misspelt.count(entry.misspelt, i, next - i);
        return next;
      }
    }
    return i;
  }

  #finish(batch: Batch, firstRow: number): void {
    batch.weights.fill(1, firstRow, batch.n);
    batch.hasSlots = false;
    for (const c of this.#generated) {
      const column = batch.column(c);
      for (let row = firstRow; row < batch.n; row++) column.setNull(row);
    }
  }

  /** Decodes one record into row `batch.n`. Returns false if it is refused. */
  #exact(
    bytes: Uint8Array,
    start: number,
    end: number,
    batch: Batch,
    record: number,
    onProblem: OnProblem,
  ): boolean {
    const size = end - start;
    if (size > this.#maxRecordBytes) {
      onProblem({ ...tooLarge(size, this.#maxRecordBytes), refused: true }, record);
      return false;
    }
    this.#kinds.fill(0);
    this.#exactKeys.fill(0);
    const reader = this.#reader;
    reader.reset(bytes, start, end);
    reader.skipByteOrderMark();
    if (size > 0 && !this.#members(start)) {
      onProblem({ ...reader.faultFrom(start), refused: true }, record);
      return false;
    }
    const misspelt = this.#misspelt.among((k) => this.#kinds[k] === 0);
    const refused = this.#convert(batch, misspelt);
    if (refused !== undefined) {
      onProblem(refused, record);
      return false;
    }
    for (const problem of this.#problems) onProblem(problem, record);
    this.#misspelt.count(misspelt, record, 1);
    if (this.#scanners !== undefined && size > 0) {
      const hash = this.#recorder.hash(bytes, start, end);
      this.#scanners.observe(hash, misspelt, () => this.#recorder.shape(bytes, start, end));
    }
    return true;
  }

  /** Validates the record and notes where each field's value lies. Returns false if the reader has set its fault. */
  #members(start: number): boolean {
    const reader = this.#reader;
    const recorder = this.#recorder;
    recorder.reset(start);
    this.#misspelt.reset();
    if (!reader.take(123, 'an object')) return false;
    if (reader.peek() === 125) {
      reader.pos++;
      return reader.finish();
    }
    for (;;) {
      if (!reader.key()) return false;
      const field = this.#claim(reader.text());
      if (!reader.take(58, '":"') || !reader.value(1)) return false;
      const quotes = reader.pos - reader.valueEnd; // 1 after a string, whose quotes are not part of the value
      recorder.member(reader.valueStart - quotes, reader.pos, field);
      if (field >= 0) {
        this.#kinds[field] = reader.kind;
        this.#escaped[field] = reader.escaped ? 1 : 0;
        this.#valueStarts[field] = reader.valueStart;
        this.#valueEnds[field] = reader.valueEnd;
      }
      if (reader.peek() === 125) {
        reader.pos++;
        return reader.finish();
      }
      if (!reader.take(44, '"," or "}"')) return false;
    }
  }

  /** Returns the field that takes the value of `key`, or -1 if there is none or it has the value of an exact match. */
  #claim(key: string): number {
    const field = this.#find(key);
    if (field < 0) {
      this.#misspelt.unread(key);
      return -1;
    }
    if (this.#fields[field]!.name === key) this.#exactKeys[field] = 1;
    else if (this.#exactKeys[field] === 1) return -1;
    return field;
  }

  /** Writes the noted values into row `batch.n` and collects problems. Returns the one that refuses the record. */
  #convert(batch: Batch, misspelt: readonly Misspelt[] | undefined): DecodeProblem | undefined {
    this.#problems.length = 0;
    const reader = this.#reader;
    for (let k = 0; k < this.#fields.length; k++) {
      const field = this.#fields[k]!;
      if (field.mode === 'skip') continue;
      const kind = this.#kinds[k]!;
      let value = null;
      let misfit: Misfit | undefined;
      if (kind !== 0) {
        reader.select(kind, this.#valueStarts[k]!, this.#valueEnds[k]!, this.#escaped[k] === 1);
        const read = this.#read(reader, k);
        if (read instanceof Misfit) misfit = read;
        else value = read;
      }
      if (value === null && field.notNull) {
        const why = misfit?.message ?? (kind === 0 ? missing(field, misspelt) : 'the value is null');
        return {
          reason: 'not_null',
          column: field.name,
          message: `column "${field.name}" must not be NULL: ${why}`,
          refused: true,
        };
      }
      if (misfit !== undefined) {
        const message = `column "${field.name}": ${misfit.message}`;
        this.#problems.push({ reason: misfit.reason, column: field.name, message, refused: false });
      }
      if (field.mode === 'write') batch.column(field.column).set(batch.n, value);
    }
    return undefined;
  }

  #read(reader: JsonReader, k: number): Datum | Misfit {
    const written = this.#reads[k];
    return written === undefined ? readDatum(reader, this.#fields[k]!.type) : written.read(reader);
  }

  #readOther(k: number, row: number, at: number, end: number): number {
    const field = this.#fields[k]!;
    const reader = this.#reader;
    reader.reset(this.#bytes, at, end);
    if (!reader.value(1)) return -1;
    const after = reader.pos;
    const value = this.#read(reader, k);
    if (value instanceof Misfit || (value === null && field.notNull)) return -1;
    if (field.mode === 'write') this.#batch!.column(field.column).set(row, value);
    return after;
  }

  #skip(at: number, end: number): number {
    const reader = this.#reader;
    reader.reset(this.#bytes, at, end);
    return reader.value(1) ? reader.pos : -1;
  }
}
