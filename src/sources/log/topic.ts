import type { Disk, DiskFile } from '../../platform/disk.ts';
import type { FolderLock } from '../../storage/folder-lock.ts';
import { createNodeDisk } from '../../platform/node-disk.ts';
import { SourceError, type SourceReader } from '../source.ts';
import {
  type AppendRecords,
  encodeFrame,
  FRAME_HEADER_BYTES,
  MAX_APPEND_BYTES,
  payloadBytes,
} from './frame.ts';
import { type PendingAppend, takeGroup } from './group-commit.ts';
import { LocalTopicReader, type LocalTopicReaderOptions } from './reader.ts';
import { openSegments } from './recovery.ts';
import { lockTopic } from './topic-lock.ts';
import type { AppendResult, LocalTopicOptions, TornTail } from './topic-options.ts';
import { createSegment, scanSegment, type Segment, SEGMENT_HEADER_BYTES } from './segment.ts';
import { messageOf } from '../../values/error-message.ts';

/**
 * A durable append-only log in a folder: the topic behind HTTP ingest and, in `dev`, behind sources without a
 * broker. Offsets are dense and begin at 0.
 *
 * Contract: an append resolves (is acknowledged) when its records are on disk; appends that wait at the same time
 * share one fsync. After a crash, a rejected append is in the log as a whole or not at all. Readers see only
 * acknowledged records. One process at a time may open the folder.
 */
export class LocalTopic {
  readonly name: string;
  /** The incomplete end of the log that was excluded when the topic was opened. */
  readonly tornTail: TornTail | undefined;
  readonly #directory: string;
  readonly #disk: Disk;
  readonly #now_us: () => number;
  readonly #options: LocalTopicOptions;
  readonly #lock: FolderLock | undefined;
  readonly #segments: Segment[];
  readonly #readers = new Set<LocalTopicReader>();
  readonly #waiting = new Set<() => void>();
  #file: DiskFile | undefined;
  /** Bytes of the segment being written; 0 if there is none. */
  #fileBytes: number;
  /** Bytes of each segment before it. */
  #sealedBytes: number[];
  #nextOffset: number;
  #pending: PendingAppend[] = [];
  #pendingBytes = 0;
  #writing: Promise<void> | undefined;
  #isCollecting = false;
  #closed = false;
  /** Set once another process has taken over the folder. */
  #lost: SourceError | undefined;
  /** The errors of readers whose counted records the log lacks. */
  readonly #refused = new Map<LocalTopicReader, SourceError | undefined>();

