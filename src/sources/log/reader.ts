import type { Disk, DiskReader } from '../../platform/disk.ts';
import {
  type Positions,
  type RecordBatch,
  SourceError,
  type SourceLag,
  type SourceReader,
} from '../source.ts';
import { LostPositionError } from '../lost-position.ts';
import { PADDING } from '../split.ts';
import { decodeFrame, type Frame, frameLength, recordEnd } from './frame.ts';
import { type Segment, SEGMENT_HEADER_BYTES } from './segment.ts';

/** Where a reader without a position starts. `time_us` is the first record appended at that time or later. */
export type LocalTopicStart = 'earliest' | 'latest' | { readonly time_us: number };

export interface LocalTopicReaderOptions {
  /** The name of the source, for messages. Default: the topic's name. */
  readonly name?: string | undefined;
  /** Where to start without a position. Default: `earliest`. */
  readonly start?: LocalTopicStart | undefined;
  /** How many bytes to read from the file at a time. Default: 1 MiB. */
  readonly chunkBytes?: number | undefined;
}

/** The part of a topic that its readers use. */
export interface TopicView {
  readonly name: string;
  readonly disk: Disk;
  bounds(): { readonly firstOffset: number; readonly nextOffset: number };
  /** Returns the segment that holds `offset`, and the offset after its last record. */
  segmentOf(offset: number): { readonly segment: Segment; readonly end: number };
  /** Returns an offset that has no record of `time_us` or later before it. */
  offsetBefore(time_us: number): number;
  /** Calls `wake` whenever records were appended. Returns a function that ends the calls. */
  wait(wake: () => void): () => void;
  /**
   * Makes the topic reject appends with `error` until the same reader passes `undefined`. Records appended now would
   * get the offsets of records that the views have counted.
   */
  refuse(reader: LocalTopicReader, error: SourceError | undefined): void;
  attach(reader: LocalTopicReader): void;
  detach(reader: LocalTopicReader): void;
  checkpointed(): Promise<void>;
}

const SPLIT = '0';

/** Follows a local topic. It has one split, `0`; an offset is the number of records before it. */
export class LocalTopicReader implements SourceReader {
  readonly name: string;
  readonly ended = false;
  readonly #topic: TopicView;
  readonly #options: LocalTopicReaderOptions;
  #offset = 0;
  #checkpoint = 0;
  #open = false;
  #segment: Segment | undefined;
  #file: DiskReader | undefined;
  /** File position of the next byte to read into the chunk. */
  #filePosition = 0;
  #chunk: Uint8Array = new Uint8Array(0);
  /** The chunk holds bytes read in [#at, #to); a frame begins at #at. */
  #at = 0;
  #to = 0;
  #wake: () => void = () => {};
  /** The read in flight, for which `close` waits. */
  #reading: Promise<unknown> = Promise.resolve();

  constructor(topic: TopicView, options: LocalTopicReaderOptions) {
    this.name = options.name ?? topic.name;
    this.#topic = topic;
    this.#options = options;
  }

  /** The checkpoints hold every record below this offset. */
  get checkpoint(): number {
    return this.#checkpoint;
  }

  async open(positions: Positions): Promise<void> {
    const { firstOffset, nextOffset } = this.#topic.bounds();
    const stored = positions.get(SPLIT);
    const position = stored === undefined ? await this.#startOffset() : Number(stored);
    if (position < firstOffset || position > nextOffset) throw this.#lost(position, firstOffset, nextOffset);
    await this.#leaveSegment();
    this.#offset = position;
    this.#checkpoint = position;
    this.#open = true;
    this.#topic.refuse(this, undefined);
    this.#topic.attach(this);
  }

