import { dirname } from 'node:path';
import type { Disk, DiskFile, DiskReader } from '../../../src/platform/disk.ts';

/** Thrown by the operation at which the machine loses power, and by every later operation. */
export class PowerCut extends Error {}

interface Inode {
  bytes: Uint8Array;
  /** Number of leading bytes that survive every power cut. */
  synced: number;
}
type NameChange =
  | { readonly kind: 'link'; readonly path: string; readonly inode: Inode }
  | { readonly kind: 'unlink'; readonly path: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string };

/**
 * A disk that guarantees only what {@link Disk} promises: after a power cut, bytes and names that were not synced may
 * be kept, lost or torn.
 */
export class MemoryDisk implements Disk {
  #names = new Map<string, Inode>();
  #durable = new Map<string, Inode>();
  #changes: NameChange[] = [];
  #operations = 0;
  /** Number of the operation that throws {@link PowerCut}, from 1. */
  cutAt = Infinity;
  /** Number of bytes that fit before the disk is full. */
  room = Infinity;

  get operations(): number {
    return this.#operations;
  }

  #step(): void {
    this.#operations++;
    if (this.#operations >= this.cutAt) throw new PowerCut(`power cut at operation ${this.#operations}`);
  }

  /** Returns the disk as found after the power cut; `random` returns numbers in [0, 1). */
  afterPowerCut(random: () => number): MemoryDisk {
    const names = new Map(this.#durable);
    for (const change of this.#changes) {
      if (random() < 0.5) apply(names, change);
    }
    const disk = new MemoryDisk();
    const copies = new Map<Inode, Inode>();
    for (const [path, inode] of names) {
      let copy = copies.get(inode);
      if (copy === undefined) {
        const kept = inode.synced + Math.floor(random() * (inode.bytes.length - inode.synced + 1));
        const bytes = inode.bytes.slice(0, kept);
        // A torn write: the file has its new length, but not the data.
        if (kept > inode.synced && random() < 0.3)
          bytes.fill(0, inode.synced + Math.floor((kept - inode.synced) / 2));
        copy = { bytes, synced: kept };
        copies.set(inode, copy);
      }
      disk.#names.set(path, copy);
      disk.#durable.set(path, copy);
    }
    return disk;
  }

  /** Returns the bytes of a file, not a copy, so that a test can damage them. */
  raw(path: string): Uint8Array {
    return this.#inode(path).bytes;
  }
  truncate(path: string, length: number): void {
    const inode = this.#inode(path);
    inode.bytes = inode.bytes.slice(0, length);
    inode.synced = Math.min(inode.synced, length);
  }
  paths(): string[] {
    return [...this.#names.keys()].sort();
  }

  async mkdir(): Promise<void> {
    this.#step();
  }
  async list(path: string): Promise<readonly string[]> {
    this.#step();
    const inside = [...this.#names.keys()].filter((name) => dirname(name) === path);
    return inside.map((name) => name.slice(path.length + 1)).sort();
  }
  async open(path: string, mode: 'create' | 'append'): Promise<DiskFile> {
    this.#step();
    let inode = this.#names.get(path);
    if (inode !== undefined && mode === 'create') throw new Error(`EEXIST: ${path}`);
    if (inode === undefined) {
      inode = { bytes: new Uint8Array(0), synced: 0 };
      this.#names.set(path, inode);
      this.#changes.push({ kind: 'link', path, inode });
    }
    return this.#writer(inode);
  }
  #writer(inode: Inode): DiskFile {
    return {
      append: async (bytes) => {
        const fits = Math.min(bytes.length, this.room);
        const grown = new Uint8Array(inode.bytes.length + fits);
        grown.set(inode.bytes);
        grown.set(bytes.subarray(0, fits), inode.bytes.length);
        inode.bytes = grown; // before #step, so that a power cut may keep some of these unsynced bytes
        this.room -= fits;
        this.#step();
        if (fits < bytes.length) throw new Error('ENOSPC: no space left on device');
      },
      sync: async () => {
        this.#step();
        inode.synced = inode.bytes.length;
      },
      close: async () => {},
    };
  }
  async size(path: string): Promise<number | undefined> {
    this.#step();
    return this.#names.get(path)?.bytes.length;
  }
  async openRead(path: string): Promise<DiskReader> {
    this.#step();
    const { bytes } = this.#inode(path);
    return {
      size: bytes.length,
      read: async (into, position) => {
        const part = bytes.subarray(position, position + into.length);
        into.set(part);
        return part.length;
      },
      close: async () => {},
    };
  }
  async readFile(path: string): Promise<Uint8Array> {
    this.#step();
    return this.#inode(path).bytes.slice();
  }
  async rename(from: string, to: string): Promise<void> {
    this.#step();
    this.#inode(from);
    const change: NameChange = { kind: 'rename', from, to };
    apply(this.#names, change);
    this.#changes.push(change);
  }
  async remove(path: string): Promise<void> {
    this.#step();
    const inode = this.#names.get(path);
    if (inode === undefined) return;
    this.room += inode.bytes.length;
    this.#names.delete(path);
    this.#changes.push({ kind: 'unlink', path });
  }
  async syncDirectory(path: string): Promise<void> {
    this.#step();
    const here = (change: NameChange): boolean =>
      dirname(change.kind === 'rename' ? change.to : change.path) === path;
    for (const change of this.#changes) if (here(change)) apply(this.#durable, change);
    this.#changes = this.#changes.filter((change) => !here(change));
  }

  #inode(path: string): Inode {
    const inode = this.#names.get(path);
    if (inode === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
    return inode;
  }
}

function apply(names: Map<string, Inode>, change: NameChange): void {
  if (change.kind === 'link') {
    names.set(change.path, change.inode);
  } else if (change.kind === 'unlink') {
    names.delete(change.path);
  } else {
    const inode = names.get(change.from);
    if (inode === undefined) return;
    names.delete(change.from);
    names.set(change.to, inode);
  }
}
