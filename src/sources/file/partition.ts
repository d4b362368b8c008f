import { headerOf } from '../csv/fields.ts';
import { splitCsv } from '../csv/split-csv.ts';
import { type RecordBatch, SourceError } from '../source.ts';
import { PADDING, type Split, splitLines } from '../split.ts';
import { type FileInput, openFileInput } from './input.ts';
import type { FilePartitionOptions, FilePlace } from './place.ts';
import { countLineEnds, linesFrom, type LineMark } from './lines.ts';
import { FileMoved, messageOf } from './problem.ts';

/** Batch ends whose line numbers are kept: a reader is at most two batches ahead of what was taken. */
const MARKS = 3;

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const LAST_OF_BOM = 0xbf;

interface LongRecord {
  readonly position: number;
  readonly head: Uint8Array;
}

/**
 * One file being read: records with their byte positions (of the decompressed text). It is open, and has a buffer,
 * only while there is something to read: a folder may hold more files than a process may have open.
 *
 * A file may grow, and may be moved or compressed ({@link FilePartition.moveTo}). One that is shorter than what was
 * read rejects with FileMoved; one whose last line went on after it was given out is an error.
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
  #long: LongRecord | undefined;
  #place: FilePlace | undefined;
  /** How long it was when it was read to its end. */
  #seenBytes: number | undefined;
  /** Line ends before `position`, where that is known. */
  #line: number | undefined;
  #marks: readonly LineMark[] = [];

  constructor(options: FilePartitionOptions, place: FilePlace | undefined) {
    const { position = 0, marks = [] } = options;
    this.#options = options;
    this.#place = place;
    this.#base = position;
    this.#line = position === 0 ? 0 : marks.find((mark) => mark.position === position)?.lines;
    this.#mark();
  }

  /** Where reading goes on. */
  get position(): number {
    return this.#long?.position ?? this.#base + this.#from;
  }

  /** Numbers of lines before the positions where reading may go on after a restart. */
  get marks(): readonly LineMark[] {
    return this.#marks;
  }

  /** The file is there now, or (undefined) nowhere: what has been opened of it is still read. */
  async moveTo(place: FilePlace | undefined): Promise<void> {
    const before = this.#place;
    this.#place = place;
    if (place === undefined || (place.id === before?.id && place.gzip === before?.gzip)) return;
    this.#seenBytes = undefined;
    await this.reset();
  }

  /** Lets go of the file; the next read opens it again where it was. */
  async reset(): Promise<void> {
    await this.close();
    this.#restart(this.position);
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
    const { csv } = this.#options;
    const place = this.#place;
    if (place === undefined) return false;
    if (this.#seenBytes !== undefined && (!place.follow || place.bytes === this.#seenBytes)) return false;
    const position = this.position;
    const line = this.#line;
    const { id, head } = place;
    this.#input = await openFileInput(place.path, place.gzip, id === undefined ? undefined : { id, head });
    try {
      this.#restart(0);
      this.#line = 0;
      if (csv?.header === true && this.#header === undefined && !(await this.#readHeader())) {
        await this.#leave();
        return false;
      }
      if (position > this.position) {
        await this.#goTo(position);
        this.#line = line;
      }
    } catch (error) {
      await this.close();
      this.#restart(position);
      this.#line = line;
      throw error;
    }
    return true;
  }

  /** Reads on at `position`, which must be where a line begins, or where the file ended. */
  async #goTo(position: number): Promise<void> {
    await this.#input!.seek(position - 1);
    this.#restart(position - 1);
    while (this.#to < 2 && (await this.#fill()));
    if (this.#to === 0) throw new FileMoved(`the file has fewer bytes than were read (${position})`);
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
    const { csv, source, maxRecordBytes } = this.#options;
    const shown = this.#place?.shown;
    for (let more = true; more;) {
      more = await this.#fill();
      const { starts, ends, count, next } = this.#split(1);
      if (count === 1) {
        this.#header = headerOf(this.#bytes.subarray(starts[0], ends[0]), csv!, source, `${shown}`);
        this.#advance(next);
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
    const before = { at: this.#from, lines: this.#line };
    this.#advance(split.next, split.lineEnds);
    if (split.count > 0) return this.#batch(this.#bytes, split, this.#base, before);
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
  #takeLong({ position, head }: LongRecord): RecordBatch | undefined {
    const end = this.#bytes.subarray(0, this.#to).indexOf(LINE_FEED, this.#from);
    const before = { at: 0, lines: this.#line };
    this.#advance(end === -1 ? this.#to : end + 1);
    if (end === -1 && !(this.#atEnd && this.#place?.follow === false)) return undefined;
    this.#long = undefined;
    const ends = Int32Array.of(head.length - PADDING);
    return this.#batch(head, { starts: Int32Array.of(0), ends, count: 1, next: 0 }, position, before);
  }

  #advance(to: number, lineEnds?: number): void {
    if (this.#line !== undefined) this.#line += lineEnds ?? countLineEnds(this.#bytes, this.#from, to);
    this.#from = to;
  }

  #mark(): void {
    const { position } = this;
    if (this.#line !== undefined)
      this.#marks = [...this.#marks, { position, lines: this.#line }].slice(-MARKS);
  }

  #split(maxRecords: number): Split {
    const { csv, maxRecordBytes } = this.#options;
    const range = {
      from: this.#from,
      to: this.#to,
      maxRecords,
      final: this.#atEnd && this.#place?.follow === false,
    };
    return csv === undefined
      ? splitLines(this.#bytes, range)
      : splitCsv(this.#bytes, { ...range, delimiter: csv.delimiter, maxRecordBytes });
  }

  /** Records of `bytes`, which begins at `base` in the file; `before`: the lines before a place in it. */
  #batch(
    bytes: Uint8Array,
    split: Split,
    base: number,
    before: { readonly at: number; readonly lines: number | undefined },
  ): RecordBatch {
    const offsets = new Float64Array(split.count);
    for (let i = 0; i < split.count; i++) offsets[i] = base + split.starts[i]!;
    this.#mark();
    return {
      partition: this.#options.partition,
      bytes,
      starts: split.starts,
      ends: split.ends,
      count: split.count,
      offsets,
      nextOffset: this.position,
      file: this.#place?.shown,
      header: this.#header,
      lineOf:
        before.lines === undefined ? undefined : linesFrom(bytes, split.starts, before.at, before.lines),
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

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    const { source } = this.#options;
    try {
      return await work();
    } catch (error) {
      if (error instanceof SourceError) throw error;
      const message = `cannot read ${this.#place?.shown}: ${messageOf(error)}`;
      const hint =
        error instanceof RangeError
          ? 'records that were read must stay as they are: write new ones to the end, or to a new file'
          : undefined;
      throw new SourceError(source, message, {
        cause: error,
        ...(hint === undefined ? {} : { hint }),
      });
    }
  }
}