  /**
   * Returns the error for a position outside the topic. A position beyond the end means that acknowledged and counted
   * records are missing, because the log is an older copy or another log: the topic then refuses appends.
   */
  #lost(position: number, first: number, end: number): LostPositionError {
    const isAhead = position > end;
    const resume = isAhead ? end : first;
    const what = isAhead
      ? `the topic ends at offset ${end}, but the views have counted ${position} acknowledged records of it: it was ` +
        `replaced by an older copy or emptied, and ${position - end} acknowledged records are missing from it`
      : `records ${position} to ${first - 1} were removed by retention`;
    const missing = isAhead ? 0 : first - position;
    const error = new LostPositionError(this.name, what, [
      { split: SPLIT, offset: String(position), resume: String(resume), missing },
    ]);
    if (isAhead) this.#topic.refuse(this, error);
    return error;
  }

  hold(positions: Positions): void {
    const { firstOffset, nextOffset } = this.#topic.bounds();
    const position = Number(positions.get(SPLIT) ?? 0);
    if (position > nextOffset) this.#lost(position, firstOffset, nextOffset);
  }

  async #startOffset(): Promise<number> {
    const { start = 'earliest' } = this.#options;
    const { firstOffset, nextOffset } = this.#topic.bounds();
    if (start === 'earliest') return firstOffset;
    if (start === 'latest') return nextOffset;
    await this.#leaveSegment();
    this.#offset = this.#topic.offsetBefore(start.time_us);
    while (this.#offset < nextOffset) {
      const from = this.#offset;
      const { count, timestamps_us } = await this.#read(8192);
      for (let i = 0; i < count; i++) {
        if (timestamps_us![i]! >= start.time_us) return from + i;
      }
    }
    return nextOffset;
  }

  /** Returns a constant: the topic's bounds alone tell whether it holds a position. */
  memo(): string {
    return 'local';
  }

  positions(): Positions {
    return new Map([[SPLIT, String(this.#offset)]]);
  }

  async poll(maxRecords: number, wait_ms: number): Promise<RecordBatch | undefined> {
    if (this.#open && this.#offset >= this.#topic.bounds().nextOffset) await this.#waitForRecords(wait_ms);
    if (!this.#open || this.#offset >= this.#topic.bounds().nextOffset) return undefined;
    const reading = this.#read(maxRecords);
    this.#reading = reading.catch(() => undefined);
    return reading;
  }

  lag(): readonly SourceLag[] {
    return [{ split: SPLIT, records: this.#topic.bounds().nextOffset - this.#offset }];
  }

  async checkpointed(positions: Positions): Promise<void> {
    this.#checkpoint = Math.max(this.#checkpoint, Number(positions.get(SPLIT) ?? 0));
    await this.#topic.checkpointed();
  }

  async close(): Promise<void> {
    this.#open = false;
    this.#topic.detach(this);
    this.#wake();
    await this.#reading;
    await this.#leaveSegment();
  }

  async #waitForRecords(wait_ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, wait_ms);
      const stop = this.#topic.wait(done);
      this.#wake = done;
      function done(): void {
        clearTimeout(timer);
        stop();
        resolve();
      }
    });
  }

  async #read(maxRecords: number): Promise<RecordBatch> {
    const { segment, end } = this.#topic.segmentOf(this.#offset);
    if (segment !== this.#segment) await this.#enterSegment(segment);
    const first = await this.#frame(true);
    const room = Math.min(maxRecords, end - this.#offset);
    const starts = new Int32Array(room);
    const ends = new Int32Array(room);
    const timestamps_us = new Float64Array(room);
    const from = this.#offset;
    const bytes = this.#chunk;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let count = 0;
    for (let frame: Frame | undefined = first; frame !== undefined && count < room;) {
      for (let i = this.#offset - frame.firstOffset; i < frame.count && count < room; i++) {
        starts[count] = frame.payloadAt + (i === 0 ? 0 : recordEnd(view, this.#at, i - 1));
        ends[count] = frame.payloadAt + recordEnd(view, this.#at, i);
        timestamps_us[count] = frame.time_us;
        count++;
        this.#offset++;
      }
      if (this.#offset < frame.firstOffset + frame.count) break;
      this.#at = frame.end;
      frame = this.#offset < end ? await this.#frame(false) : undefined;
    }
    return {
      split: SPLIT,
      bytes,
      starts: starts.subarray(0, count),
      ends: ends.subarray(0, count),
      count,
      offsetOf: (record) => String(from + record),
      nextOffset: String(this.#offset),
      advance: count,
      timestamps_us: timestamps_us.subarray(0, count),
    };
  }

  /**
   * Returns the frame that holds #offset. With `load` it reads the file as needed and throws SourceError on damage.
   * Without `load` it returns undefined if the chunk does not hold the whole, undamaged frame.
   */
  async #frame(load: boolean): Promise<Frame | undefined> {
    for (;;) {
      const length = frameLength(this.#chunk, this.#at, this.#to);
      if (length === undefined || this.#at + length > this.#to) {
        if (!load) return undefined;
        if (!(await this.#load(length ?? 0))) throw this.#damaged();
        continue;
      }
      const frame = decodeFrame(this.#chunk, this.#at, this.#to);
      if (frame === undefined || frame.firstOffset > this.#offset) {
        if (!load) return undefined; // the good records before it are returned first
        throw this.#damaged();
      }
      if (frame.firstOffset + frame.count > this.#offset) return frame;
      this.#at = frame.end;
    }
  }

  /**
   * Reads on into a new chunk with room for at least `length` bytes; the last batch keeps the old chunk. Resolves to
   * false at the end of the file.
   */
  async #load(length: number): Promise<boolean> {
    const rest = this.#to - this.#at;
    const { chunkBytes = 1 << 20 } = this.#options;
    const chunk = new Uint8Array(rest + Math.max(chunkBytes, length) + PADDING);
    chunk.set(this.#chunk.subarray(this.#at, this.#to));
    const room = chunk.subarray(rest, chunk.length - PADDING);
    if (this.#filePosition >= this.#file!.size) await this.#reopen(); // the file may have grown
    const read = await this.#file!.read(room, this.#filePosition);
    this.#filePosition += read;
    this.#chunk = chunk;
    this.#at = 0;
    this.#to = rest + read;
    return read > 0;
  }

  async #enterSegment(segment: Segment): Promise<void> {
    await this.#leaveSegment();
    this.#segment = segment;
    await this.#reopen();
    this.#filePosition = SEGMENT_HEADER_BYTES;
  }

  async #reopen(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
    const { path } = this.#segment!;
    try {
      this.#file = await this.#topic.disk.openRead(path);
    } catch (error) {
      this.#segment = undefined;
      throw new SourceError(this.name, `cannot read ${path}: ${(error as Error).message}`, { cause: error });
    }
  }

  async #leaveSegment(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
    this.#segment = undefined;
    this.#chunk = new Uint8Array(0);
    this.#at = 0;
    this.#to = 0;
  }

  #damaged(): SourceError {
    const at = this.#filePosition - (this.#to - this.#at);
    return new SourceError(
      this.name,
      `${this.#segment!.path}: record ${this.#offset} is damaged, at byte ${at}`,
      {
        hint: 'restore the file from a copy, or start from an empty state after the damage',
      },
    );
  }
}
