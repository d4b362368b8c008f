import { type RecordBatch, SourceError } from '../source.ts';
import { PADDING, type Split } from '../split.ts';
import { type FileInput, openFileInput } from './input.ts';
import type { Prefix } from './head.ts';
import type { FilePartitionOptions, FilePlace } from './place.ts';
import { countLineEnds, hasTail, linesFrom, type LineMark, tailOf } from './lines.ts';
import { FileMoved } from './problem.ts';
import { messageOf } from '../../values/error-message.ts';

/** Number of batch ends whose marks are kept. A reader is at most two batches ahead of the records taken from it. */
const MARKS = 3;

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const LAST_OF_BOM = 0xbf;

interface LongRecord {
  readonly position: number;
  readonly head: Uint8Array;
}

/**
 * Reads the records of one file, with their byte positions in the decompressed text. The file is open, and has a
 * buffer, only while there is something to read, because a folder may hold more files than a process may have open.
 *
 * The file may grow, and may be moved or compressed ({@link FilePartition.moveTo}). `next` rejects with SourceError.
 * Its cause is FileMoved if the file was moved, replaced or truncated, and RangeError if lines that were read have
 * changed.
 */
export class FilePartition {
  readonly #options: FilePartitionOptions;
  #input: FileInput | undefined;
  #header: readonly string[] | undefined;
  /** Bytes read and not yet returned are `#bytes[#from, #to)`; `#base` is the file position of `#bytes[0]`. */
  #bytes: Uint8Array = new Uint8Array(0);
  #from = 0;
  #to = 0;
  #base = 0;
  #atEnd = false;
  /** The beginning of a record that is too long. It goes to the decoder, to be refused, once its end is found. */
  #long: LongRecord | undefined;
  #place: FilePlace | undefined;
  /** The file's length when it was last read to its end. */
  #seenBytes: number | undefined;
  /** Number of line ends before `position`, if known. */
  #line: number | undefined;
  #marks: readonly LineMark[] = [];

  constructor(options: FilePartitionOptions, place: FilePlace | undefined) {
    const { position = 0, marks = [] } = options;
    this.#options = options;
    this.#place = place;
    this.#base = position;
    const mark = marks.find((each) => each.position === position);
    this.#line = position === 0 ? 0 : mark?.lines;
    this.#marks = mark === undefined ? [] : [mark];
  }

  /** Byte position of the next record. */
  get position(): number {
    return this.#long?.position ?? this.#base + this.#from;
  }

  /** Marks of the positions where reading may resume after a restart. */
  get marks(): readonly LineMark[] {
    return this.#marks;
  }

  /** The length and hash of the bytes directly before `position`; undefined if they are unknown. */
  get tail(): Prefix | undefined {
    return this.#marks.find((mark) => mark.position === this.position)?.tail;
  }

  /** Sets where the file is; undefined if it is gone. An open file that was only renamed or removed stays open. */
  async moveTo(place: FilePlace | undefined): Promise<void> {
    const before = this.#place;
    this.#place = place;
    if (place === undefined || (place.id === before?.id && place.gzip === before?.gzip)) return;
    this.#seenBytes = undefined;
    await this.reset();
  }

  /** Closes the file. The next read opens it again at the same position. */
  async reset(): Promise<void> {
    await this.close();
    this.#restart(this.position);
  }

  /** Resolves to the next records, or to undefined if there are none at present. */
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

  /** Opens the file at `position`. Resolves to false if there is nothing new in it. */
  async #begin(): Promise<boolean> {
    const { framing } = this.#options;
    const place = this.#place;
    if (place === undefined) return false;
    if (this.#seenBytes !== undefined && (!place.follow || place.bytes === this.#seenBytes)) return false;
    const { position, tail } = this;
    const line = this.#line;
    const { id, head } = place;
    this.#input = await openFileInput(place.path, place.gzip, id === undefined ? undefined : { id, head });
    try {
      this.#restart(0);
      this.#line = 0;
      if (framing.headerOf !== undefined && this.#header === undefined && !(await this.#readHeader())) {
        await this.#leave();
        return false;
      }
      if (position > this.position) {
        await this.#goTo(position, tail);
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

  /** Continues at `position`, which must be the beginning of a line or a former end of the file. */
  async #goTo(position: number, tail: Prefix | undefined): Promise<void> {
    const back = tail?.bytes ?? 1;
    await this.#input!.seek(position - back);
    this.#restart(position - back);
    while (this.#to <= back && (await this.#fill()));
    if (this.#to < back) throw new FileMoved(`the file has fewer bytes than were read (${position})`);
    if (tail !== undefined && !hasTail(this.#bytes.subarray(0, back), tail))
      throw new RangeError(`the lines before position ${position} have changed since they were read`);
    const [before, after] = this.#bytes.subarray(back - 1);
    this.#from = back;
    const afterLine = before === LINE_FEED || (position === 3 && before === LAST_OF_BOM);
    const atLineEnd = this.#to === back || after === LINE_FEED || after === CARRIAGE_RETURN;
    if (!afterLine && !atLineEnd) throw new RangeError(`position ${position} is in the middle of a line`);
  }

  /** Closes a file that has been read to its end, until it grows. */
  async #leave(): Promise<void> {
    this.#seenBytes = this.#base + this.#to;
    await this.close();
    this.#restart(this.position);
  }

  /** Reads the header. Resolves to false if the file has none yet. */
  async #readHeader(): Promise<boolean> {
    const { framing, source, maxRecordBytes } = this.#options;
    const shown = this.#place?.shown;
    for (let more = true; more;) {
      more = await this.#fill();
      const { starts, ends, count, next } = this.#split(1);
      if (count === 1) {
        this.#header = framing.headerOf!(this.#bytes.subarray(starts[0], ends[0]), source, `${shown}`);
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

  /** Returns the beginning of a record that is too long, once its end is read: positions are beginnings of lines. */
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
    const tail = tailOf(this.#bytes.subarray(0, this.#from));
    const mark = { position: this.position, lines: this.#line, tail };
    this.#marks = [...this.#marks, mark].slice(-MARKS);
  }

  #split(maxRecords: number): Split {
    const { framing, maxRecordBytes } = this.#options;
    return framing.split(this.#bytes, {
      from: this.#from,
      to: this.#to,
      maxRecords,
      final: this.#atEnd && this.#place?.follow === false,
      maxRecordBytes,
    });
  }

  /** Returns a batch of `bytes`, which begins at `base` in the file. `before` has the line ends before `bytes[at]`. */
  #batch(
    bytes: Uint8Array,
    split: Split,
    base: number,
    before: { readonly at: number; readonly lines: number | undefined },
  ): RecordBatch {
    this.#mark();
    const { starts, ends, count } = split;
    return {
      split: String(this.#options.partition),
      bytes,
      starts,
      ends,
      count,
      offsetOf: (record) => String(base + starts[record]!),
      nextOffset: String(this.position),
      advance: count,
      file: this.#place?.shown,
      header: this.#header,
      lineOf: before.lines === undefined ? undefined : linesFrom(bytes, starts, before.at, before.lines),
    };
  }

  /**
   * Reads on into a new buffer that begins with the unread bytes; returned batches keep the old one. Resolves to false
   * at the end of the file.
   */
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
          ? 'records that were read must not change: append new ones to the file, or write them to a new file'
          : undefined;
      throw new SourceError(source, message, {
        cause: error,
        ...(hint === undefined ? {} : { hint }),
      });
    }
  }
}
