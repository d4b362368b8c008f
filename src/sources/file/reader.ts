import { setTimeout as sleep } from 'node:timers/promises';
import type { CsvFormat } from '../csv/format.ts';
import type { Positions, RecordBatch, SourceLag, SourceReader } from '../source.ts';
import { SourceError } from '../source.ts';
import { FilePartition } from './partition.ts';

export interface SourceFile {
  readonly path: string;
  /** The name that messages and INCLUDE file show; files are read in the order of these names. */
  readonly shown: string;
  readonly partition: number;
}

export interface FileReaderOptions {
  readonly name: string;
  /** The files there are now, in order. */
  readonly list: () => Promise<readonly SourceFile[]>;
  /** Undefined: one JSON record per line. */
  readonly csv?: CsvFormat | undefined;
  /** `gzip` for all files; by default those whose names end in `.gz`. */
  readonly compression?: 'gzip' | 'none' | undefined;
  /** Look for new files and new lines this often. Undefined: read once and end. */
  readonly refresh_ms?: number | undefined;
  readonly chunkBytes?: number | undefined;
  readonly maxRecordBytes?: number | undefined;
}

/**
 * Reads files one after the other. A file is a partition, and positions are byte offsets in it (of the decompressed
 * text). Without `refresh_ms` it ends after the last file; with it, files may grow and appear.
 */
export class FileSourceReader implements SourceReader {
  readonly name: string;
  readonly #options: FileReaderOptions;
  #start: Positions = new Map();
  readonly #files = new Map<number, { readonly shown: string; readonly reader: FilePartition }>();
  #current = 0;
  #nextRefresh_ms = 0;
  #ended = false;
  #closing = new AbortController();
  /** The poll that `close` has to wait for. */
  #polling: Promise<unknown> = Promise.resolve();

  constructor(options: FileReaderOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get ended(): boolean {
    return this.#ended;
  }

  async open(positions: Positions): Promise<void> {
    this.#start = positions;
    this.#ended = false;
    this.#closing = new AbortController();
    await this.#refresh();
  }

  positions(): Positions {
    return new Map([...this.#files].map(([partition, { reader }]) => [partition, reader.position]));
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
      if (this.#options.refresh_ms === undefined) {
        this.#ended = true;
        return undefined;
      }
      const now = performance.now();
      if (now >= this.#nextRefresh_ms) {
        await this.#refresh();
        const grown = await this.#next(maxRecords, true);
        if (grown !== undefined) return grown;
      }
      const pause = Math.min(deadline, this.#nextRefresh_ms) - performance.now();
      if (performance.now() >= deadline) return undefined;
      await sleep(Math.max(1, pause), undefined, { signal: this.#closing.signal }).catch(() => undefined);
    }
    return undefined;
  }

  /** The next records of the current file, else of the files after it; `again` starts over from the first file. */
  async #next(maxRecords: number, again = false): Promise<RecordBatch | undefined> {
    if (again) this.#current = 0;
    const readers = [...this.#files.values()];
    while (this.#current < readers.length) {
      const batch = await readers[this.#current]!.reader.next(maxRecords);
      if (batch !== undefined) return batch;
      this.#current++;
    }
    return undefined;
  }

  async #refresh(): Promise<void> {
    const { refresh_ms, name, csv, compression } = this.#options;
    const files = await this.#options.list();
    for (const { path, shown, partition } of files) {
      const known = this.#files.get(partition);
      if (known !== undefined) {
        if (known.shown === shown) continue;
        throw new SourceError(name, `${known.shown} and ${shown} have the same partition number`, {
          hint: 'rename one of the files',
        });
      }
      const gzip = compression === undefined ? path.endsWith('.gz') : compression === 'gzip';
      const reader = new FilePartition({
        source: name,
        partition,
        path,
        shown,
        gzip,
        csv,
        follow: refresh_ms !== undefined && !gzip,
        chunkBytes: this.#options.chunkBytes ?? 1 << 20,
        maxRecordBytes: this.#options.maxRecordBytes ?? 1 << 20,
      });
      await reader.open(this.#start.get(partition));
      this.#files.set(partition, { shown, reader });
    }
    if (refresh_ms !== undefined) this.#nextRefresh_ms = performance.now() + refresh_ms;
  }

  /** Always empty: how many records a file holds is only known once it is read. */
  lag(): readonly SourceLag[] {
    return [];
  }

  checkpointed(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#polling;
    for (const { reader } of this.#files.values()) await reader.close();
    this.#files.clear();
    this.#current = 0;
  }
}
