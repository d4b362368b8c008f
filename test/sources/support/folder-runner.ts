import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { posixFsSource } from '../../../src/sources/file/open.ts';
import type { Positions, RecordBatch, SourceReader } from '../../../src/sources/source.ts';
import { VARCHAR } from '../../../src/values/types.ts';
import { makeSource, options as optionsOf } from './source.ts';

export interface Logged {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

/** Reads a folder as a pipeline does: takes batches, and continues after the last taken batch at each restart. */
export class FolderRunner {
  readonly directory: string;
  /** All texts taken so far. */
  readonly texts: string[] = [];
  readonly logged: Logged[] = [];
  readonly #with: Readonly<Record<string, string>>;
  readonly #encode: 'json' | 'csv';
  #reader: SourceReader | undefined;
  #positions = new Map<string, string>();
  #memo: string | undefined;
  #stored: { readonly positions: Positions; readonly memo: string | undefined; readonly texts: number } = {
    positions: new Map(),
    memo: undefined,
    texts: 0,
  };

  constructor(
    directory: string,
    options: Readonly<Record<string, string>> = {},
    encode: 'json' | 'csv' = 'json',
  ) {
    this.directory = directory;
    this.#with = options;
    this.#encode = encode;
  }

  static async make(more?: Readonly<Record<string, string>>, encode?: 'json' | 'csv'): Promise<FolderRunner> {
    return new FolderRunner(await mkdtemp(join(tmpdir(), 'freshet-folder-')), more, encode);
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  get problems(): readonly { readonly name: string; readonly error: string }[] {
    return this.#reader!.problems!().map(({ name, error }) => ({ name, error }));
  }

  /** Restarts from `positions` and `memo`, or from the current ones. */
  async start(
    from: { readonly positions?: Positions; readonly memo?: string | undefined } = {},
  ): Promise<void> {
    this.#memo = this.#reader?.memo?.() ?? this.#memo;
    await this.#reader?.close();
    if (from.positions !== undefined) {
      this.#positions = new Map(from.positions);
      this.#memo = from.memo;
    }
    this.#reader = posixFsSource(
      makeSource([{ name: 'a', type: VARCHAR }], {
        encode: this.#encode,
        options: optionsOf({ 'posix_fs.root': '.', ...this.#with }),
      }),
      this.directory,
      (level, fields, message) => this.logged.push({ level, message, ...fields }),
      1,
    );
    await this.#reader.open(this.#positions, this.#memo);
  }

  /** Stores a checkpoint, to which {@link crash} returns. */
  store(): void {
    this.#memo = this.#reader?.memo?.() ?? this.#memo;
    this.#stored = { positions: new Map(this.#positions), memo: this.#memo, texts: this.texts.length };
  }

  /** Restarts from the last checkpoint and forgets the texts taken after it. */
  async crash(): Promise<void> {
    this.texts.length = this.#stored.texts;
    await this.start(this.#stored);
  }

  /** Restarts as for rebuilt views: without positions, but with the memo about the files. */
  rebuild(): Promise<void> {
    return this.start({ positions: new Map(), memo: this.#memo });
  }

  /** Takes one batch; undefined if none arrives. */
  async take(maxRecords = 100): Promise<RecordBatch | undefined> {
    const batch = await this.#reader!.poll(maxRecords, 20);
    if (batch === undefined) return undefined;
    for (let i = 0; i < batch.count; i++)
      this.texts.push(Buffer.from(batch.bytes.subarray(batch.starts[i], batch.ends[i])).toString());
    this.#positions.set(batch.split, batch.nextOffset);
    this.#memo = this.#reader!.memo?.();
    return batch;
  }

  /** Reads until two scans of the folder bring nothing. Resolves to the texts that came, in order. */
  async settle(): Promise<readonly string[]> {
    const before = this.texts.length;
    for (let idle = 0; idle < 2;) idle = (await this.take()) === undefined ? idle + 1 : 0;
    this.#memo = this.#reader!.memo?.();
    return this.texts.slice(before);
  }

  async remove(): Promise<void> {
    await this.#reader?.close();
    await rm(this.directory, { recursive: true, force: true });
  }
}
