import { stat } from 'node:fs/promises';
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
const CARRIAGE_RETURN = 13;
const LAST_OF_BOM = 0xbf;

/**
 * One file being read: records with their byte positions (of the decompressed text). It is open, and has a buffer,
 * only while there is something to read: a folder may hold more files than a process may have open.
 *
 * A file may grow. One that was replaced, or cut, or whose last line went on after it was given out, is an error as
 * far as that shows: positions in it mean nothing any more.
 */
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
  /** A record that is too long: its beginning, for the decoder to refuse, once its end has been found. */
  #long: { readonly position: number; readonly head: Uint8Array } | undefined;
  /** Which file it is, for one that is followed: `device:inode`. */
  #identity: string | undefined;
  /** How long it was when it was read to its end. */
  #seenBytes: number | undefined;

  constructor(options: FilePartitionOptions) {
    this.#options = options;
  }

  get partition(): number {
    return this.#options.partition;
  }
  /** Where reading goes on. */
  get position(): number {
    return this.#long?.position ?? this.#base + this.#from;
  }

  /** Goes to `position`. Rejects with SourceError if the file is not there, or shorter. */
  async open(position: number | undefined): Promise<void> {
    this.#restart(position ?? 0);
    await this.#guard(async () => {
      this.#checkSize((await stat(this.#options.path)).size);
    });
  }

  /** The next records, or undefined if there are none (yet). */
  async next(maxRecords: number): Promise<RecordBatch | undefined> {
    if (this.#input === undefined && !(await this.#guard(() => this.#begin()))) return undefined;
    for (;;) {
      const batch = this.#take(maxRecords);
      if (batch !== undefined) return batch;
      if (await this.#fill()) continue;
      const last = this.#take(maxRecords);
      if (last === undefined) await this.#leave();
      return last;
    }
  }

  async close(): Promise<void> {
    await this.#input?.close();
    this.#input = undefined;
  }

  /** Opens the file where reading goes on; false if there is nothing new in it. */
  async #begin(): Promise<boolean> {
    const { path, gzip, csv, follow } = this.#options;
    if (follow ? !(await this.#hasGrown()) : this.#seenBytes !== undefined) return false;
    const position = this.position;
    this.#input = await openFileInput(path, gzip);
    try {
      this.#restart(0);
      if (csv?.header === true && this.#header === undefined && !(await this.#readHeader())) {
        await this.#leave();
        return false;
      }
      if (position > this.position) await this.#goTo(position);
    } catch (error) {
      await this.close();
      throw error;
    }
    return true;
  }

  async #hasGrown(): Promise<boolean> {
    const wasRead = this.#seenBytes !== undefined;
    let found;
    try {
      found = await stat(this.#options.path);
    } catch (error) {
      // Files that have been read may be tidied away.
      if (wasRead && (error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
    const identity = `${found.dev}:${found.ino}`;
    this.#identity ??= identity;
    if (identity !== this.#identity) throw new RangeError('another file has taken its name');
    this.#checkSize(found.size);
    return found.size !== this.#seenBytes;
  }

  /** Reads on at `position`, which must be where a line begins, or where the file ended. */
  async #goTo(position: number): Promise<void> {
    await this.#input!.seek(position - 1);
    this.#restart(position - 1);
    while (this.#to < 2 && (await this.#fill()));
    if (this.#to === 0) throw new RangeError(`the file has fewer bytes than were read (${position})`);
    const [before, after] = this.#bytes;
    this.#from = 1;
    const afterLine = before === LINE_FEED || (position === 3 && before === LAST_OF_BOM);
    const atLineEnd = this.#to === 1 || after === LINE_FEED || after === CARRIAGE_RETURN;
    if (!afterLine && !atLineEnd) throw new RangeError(`position ${position} is in the middle of a line`);
  }

  /** Lets go of a file that has been read to its end, until it grows. */
  async #leave(): Promise<void> {
    this.#seenBytes = this.#base + this.#to;
    await this.close();
    this.#restart(this.position);
  }

  /** False if the file has no header yet. */
  async #readHeader(): Promise<boolean> {
    const { csv, source, shown, maxRecordBytes } = this.#options;
    for (let more = true; more;) {
      more = await this.#fill();
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
        return true;
      }
      if (this.#to > maxRecordBytes)
        throw new SourceError(source, `${shown}: the header is longer than ${maxRecordBytes} bytes`);
    }
    return false;
  }

  #take(maxRecords: number): RecordBatch | undefined {
    if (this.#long !== undefined) return this.#takeLong(this.#long);
    const split = this.#split(maxRecords);
    this.#from = split.next;
    if (split.count > 0) return this.#batch(this.#bytes, split, this.#base);
    const limit = this.#options.maxRecordBytes + 1;
    if (this.#to - this.#from >= limit) {
      const head = new Uint8Array(limit + PADDING);
      head.set(this.#bytes.subarray(this.#from, this.#from + limit));
      this.#long = { position: this.#base + this.#from, head };
      this.#from = this.#to;
    }
    return undefined;
  }

  /** Gives out the beginning of a record that is too long; not before its end is there: positions are those of lines. */
  #takeLong({
    position,
    head,
  }: {
    readonly position: number;
    readonly head: Uint8Array;
  }): RecordBatch | undefined {
    const end = this.#bytes.subarray(0, this.#to).indexOf(LINE_FEED, this.#from);
    this.#from = end === -1 ? this.#to : end + 1;
    if (end === -1 && !(this.#atEnd && !this.#options.follow)) return undefined;
    this.#long = undefined;
    const ends = Int32Array.of(head.length - PADDING);
    return this.#batch(head, { starts: Int32Array.of(0), ends, count: 1, next: 0 }, position);
  }

  #split(maxRecords: number): Split {
    const { csv, maxRecordBytes, follow } = this.#options;
    const range = { from: this.#from, to: this.#to, maxRecords, final: this.#atEnd && !follow };
    return csv === undefined
      ? splitLines(this.#bytes, range)
      : splitCsv(this.#bytes, { ...range, delimiter: csv.delimiter, maxRecordBytes });
  }

  /** Records of `bytes`, which begins at `base` in the file. */
  #batch(bytes: Uint8Array, split: Split, base: number): RecordBatch {
    const offsets = new Float64Array(split.count);
    for (let i = 0; i < split.count; i++) offsets[i] = base + split.starts[i]!;
    return {
      partition: this.#options.partition,
      bytes,
      starts: split.starts,
      ends: split.ends,
      count: split.count,
      offsets,
      nextOffset: this.position,
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
    this.#atEnd = false;
    this.#long = undefined;
  }

  #checkSize(size: number): void {
    const { position } = this;
    if (!this.#options.gzip && size < position)
      throw new RangeError(`the file has ${size} bytes, fewer than were read (${position})`);
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    const { source, shown } = this.#options;
    try {
      return await work();
    } catch (error) {
      if (error instanceof SourceError) throw error;
      const message = error instanceof Error ? error.message : String(error);
      const hint =
        error instanceof RangeError
          ? 'files may grow, no more: write new records to the end, or to a file of another name'
          : undefined;
      throw new SourceError(source, `cannot read ${shown}: ${message}`, {
        cause: error,
        ...(hint === undefined ? {} : { hint }),
      });
    }
  }
}
