import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Disk } from '../platform/disk.ts';

/** Name of a rotated file of dead letters: channel and number. */
export const ASIDE = /^(.*)\.(\d{6})\.ndjson$/;
const CURRENT = /^([^.]*)\.ndjson$/;
const TIME = /^\{"time":"[^"]*",/;

/** The dead letters that the files of a folder hold, as 48 bits of each one's hash. */
export class WrittenLetters {
  readonly #disk: Disk;
  readonly #directory: string;
  /** Channel to the hashes of each of its files, the oldest first. */
  readonly #channels = new Map<string, Set<number>[]>();

  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
  }

  async load(): Promise<void> {
    await this.#disk.mkdir(this.#directory);
    const names = await this.#disk.list(this.#directory);
    const aside = names.filter((name) => ASIDE.test(name)).sort();
    for (const name of [...aside, ...names.filter((each) => CURRENT.test(each))]) {
      const text = new TextDecoder().decode(await this.#disk.readFile(join(this.#directory, name)));
      const known = new Set(text.split('\n').map(hashOf));
      const channel = (ASIDE.exec(name) ?? CURRENT.exec(name))![1]!;
      this.#channels.set(channel, [...(this.#channels.get(channel) ?? []), known]);
    }
    // New letters belong to a current file, even if a crash left only rotated ones.
    const current = new Set(names.map((name) => CURRENT.exec(name)?.[1]));
    for (const [channel, files] of this.#channels) if (!current.has(channel)) files.push(new Set());
  }

  /** Adds a letter. Returns false if the files hold a letter that differs in its time only. */
  add(channel: string, line: string): boolean {
    const hash = hashOf(line);
    const files = this.#channels.get(channel);
    if (files === undefined) {
      this.#channels.set(channel, [new Set([hash])]);
      return true;
    }
    if (files.some((file) => file.has(hash))) return false;
    files.at(-1)!.add(hash);
    return true;
  }

  /** Records that the current file was rotated and that the newest `kept` files, including the new one, are kept. */
  rotate(channel: string, kept: number): void {
    const files = this.#channels.get(channel) ?? [];
    this.#channels.set(channel, [...files.slice(-(kept - 1)), new Set()]);
  }
}

function hashOf(line: string): number {
  return createHash('sha256').update(line.replace(TIME, '')).digest().readUIntBE(0, 6);
}
