import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Disk, DiskFile, DiskReader } from './disk.ts';

/** Returns the machine's file system. */
export function createNodeDisk(): Disk {
  return new NodeDisk();
}

class NodeDisk implements Disk {
  async mkdir(path: string): Promise<void> {
    const first = await mkdir(path, { recursive: true });
    if (first === undefined) return;
    // A new name is stored in its parent: sync from the deepest parent up to that of the first new directory.
    const top = dirname(resolve(first));
    for (let at = dirname(resolve(path)); ; at = dirname(at)) {
      await this.syncDirectory(at);
      if (at === top || at === dirname(at)) return;
    }
  }

  async list(path: string): Promise<readonly string[]> {
    try {
      return (await readdir(path)).sort();
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  async open(path: string, mode: 'create' | 'append'): Promise<DiskFile> {
    return new NodeFile(await open(path, mode === 'create' ? 'ax' : 'a', 0o600));
  }

  async size(path: string): Promise<number | undefined> {
    try {
      return (await stat(path)).size;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async openRead(path: string): Promise<DiskReader> {
    const handle = await open(path, 'r');
    try {
      return new NodeReader(handle, (await handle.stat()).size);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async readFile(path: string): Promise<Uint8Array> {
    return readFile(path);
  }

  async rename(from: string, to: string): Promise<void> {
    await rename(from, to);
  }

  async remove(path: string): Promise<void> {
    await rm(path, { force: true });
  }

  async syncDirectory(path: string): Promise<void> {
    // Windows cannot open a directory as a file; its file system journals names.
    if (process.platform === 'win32') return;
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

class NodeFile implements DiskFile {
  readonly #handle: FileHandle;
  constructor(handle: FileHandle) {
    this.#handle = handle;
  }
  async append(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const { bytesWritten } = await this.#handle.write(bytes, at, bytes.length - at);
      at += bytesWritten;
    }
  }
  async sync(): Promise<void> {
    await this.#handle.datasync(); // also syncs the length
  }
  async close(): Promise<void> {
    await this.#handle.close();
  }
}

class NodeReader implements DiskReader {
  readonly #handle: FileHandle;
  readonly size: number;
  constructor(handle: FileHandle, size: number) {
    this.#handle = handle;
    this.size = size;
  }
  async read(into: Uint8Array, position: number): Promise<number> {
    let at = 0;
    while (at < into.length) {
      const { bytesRead } = await this.#handle.read(into, at, into.length - at, position + at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return at;
  }
  async close(): Promise<void> {
    await this.#handle.close();
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === 'ENOENT';
}
