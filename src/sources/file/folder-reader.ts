import { setTimeout as sleep } from 'node:timers/promises';
import type { PartProblem, Positions, RecordBatch, SourceLag, SourceReader } from '../source.ts';
import { toNumbers, toPositions } from '../numbered-positions.ts';
import { SourceError } from '../source.ts';
import { type Listing, listFolder } from './folder.ts';
import { FileMoved, type FileReport } from './problem.ts';
import { messageOf } from '../../values/error-message.ts';
import type { TrackedFile } from './tracked.ts';
import { FileTracker, SPOILED_HINT, type TrackerOptions } from './tracker.ts';

export interface FolderReaderOptions extends Omit<
  TrackerOptions,
  'follow' | 'chunkBytes' | 'maxRecordBytes'
> {
  readonly directory: string;
  /** Matches the names, below the folder, of the files to read. */
  readonly matches: RegExp;
  /** Interval of scans for new files and new lines. Undefined: read the files once and end. */
  readonly refresh_ms?: number | undefined;
  readonly chunkBytes?: number | undefined;
  readonly maxRecordBytes?: number | undefined;
}

/** Number of extra scans of a folder whose files move while they are read, before such a file counts as failed. */
const EXTRA_SCANS = 5;

/**
 * Reads the files of a folder one after the other, in name order. A file is a split and remains so when it is renamed;
 * offsets are bytes of its decompressed text. A file that cannot be read is reported, and the others are read. Without
 * `refresh_ms` the reader ends after the last file; with it, files may grow, appear and be rotated.
 */
export class FolderReader implements SourceReader {
  readonly name: string;
  readonly #options: FolderReaderOptions;
  readonly #report: FileReport;
  readonly #tracker: FileTracker;
  #refused: Listing['refused'] = [];
  #files: readonly TrackedFile[] = [];
  #current = 0;
  #extraScans = 0;
  #hasScanned = false;
  #nextRefresh_ms = 0;
  #ended = false;
  #memo: string | undefined;
  #closing = new AbortController();
  /** The latest poll. `close` waits for it. */
  #polling: Promise<unknown> = Promise.resolve();

  constructor(options: FolderReaderOptions) {
    const { chunkBytes = 1 << 20, maxRecordBytes = 1 << 20, refresh_ms, report } = options;
    this.name = options.source;
    this.#options = options;
    this.#report = report;
    this.#tracker = new FileTracker({
      ...options,
      chunkBytes,
      maxRecordBytes,
      follow: refresh_ms !== undefined,
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  async open(positions: Positions, memo?: string): Promise<void> {
    this.#memo = memo;
    this.#tracker.restore(toNumbers(positions), memo);
    this.#ended = false;
    this.#extraScans = 0;
    this.#closing = new AbortController();
    await this.#refresh();
  }

  memo(): string | undefined {
    return this.#memo === undefined && this.#files.length === 0 ? undefined : this.#tracker.memo();
  }

  positions(): Positions {
    return toPositions(new Map(this.#files.map(({ partition, position }) => [partition, position])));
  }

  problems(): readonly PartProblem[] {
    const problems: PartProblem[] = [
      ...this.#refused.map(({ shown, message, hint }) => ({ name: shown, error: message, hint })),
      ...this.#tracker.held.map(({ shown, message }) => ({ name: shown, error: message, hint: undefined })),
    ];
    for (const { found, memo, failure } of this.#files) {
      if (found === undefined) continue;
      if (memo.spoiled !== undefined)
        problems.push({ name: memo.shown, error: memo.spoiled, hint: SPOILED_HINT });
      else if (failure !== undefined)
        problems.push({ name: memo.shown, error: failure.error, hint: failure.hint });
    }
    return problems;
  }

  poll(maxRecords: number, wait_ms: number): Promise<RecordBatch | undefined> {
    const polling = this.#poll(maxRecords, wait_ms);
    this.#polling = polling.catch(() => undefined);
    return polling;
  }

  async #poll(maxRecords: number, wait_ms: number): Promise<RecordBatch | undefined> {
    const deadline = performance.now() + wait_ms;
    while (!this.#ended && !this.#closing.signal.aborted) {
      const batch = await this.#next(maxRecords);
      if (batch !== undefined) return batch;
      const now = performance.now();
      const isDue = now >= this.#nextRefresh_ms;
      if (this.#options.refresh_ms === undefined && !isDue) {
        this.#ended = true;
        return undefined;
      }
      if (isDue) {
        await this.#refresh();
        const grown = await this.#next(maxRecords);
        if (grown !== undefined) return grown;
      }
      const pause = Math.min(deadline, this.#nextRefresh_ms) - performance.now();
      if (performance.now() >= deadline) return undefined;
      await sleep(Math.max(1, pause), undefined, { signal: this.#closing.signal }).catch(() => undefined);
    }
    return undefined;
  }

  /** Resolves to the next records of the current file or of a file after it; to undefined if there are none. */
  async #next(maxRecords: number): Promise<RecordBatch | undefined> {
    for (; this.#current < this.#files.length; this.#current++) {
      const file = this.#files[this.#current]!;
      if (file.memo.spoiled !== undefined || file.isWaiting(performance.now())) continue;
      try {
        const batch = await file.reader.next(maxRecords);
        if (batch !== undefined) return batch;
        if (file.failure !== undefined && file.found !== undefined) {
          file.failure = undefined;
          this.#report('info', { file: file.memo.shown }, 'a file is read again');
        }
      } catch (error) {
        await file.reader.reset();
        this.#failed(file, error);
      }
    }
    return undefined;
  }

  #failed(file: TrackedFile, error: unknown): void {
    if (error instanceof SourceError && error.cause instanceof FileMoved && this.#extraScans < EXTRA_SCANS) {
      this.#extraScans++;
      this.#nextRefresh_ms = 0; // the next scan finds out where the file is
      return;
    }
    const hint = error instanceof SourceError ? error.hint : undefined;
    const detail = messageOf(error);
    if (file.failure?.error !== detail)
      this.#report('warn', { file: file.memo.shown, detail, hint }, 'a file is not read');
    file.failure = { error: detail, hint, found: file.found, failed_ms: performance.now() };
  }

  async #refresh(): Promise<void> {
    const { refresh_ms, directory, matches } = this.#options;
    let listing: Listing;
    try {
      listing = await listFolder(directory, matches);
    } catch (error) {
      throw new SourceError(this.name, `cannot list ${directory}: ${messageOf(error)}`, {
        cause: error,
        hint: 'posix_fs.root must be a folder that this process may read',
      });
    }
    for (const { shown, message, hint } of listing.refused) {
      if (this.#refused.some((before) => before.shown === shown && before.message === message)) continue;
      this.#report('warn', { file: shown, detail: message, hint }, 'a path is not read');
    }
    this.#refused = listing.refused;
    if (!this.#hasScanned && listing.files.length === 0 && !listing.isEmpty)
      this.#report('warn', { folder: directory }, 'no file of the folder matches match_pattern');
    this.#hasScanned = true;
    await this.#tracker.update(listing);
    this.#files = this.#tracker.files;
    this.#current = 0;
    this.#nextRefresh_ms = refresh_ms === undefined ? Infinity : performance.now() + refresh_ms;
    if (refresh_ms !== undefined) this.#extraScans = 0;
  }

  /** Always empty: the number of records in a file is unknown until the file is read. */
  lag(): readonly SourceLag[] {
    return [];
  }

  checkpointed(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#polling;
    this.#memo = this.memo();
    for (const { reader } of this.#files) await reader.close();
  }
}
