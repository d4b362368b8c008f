import { basename, dirname } from 'node:path';
import type { Disk, DiskFile, DiskReader } from './disk.ts';

/** A disk over another one that is only read: what is written stays in memory, and goes with the process. */
export class OverlayDisk implements Disk {
  readonly #base: Disk;
  readonly #files = new Map<string, Uint8Array>();
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
    this.#files.set(path, there === undefined ? new Uint8Array(0) : await this.readFile(path));
    this.#removed.delete(path);
    return {
      append: (bytes) => {
        const old = this.#files.get(path) ?? new Uint8Array(0);
        const grown = new Uint8Array(old.length + bytes.length);
        grown.set(old);
        grown.set(bytes, old.length);
        this.#files.set(path, grown);
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
    const own = this.#files.get(path);
    if (own === undefined && !this.#removed.has(path)) return this.#base.openRead(path);
    const bytes = own ?? (await this.readFile(path));
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
    if (own !== undefined) return own;
    if (this.#removed.has(path)) throw new Error(`ENOENT: no such file, open '${path}'`);
    return this.#base.readFile(path);
  }

  async rename(from: string, to: string): Promise<void> {
    this.#files.set(to, await this.readFile(from));
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
