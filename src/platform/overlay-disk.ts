import { basename, dirname } from 'node:path';
import type { Disk, DiskFile, DiskReader } from './disk.ts';

/** Contents of a file, in a buffer with room to grow, since barriers append to files. */
interface Contents {
  bytes: Uint8Array;
  length: number;
}

/** A disk on top of another one that it only reads. Writes stay in memory and are lost with the process. */
export class OverlayDisk implements Disk {
  readonly #base: Disk;
  readonly #files = new Map<string, Contents>();
  readonly #removed = new Set<string>();

  constructor(base: Disk) {
    this.#base = base;
  }

  mkdir(): Promise<void> {
    return Promise.resolve();
  }

  async list(path: string): Promise<readonly string[]> {
    const below = (await this.#base.list(path)).filter((name) => !this.#removed.has(`${path}/${name}`));
    const own = [...this.#files.keys()]
      .filter((file) => dirname(file) === path)
      .map((file) => basename(file));
    return [...new Set([...below, ...own])].toSorted();
  }

  async open(path: string, mode: 'create' | 'append'): Promise<DiskFile> {
    const there = await this.size(path);
    if (mode === 'create' && there !== undefined)
      throw new Error(`EEXIST: file already exists, open '${path}'`);
    const contents =
      this.#files.get(path) ??
      asContents(there === undefined ? new Uint8Array(0) : await this.readFile(path));
    this.#files.set(path, contents);
    this.#removed.delete(path);
    return {
      append: (bytes) => {
        append(contents, bytes);
        return Promise.resolve();
      },
      sync: () => Promise.resolve(),
      close: () => Promise.resolve(),
    };
  }

  async size(path: string): Promise<number | undefined> {
    const own = this.#files.get(path);
    if (own !== undefined) return own.length;
    return this.#removed.has(path) ? undefined : this.#base.size(path);
  }

  async openRead(path: string): Promise<DiskReader> {
    if (!this.#files.has(path) && !this.#removed.has(path)) return this.#base.openRead(path);
    const bytes = await this.readFile(path);
    return {
      size: bytes.length,
      read: (into, position) => {
        const part = bytes.subarray(position, position + into.length);
        into.set(part);
        return Promise.resolve(part.length);
      },
      close: () => Promise.resolve(),
    };
  }

  async readFile(path: string): Promise<Uint8Array> {
    const own = this.#files.get(path);
    if (own !== undefined) return own.bytes.subarray(0, own.length);
    if (this.#removed.has(path)) throw new Error(`ENOENT: no such file, open '${path}'`);
    return this.#base.readFile(path);
  }

  async rename(from: string, to: string): Promise<void> {
    this.#files.set(to, asContents(await this.readFile(from)));
    this.#removed.delete(to);
    await this.remove(from);
  }

  remove(path: string): Promise<void> {
    this.#files.delete(path);
    this.#removed.add(path);
    return Promise.resolve();
  }

  syncDirectory(): Promise<void> {
    return Promise.resolve();
  }
}

function asContents(bytes: Uint8Array): Contents {
  return { bytes, length: bytes.length };
}

function append(to: Contents, bytes: Uint8Array): void {
  const length = to.length + bytes.length;
  if (length > to.bytes.length) {
    const grown = new Uint8Array(Math.max(length, 2 * to.bytes.length));
    grown.set(to.bytes.subarray(0, to.length));
    to.bytes = grown;
  }
  to.bytes.set(bytes, to.length);
  to.length = length;
}
