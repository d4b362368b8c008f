import { csvFields } from '../csv/fields.ts';
import type { CsvFormat } from '../csv/format.ts';
import { splitCsv } from '../csv/split-csv.ts';
import { type RecordBatch, SourceError } from '../source.ts';
import { PADDING, type Split, splitLines } from '../split.ts';
import { type FileInput, openFileInput } from './input.ts';

export interface FilePartitionOptions {
  readonly source: string;
  readonly partition: number;
  readonly path: string;
  /** The file's name as INCLUDE file and messages show it. */
  readonly shown: string;
  readonly gzip: boolean;
  /** Undefined: one JSON record per line. */
  readonly csv: CsvFormat | undefined;
  /** The file may grow: what follows the last line end is not a record yet. */
  readonly follow: boolean;
  readonly chunkBytes: number;
  readonly maxRecordBytes: number;
}

const LINE_FEED = 10;

/** One file being read: records with their byte positions (of the decompressed text). */
export class FilePartition {
  readonly #options: FilePartitionOptions;
  #input: FileInput | undefined;
  #header: readonly string[] | undefined;
  /** Bytes read and not yet taken are `#bytes[#from, #to)`; `#base` is the file position of `#bytes[0]`. */
  #bytes: Uint8Array = new Uint8Array(0);
  #from = 0;
  #to = 0;
  #base = 0;
  #atEnd = false;
  /** Bytes up to the next line end belong to a record that was too long and has been given out. */
  #skipping = false;

  constructor(options: FilePartitionOptions) {
    this.#options = options;
  }

  get partition(): number {
    return this.#options.partition;
  }
  /** Where reading goes on. */
  get position(): number {
    return this.#base + this.#from;
  }
  /** True when the last read came to the end of the file. */
  get atEnd(): boolean {
    return this.#atEnd && this.#from === this.#to;
  }

  async open(position: number | undefined): Promise<void> {
    const { path, gzip, csv } = this.#options;
    try {
      await this.#guard(async () => {
        this.#input = await openFileInput(path, gzip);
        if (csv?.header === true) await this.#readHeader();
        if (position !== undefined && position > this.position) {
          await this.#input.seek(position);
          this.#restart(position);
        }
      });
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** The next records, or undefined if there are none (yet). */
  async next(maxRecords: number): Promise<RecordBatch | undefined> {
    for (;;) {
      const batch = this.#take(maxRecords);
      if (batch !== undefined) return batch;
      if (!(await this.#fill())) return this.#take(maxRecords);
    }
  }

  async close(): Promise<void> {
    await this.#input?.close();
    this.#input = undefined;
  }

  async #readHeader(): Promise<void> {
    const { csv, source, shown } = this.#options;
    for (;;) {
      const { starts, ends, count, next } = this.#split(1);
      if (count === 1) {
        const names = csvFields(this.#bytes, starts[0]!, ends[0]!, csv!.delimiter);
        if (typeof names === 'string') {
          throw new SourceError(source, `${shown}: the header is no CSV record: ${names}`, {
            hint: "if the file has no header, use ENCODE CSV (without_header = 'true')",
          });
        }
        this.#header = names.map((name) => name ?? '');
        this.#from = next;
        return;
      }
      if (!(await this.#fill())) return;
    }
  }

  #take(maxRecords: number): RecordBatch | undefined {
    if (this.#skipping) {
      const end = this.#bytes.subarray(0, this.#to).indexOf(LINE_FEED, this.#from);
      this.#from = end === -1 ? this.#to : end + 1;
      if (end === -1) return undefined;
      this.#skipping = false;
    }
    const split = this.#split(maxRecords);
    if (split.count === 0) {
      this.#from = split.next;
      const limit = this.#options.maxRecordBytes + 1;
      if (this.#to - this.#from < limit) return undefined;
      // Too long for a record: given out as far as it goes, for the decoder to refuse.
      this.#skipping = true;
      const start = this.#from;
      this.#from = this.#to;
      return this.#batch(
        { starts: Int32Array.of(start), ends: Int32Array.of(start + limit), count: 1, next: this.#to },
        this.#base + this.#to,
      );
    }
    this.#from = split.next;
    return this.#batch(split, this.position);
  }

  #split(maxRecords: number): Split {
    const { csv, maxRecordBytes, follow } = this.#options;
    const range = { from: this.#from, to: this.#to, maxRecords, final: this.#atEnd && !follow };
    return csv === undefined
      ? splitLines(this.#bytes, range)
      : splitCsv(this.#bytes, { ...range, delimiter: csv.delimiter, maxRecordBytes });
  }

  #batch(split: Split, nextOffset: number): RecordBatch {
    const offsets = new Float64Array(split.count);
    for (let i = 0; i < split.count; i++) offsets[i] = this.#base + split.starts[i]!;
    return {
      partition: this.#options.partition,
      bytes: this.#bytes,
      starts: split.starts,
      ends: split.ends,
      count: split.count,
      offsets,
      nextOffset,
      file: this.#options.shown,
      header: this.#header,
    };
  }

  /** Reads more bytes behind those that are left, into a new buffer: batches given out keep the old one. */
  async #fill(): Promise<boolean> {
    const rest = this.#to - this.#from;
    const bytes = new Uint8Array(rest + this.#options.chunkBytes + PADDING);
    bytes.set(this.#bytes.subarray(this.#from, this.#to));
    let read = 0;
    await this.#guard(async () => {
      read = await this.#input!.read(bytes, rest, rest + this.#options.chunkBytes);
    });
    this.#base += this.#from;
    this.#bytes = bytes;
    this.#from = 0;
    this.#to = rest + read;
    this.#atEnd = read === 0;
    const bom = this.#base === 0 && rest === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    if (bom) this.#from = 3;
    return read > 0;
  }

  #restart(position: number): void {
    this.#bytes = new Uint8Array(0);
    this.#base = position;
    this.#from = 0;
    this.#to = 0;
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    const { source, shown } = this.#options;
    try {
      await work();
    } catch (error) {
      if (error instanceof SourceError) throw error;
      const message = error instanceof Error ? error.message : String(error);
      const hint =
        error instanceof RangeError
          ? 'the file was cut or replaced after it was read; positions in it no longer mean anything'
          : undefined;
      throw new SourceError(source, `cannot read ${shown}: ${message}`, {
        cause: error,
        ...(hint === undefined ? {} : { hint }),
      });
    }
  }
}
