import { stat } from 'node:fs/promises';
import { LINES, type RecordFraming } from '../framing.ts';
import type { Positions, RecordBatch, SourceLag, SourceReader } from '../source.ts';
import { toNumbers, toPositions } from '../numbered-positions.ts';
import { SourceError } from '../source.ts';
import { FilePartition } from './partition.ts';
import { messageOf } from '../../values/error-message.ts';

export interface FileReaderOptions {
  readonly name: string;
  readonly path: string;
  /** The name that messages and INCLUDE file show. */
  readonly shown: string;
  /** Default: one record per line. */
  readonly framing?: RecordFraming | undefined;
  readonly chunkBytes?: number | undefined;
  readonly maxRecordBytes?: number | undefined;
}

/**
 * Reads one file, as split 0, from front to back, and ends. A `.gz` file is decompressed. `open` and `poll` reject with
 * SourceError if the file cannot be read.
 */
export class FileSourceReader implements SourceReader {
  readonly name: string;
  readonly #options: FileReaderOptions;
  #file: FilePartition | undefined;
  #ended = false;

  constructor(options: FileReaderOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Rejects with SourceError if the file is missing, or shorter than its position. */
  async open(positions: Positions): Promise<void> {
    const {
      name,
      path,
      shown,
      framing = LINES,
      chunkBytes = 1 << 20,
      maxRecordBytes = 1 << 20,
    } = this.#options;
    const position = toNumbers(positions).get(0) ?? 0;
    const gzip = path.endsWith('.gz');
    try {
      const { size } = await stat(path);
      if (!gzip && size < position)
        throw new RangeError(`the file has ${size} bytes, fewer than were read (${position})`);
    } catch (error) {
      throw new SourceError(name, `cannot read ${shown}: ${messageOf(error)}`, { cause: error });
    }
    const options = { source: name, partition: 0, framing, chunkBytes, maxRecordBytes, position };
    this.#file = new FilePartition(options, { path, shown, gzip, follow: false });
    this.#ended = false;
  }

  positions(): Positions {
    return toPositions(new Map(this.#file === undefined ? [] : [[0, this.#file.position]]));
  }

  async poll(maxRecords: number): Promise<RecordBatch | undefined> {
    const batch = await this.#file?.next(maxRecords);
    this.#ended = batch === undefined;
    return batch;
  }

  lag(): readonly SourceLag[] {
    return [];
  }

  checkpointed(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}