  /**
   * Locks the folder, checks the end of the log, and makes the log durable before anyone can read it. Rejects with
   * SourceError if another process has the folder or acknowledged records are damaged.
   */
  static async open(directory: string, options: LocalTopicOptions = {}): Promise<LocalTopic> {
    const name = options.name ?? directory;
    const disk = options.disk ?? createNodeDisk();
    await disk.mkdir(directory);
    let onLost: (error: SourceError) => void = () => {};
    const lock =
      options.lock === false ? undefined : await lockTopic(name, directory, (error) => onLost(error));
    try {
      const found = await openSegments(name, disk, directory);
      const topic = new LocalTopic(directory, options, { ...found, name, disk, lock });
      onLost = (error) => void (topic.#lost = error);
      return topic;
    } catch (error) {
      await lock?.release();
      throw error;
    }
  }

  private constructor(
    directory: string,
    options: LocalTopicOptions,
    found: Awaited<ReturnType<typeof openSegments>> & {
      readonly name: string;
      readonly disk: Disk;
      readonly lock: FolderLock | undefined;
    },
  ) {
    this.name = found.name;
    this.tornTail = found.tornTail;
    this.#directory = directory;
    this.#options = options;
    this.#disk = found.disk;
    this.#now_us = options.now_us ?? (() => Date.now() * 1000);
    this.#lock = found.lock;
    this.#segments = [...found.segments];
    this.#file = found.file;
    this.#nextOffset = found.nextOffset;
    this.#fileBytes = found.file === undefined ? 0 : found.bytes.at(-1)!;
    this.#sealedBytes = found.file === undefined ? [...found.bytes] : found.bytes.slice(0, -1);
  }

  /** The offset of the next record to be appended. All records before it are on disk. */
  get nextOffset(): number {
    return this.#nextOffset;
  }
  /** The offset of the oldest record that retention has kept. */
  get firstOffset(): number {
    return this.#segments[0]?.baseOffset ?? this.#nextOffset;
  }
  /** The size of all segments in bytes. */
  get bytes(): number {
    return this.#sealedBytes.reduce((sum, bytes) => sum + bytes, this.#fileBytes);
  }

  /**
   * Appends all of the records in order, or none. `records` must not change until the promise settles. Rejects with
   * SourceError if the write fails; the topic then stays as it was and accepts further appends.
   */
  append(records: AppendRecords): Promise<AppendResult> {
    if (this.#closed) return Promise.reject(new SourceError(this.name, 'the topic is closed'));
    const fault = this.#lost ?? [...this.#refused.values()].find((error) => error !== undefined);
    if (fault !== undefined) return Promise.reject(fault);
    const bytes = payloadBytes(records) + 4 * records.count;
    if (bytes > MAX_APPEND_BYTES) {
      return Promise.reject(
        new SourceError(
          this.name,
          `an append of ${bytes} bytes exceeds the limit of ${MAX_APPEND_BYTES} bytes`,
        ),
      );
    }
    const { maxPendingBytes = 64 << 20 } = this.#options;
    if (bytes > maxPendingBytes - this.#pendingBytes && this.#pending.length > 0) {
      const hint = 'the disk does not keep up; send fewer records at a time, or send them more slowly';
      return Promise.reject(
        new SourceError(this.name, `${this.#pendingBytes} bytes are waiting to be written`, { hint }),
      );
    }
    return new Promise((resolve, reject) => {
      this.#pending.push({ records, bytes, resolve, reject });
      this.#pendingBytes += bytes;
      this.#writing ??= this.#write();
    });
  }

  /** Returns a reader of the log. Any number of readers may be open. */
  reader(options: LocalTopicReaderOptions = {}): SourceReader {
    return new LocalTopicReader(
      {
        name: this.name,
        disk: this.#disk,
        bounds: () => ({ firstOffset: this.firstOffset, nextOffset: this.#nextOffset }),
        segmentOf: (offset) => this.#segmentOf(offset),
        offsetBefore: (time_us) =>
          this.#segments.findLast(({ created_us }) => created_us < time_us)?.baseOffset ?? this.firstOffset,
        wait: (wake) => {
          this.#waiting.add(wake);
          return () => this.#waiting.delete(wake);
        },
        refuse: (reader, error) => void this.#refused.set(reader, error),
        attach: (reader) => this.#readers.add(reader),
        detach: (reader) => this.#readers.delete(reader),
        checkpointed: () => this.#collect(),
      },
      options,
    );
  }

  /** Reads the whole log and resolves to a message per damaged range of records. For checks by an operator. */
  async verify(): Promise<readonly string[]> {
    const problems: string[] = [];
    for (const [i, segment] of this.#segments.entries()) {
      const end = this.#segments[i + 1]?.baseOffset ?? this.#nextOffset;
      const { nextOffset, goodBytes } = await scanSegment(this.#disk, segment);
      const range = `records ${nextOffset} to ${end - 1}`;
      if (nextOffset < end) problems.push(`${segment.path}: ${range} are damaged, from byte ${goodBytes}`);
    }
    return problems;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writing;
    for (const wake of this.#waiting) wake();
    await this.#file?.close();
    this.#file = undefined;
    await this.#lock?.release();
  }

  #segmentOf(offset: number): { readonly segment: Segment; readonly end: number } {
    let i = this.#segments.length - 1;
    while (i > 0 && this.#segments[i]!.baseOffset > offset) i--;
    return { segment: this.#segments[i]!, end: this.#segments[i + 1]?.baseOffset ?? this.#nextOffset };
  }

  /** Writes groups, one at a time so that offsets are dense, until no append is pending. */
  async #write(): Promise<void> {
    await Promise.resolve(); // appends of the same turn share the first fsync
    while (this.#pending.length > 0) {
      const group = takeGroup(this.#pending);
      for (const { bytes } of group) this.#pendingBytes -= bytes;
      try {
        if (this.#lost !== undefined) throw this.#lost;
        await this.#writeGroup(group);
      } catch (error) {
        await this.#abandonFile();
        const message = `cannot write to the topic: ${messageOf(error)}`;
        const hint =
          'no record was accepted; free space on the disk or repair it, then send the records again';
        const fault = this.#lost ?? new SourceError(this.name, message, { cause: error, hint });
        for (const { reject } of group) reject(fault);
      }
      await this.#collect();
    }
    this.#writing = undefined;
  }

  async #writeGroup(group: readonly PendingAppend[]): Promise<void> {
    const firstOffset = this.#nextOffset;
    const info = { firstOffset, time_us: this.#now_us(), acknowledged: firstOffset };
    const count = group.reduce((sum, { records }) => sum + records.count, 0);
    if (count > 0) {
      const frame = encodeFrame(
        group.map(({ records }) => records),
        info,
      );
      const file = await this.#fileFor(frame.length);
      await file.append(frame);
      await file.sync();
      this.#fileBytes += frame.length;
    }
    for (const { records, resolve } of group) {
      const first = this.#nextOffset;
      this.#nextOffset += records.count;
      resolve({ firstOffset: first, nextOffset: this.#nextOffset });
    }
    for (const wake of this.#waiting) wake();
  }

  /** Returns the file to write to. Creates a segment if the current one is full or was abandoned. */
  async #fileFor(frameBytes: number): Promise<DiskFile> {
    const { segmentBytes = 64 << 20 } = this.#options;
    const hasRecords = this.#fileBytes > SEGMENT_HEADER_BYTES + FRAME_HEADER_BYTES;
    if (this.#file !== undefined && (!hasRecords || this.#fileBytes + frameBytes <= segmentBytes))
      return this.#file;
    const last = this.#segments.at(-1);
    if (last?.baseOffset === this.#nextOffset) {
      // The last segment was abandoned before it held an acknowledged record, and the new one gets the same name.
      await this.#disk.remove(last.path);
      this.#segments.pop();
      this.#sealedBytes.pop();
    }
    const created_us = this.#now_us();
    const { segment, file } = await createSegment(this.#disk, this.#directory, {
      baseOffset: this.#nextOffset,
      created_us,
    });
    const full = this.#file;
    if (full !== undefined) this.#sealedBytes.push(this.#fileBytes);
    this.#segments.push(segment);
    this.#file = file;
    this.#fileBytes = SEGMENT_HEADER_BYTES;
    await full?.close().catch(() => undefined); // its records are already on disk
    return file;
  }

  /** Closes the file after a failed write, which leaves its end unknown. The next write begins a new segment. */
  async #abandonFile(): Promise<void> {
    if (this.#file === undefined) return;
    this.#sealedBytes.push(this.#fileBytes);
    this.#fileBytes = 0;
    await this.#file.close().catch(() => undefined);
    this.#file = undefined;
  }

  /** Removes segments past retention, oldest first. Keeps every record that an open reader has not yet checkpointed. */
  async #collect(): Promise<void> {
    if (this.#isCollecting) return;
    this.#isCollecting = true;
    const { retentionBytes = Infinity, retention_ms = Infinity } = this.#options;
    while (this.#segments.length > 1 && this.#lost === undefined && !this.#closed) {
      const [oldest, next] = this.#segments as [Segment, Segment];
      const keepFrom = Math.min(...Array.from(this.#readers, ({ checkpoint }) => checkpoint));
      const tooOld = this.#now_us() - next.created_us > retention_ms * 1000;
      if (next.baseOffset > keepFrom || !(this.bytes > retentionBytes || tooOld)) break;
      const bytes = this.#sealedBytes.shift() ?? 0;
      this.#segments.shift();
      try {
        await this.#disk.remove(oldest.path);
      } catch {
        this.#segments.unshift(oldest); // retried before any later segment, so that the log has no gap
        this.#sealedBytes.unshift(bytes);
        break;
      }
    }
    this.#isCollecting = false;
  }
}
