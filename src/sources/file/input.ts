import { type FileHandle, open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { idOf } from './folder.ts';
import { HEAD_BYTES, Head, type Prefix } from './head.ts';
import { FileMoved } from './problem.ts';

/** Reads the decompressed bytes of one file from front to back. */
export interface FileInput {
  /**
   * Reads bytes into `into[from, to)` and resolves to their number, which is 0 at the end; a growing file may have more
   * later. Rejects with FileMoved if the file has become shorter than the position.
   */
  read(into: Uint8Array, from: number, to: number): Promise<number>;
  /** Continues at byte `position` of the decompressed file. */
  seek(position: number): Promise<void>;
  close(): Promise<void>;
}

/** The file that must still be at the path. */
export interface ExpectedFile {
  /** `device:inode` */
  readonly id: string;
  /** Its beginning; undefined if it is compressed. */
  readonly head?: Prefix | undefined;
}

/**
 * Opens a file. Rejects with FileMoved if it is not the expected file; `read` rejects with FileMoved if the beginning
 * of the file changes later.
 */
export async function openFileInput(
  path: string,
  gzip: boolean,
  expected?: ExpectedFile,
): Promise<FileInput> {
  const handle = await openOnly(path, expected?.id);
  if (gzip) return new GzipInput(path, handle, expected?.id);
  if (expected?.head === undefined) return new PlainInput(handle, undefined);
  try {
    const head = await HeadGuard.take(handle, expected.head);
    return new PlainInput(handle, head);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Detects that content was replaced after it was read, as in a log that is truncated and immediately written to. */
class HeadGuard {
  readonly #handle: FileHandle;
  readonly #bytes: Uint8Array;
  #changed_ms: number;

  static async take(handle: FileHandle, expected: Prefix): Promise<HeadGuard> {
    const { ctimeMs } = await handle.stat();
    const size = Math.max(HEAD_BYTES, expected.bytes);
    const { buffer, bytesRead } = await handle.read(new Uint8Array(size), 0, size, 0);
    const head = new Head(buffer.subarray(0, bytesRead));
    if (bytesRead < expected.bytes || head.at(expected.bytes) !== expected.hash)
      throw new FileMoved('its beginning has changed');
    return new HeadGuard(handle, buffer.subarray(0, bytesRead), ctimeMs);
  }

  private constructor(handle: FileHandle, bytes: Uint8Array, changed_ms: number) {
    this.#handle = handle;
    this.#bytes = bytes;
    this.#changed_ms = changed_ms;
  }

  async check(): Promise<void> {
    const { ctimeMs } = await this.#handle.stat();
    if (ctimeMs === this.#changed_ms) return;
    const { length } = this.#bytes;
    const { buffer, bytesRead } = await this.#handle.read(new Uint8Array(length), 0, length, 0);
    if (bytesRead < length || Buffer.compare(buffer, this.#bytes) !== 0)
      throw new FileMoved('its records were replaced while it was read');
    this.#changed_ms = ctimeMs;
  }
}

async function openOnly(path: string, id: string | undefined): Promise<FileHandle> {
  const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (id !== undefined && error.code === 'ENOENT') throw new FileMoved('it no longer exists');
    throw error;
  });
  if (id === undefined || idOf(await handle.stat()) === id) return handle;
  await handle.close();
  throw new FileMoved('another file now has its name');
}

class PlainInput implements FileInput {
  readonly #handle: FileHandle;
  readonly #head: HeadGuard | undefined;
  #position = 0;

  constructor(handle: FileHandle, head: HeadGuard | undefined) {
    this.#handle = handle;
    this.#head = head;
  }

  async read(into: Uint8Array, from: number, to: number): Promise<number> {
    const { bytesRead } = await this.#handle.read(into, from, to - from, this.#position);
    if (bytesRead === 0) await this.#checkSize();
    else await this.#head?.check(); // after reading, because bytes that were read before a change are good
    this.#position += bytesRead;
    return bytesRead;
  }

  seek(position: number): Promise<void> {
    this.#position = position;
    return Promise.resolve();
  }

  async #checkSize(): Promise<void> {
    const { size } = await this.#handle.stat();
    if (size < this.#position)
      throw new FileMoved(`the file has ${size} bytes, fewer than were read (${this.#position})`);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

class GzipInput implements FileInput {
  readonly #path: string;
  readonly #id: string | undefined;
  #handle: FileHandle | undefined;
  #chunks: AsyncIterator<Uint8Array> | undefined;
  #stop: () => void = () => {};
  #chunk: Uint8Array = new Uint8Array(0);
  #position = 0;

  constructor(path: string, handle: FileHandle, id: string | undefined) {
    this.#path = path;
    this.#handle = handle;
    this.#id = id;
  }

  async read(into: Uint8Array, from: number, to: number): Promise<number> {
    const chunk = await this.#next();
    const n = Math.min(chunk.length, to - from);
    into.set(chunk.subarray(0, n), from);
    this.#chunk = chunk.subarray(n);
    this.#position += n;
    return n;
  }

  /** Decompresses from the front up to `position`, because gzip has no random access. */
  async seek(position: number): Promise<void> {
    if (position < this.#position) await this.close();
    while (this.#position < position) {
      const chunk = await this.#next();
      if (chunk.length === 0) {
        throw new RangeError(`the file has ${this.#position} bytes, fewer than were read (${position})`);
      }
      const n = Math.min(chunk.length, position - this.#position);
      this.#chunk = chunk.subarray(n);
      this.#position += n;
    }
  }

  async #next(): Promise<Uint8Array> {
    if (this.#chunk.length > 0) return this.#chunk;
    if (this.#chunks === undefined) {
      const handle = this.#handle ?? (await openOnly(this.#path, this.#id));
      this.#handle = handle;
      const file = handle.createReadStream({ start: 0, autoClose: false });
      const gunzip = createGunzip();
      file.on('error', (error) => gunzip.destroy(error));
      file.pipe(gunzip);
      this.#chunks = gunzip[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
      this.#stop = () => {
        file.destroy();
        gunzip.destroy();
      };
    }
    const { done, value } = await this.#chunks.next();
    return done === true ? new Uint8Array(0) : value;
  }

  async close(): Promise<void> {
    this.#stop();
    this.#stop = () => {};
    this.#chunks = undefined;
    this.#chunk = new Uint8Array(0);
    this.#position = 0;
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }
}
