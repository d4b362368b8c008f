import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';

/** Bytes of one file from front to back, decompressed. */
export interface FileInput {
  /**
   * Fills `into[from, to)` as far as there are bytes; 0 at the end (a growing file may have more later). Rejects with
   * RangeError if the file has become shorter than the position.
   */
  read(into: Uint8Array, from: number, to: number): Promise<number>;
  /** Goes on at byte `position` of the (decompressed) file. */
  seek(position: number): Promise<void>;
  close(): Promise<void>;
}

export async function openFileInput(path: string, gzip: boolean): Promise<FileInput> {
  if (gzip) return new GzipInput(path);
  return new PlainInput(await open(path, 'r'));
}

class PlainInput implements FileInput {
  readonly #handle: FileHandle;
  #position = 0;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async read(into: Uint8Array, from: number, to: number): Promise<number> {
    const { bytesRead } = await this.#handle.read(into, from, to - from, this.#position);
    if (bytesRead === 0) await this.#checkSize();
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
      throw new RangeError(`the file has ${size} bytes, fewer than were read (${this.#position})`);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

class GzipInput implements FileInput {
  readonly #path: string;
  #chunks: AsyncIterator<Uint8Array> | undefined;
  #stop: () => void = () => {};
  #chunk: Uint8Array = new Uint8Array(0);
  #position = 0;

  constructor(path: string) {
    this.#path = path;
  }

  async read(into: Uint8Array, from: number, to: number): Promise<number> {
    const chunk = await this.#next();
    const n = Math.min(chunk.length, to - from);
    into.set(chunk.subarray(0, n), from);
    this.#chunk = chunk.subarray(n);
    this.#position += n;
    return n;
  }

  /** Decompresses from the front up to `position`: a gzip file has no other way. */
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
      const file = createReadStream(this.#path);
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

  close(): Promise<void> {
    this.#stop();
    this.#chunks = undefined;
    this.#chunk = new Uint8Array(0);
    this.#position = 0;
    return Promise.resolve();
  }
}
