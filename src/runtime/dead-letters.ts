import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Disk, DiskFile } from '../platform/disk.ts';
import { ASIDE, WrittenLetters } from './written-letters.ts';

/** A record that a source's decoder refused, or a row that a sink cannot deliver. */
export interface DeadLetter {
  readonly origin: 'source' | 'sink';
  /** Name of the source or the sink. */
  readonly name: string;
  readonly time_us: number;
  readonly reason: string;
  readonly message: string;
  readonly column?: string | undefined;
  /** For a record of a file: the file's name, and the line in which the record begins, from 1. */
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  /** For a record of a topic. */
  readonly topic?: string | undefined;
  readonly partition?: string | undefined;
  /** Offset in the partition; in a file, the byte of the decompressed text at which the record begins. */
  readonly offset?: string | undefined;
  /** The original record; for a sink, the key of the row as text. */
  readonly payload: Uint8Array;
}

export interface DeadLetterSettings {
  /** Longer payloads are truncated. */
  readonly payload_bytes: number;
  /** Size at which a file is rotated. */
  readonly file_bytes: number;
  /** Number of rotated files kept per source or sink. */
  readonly files: number;
  /** Maximum letters written per source or sink between two flushes; further ones are only counted. */
  readonly burst: number;
}

export const DEAD_LETTER_DEFAULTS: DeadLetterSettings = {
  payload_bytes: 16 * 1024,
  file_bytes: 16 * 1024 * 1024,
  files: 4,
  burst: 1000,
};

interface Channel {
  readonly name: string;
  lines: string[];
  suppressed: number;
  lastTime_us: number;
  file: DiskFile | undefined;
  size: number;
}

const encoder = new TextEncoder();

/**
 * Stores dead letters for inspection, in one NDJSON file per source and sink in a directory: `source-<name>.ndjson`,
 * and rotated files `source-<name>.000001.ndjson` and so on, the newest last.
 *
 * `add` only queues; letters are durable once `flush` resolves. A letter that the files still hold is not written again
 * after a restart or a rebuild of the views; letters are equal if they differ in their time only.
 */
export class DeadLetters {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #settings: DeadLetterSettings;
  readonly #channels = new Map<string, Channel>();
  readonly #written: WrittenLetters;

  constructor(options: {
    disk: Disk;
    directory: string;
    settings?: Partial<DeadLetterSettings> | undefined;
  }) {
    this.#disk = options.disk;
    this.#directory = options.directory;
    this.#settings = { ...DEAD_LETTER_DEFAULTS, ...options.settings };
    this.#written = new WrittenLetters(options.disk, options.directory);
  }

  /** Loads which letters the files hold. Rejects as the disk does. */
  async open(): Promise<void> {
    await this.#written.load();
  }

  add(letter: DeadLetter): void {
    const channel = this.#channel(`${letter.origin}-${safeName(letter.name)}`);
    channel.lastTime_us = letter.time_us;
    if (channel.lines.length >= this.#settings.burst) {
      channel.suppressed++;
      return;
    }
    const line = this.#line(letter);
    if (this.#written.add(channel.name, line)) channel.lines.push(line);
  }

  /** Writes the queued letters. Tries all files, then rejects as the disk does; unwritten letters stay queued. */
  async flush(): Promise<void> {
    const failures: unknown[] = [];
    for (const channel of this.#channels.values()) {
      if (channel.lines.length > 0) await this.#write(channel).catch((error) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  async close(): Promise<void> {
    for (const channel of this.#channels.values()) {
      await channel.file?.close();
      channel.file = undefined;
    }
  }

  #channel(name: string): Channel {
    let channel = this.#channels.get(name);
    if (channel === undefined) {
      channel = { name, lines: [], suppressed: 0, lastTime_us: 0, file: undefined, size: 0 };
      this.#channels.set(name, channel);
    }
    return channel;
  }

  #line(letter: DeadLetter): string {
    const { payload, time_us, origin, name, ...about } = letter;
    const cut = payload.subarray(0, this.#settings.payload_bytes);
    // `stream` drops a character cut by the truncation, so that the text stays valid.
    const text = isUtf8(payload) ? new TextDecoder().decode(cut, { stream: true }) : undefined;
    return JSON.stringify({
      time: new Date(time_us / 1000).toISOString(),
      [origin]: name,
      ...about,
      ...(text === undefined ? { payload_base64: Buffer.from(cut).toString('base64') } : { payload: text }),
      payload_bytes: payload.length,
    });
  }

  async #write(channel: Channel): Promise<void> {
    const lines = channel.lines;
    const suppressed = channel.suppressed;
    const note =
      suppressed === 0
        ? []
        : [
            JSON.stringify({
              time: new Date(channel.lastTime_us / 1000).toISOString(),
              not_kept: suppressed,
            }),
          ];
    const bytes = encoder.encode(`${[...lines, ...note].join('\n')}\n`);
    const count = lines.length;
    try {
      if (channel.file !== undefined && channel.size + bytes.length > this.#settings.file_bytes) {
        await channel.file.close();
        channel.file = undefined;
        await this.#rotate(channel.name);
      }
      if (channel.file === undefined) await this.#open(channel);
      await channel.file!.append(bytes);
      await channel.file!.sync();
    } catch (error) {
      await channel.file?.close().catch(() => {});
      channel.file = undefined;
      throw error;
    }
    channel.size += bytes.length;
    channel.lines = channel.lines.slice(count); // more may have been added meanwhile
    channel.suppressed -= suppressed;
  }

  async #open(channel: Channel): Promise<void> {
    await this.#disk.mkdir(this.#directory);
    const path = this.#path(channel.name);
    const size = (await this.#disk.size(path)) ?? 0;
    channel.file = await this.#disk.open(path, 'append');
    channel.size = size;
    await this.#disk.syncDirectory(this.#directory);
    if (size > 0 && !(await this.#endsWhole(path, size))) {
      await channel.file.append(encoder.encode('\n')); // ends a line torn by a crash
      channel.size++;
    }
  }

  async #endsWhole(path: string, size: number): Promise<boolean> {
    const reader = await this.#disk.openRead(path);
    try {
      const last = new Uint8Array(1);
      await reader.read(last, size - 1);
      return last[0] === 10;
    } finally {
      await reader.close();
    }
  }

  /** Rotates a file with a single rename to an unused name, so that a crash loses nothing. */
  async #rotate(name: string): Promise<void> {
    const aside = (await this.#disk.list(this.#directory)).filter((file) => ASIDE.exec(file)?.[1] === name);
    const last = aside.length === 0 ? 0 : Number(ASIDE.exec(aside.at(-1)!)![2]);
    const next = `${name}.${String(last + 1).padStart(6, '0')}.ndjson`;
    await this.#disk.rename(this.#path(name), join(this.#directory, next));
    this.#written.rotate(name, this.#settings.files + 1);
    const tooMany = aside.length + 1 - this.#settings.files;
    for (const file of aside.slice(0, Math.max(0, tooMany)))
      await this.#disk.remove(join(this.#directory, file));
    await this.#disk.syncDirectory(this.#directory);
  }

  #path(name: string): string {
    return join(this.#directory, `${name}.ndjson`);
  }
}

/** Returns the folder of dead letters in a state folder. */
export function deadLetterFolder(stateDir: string): string {
  return join(stateDir, 'dead-letters');
}

/**
 * Returns a file name for an SQL name: the name itself if it is plain and lower case, else a hash, since quoted names
 * may hold any character and some file systems ignore case. Different names give different file names.
 */
export function safeName(name: string): string {
  if (/^[a-z0-9_][a-z0-9_-]{0,99}$/.test(name)) return name;
  return `~${createHash('sha256').update(name).digest('hex').slice(0, 40)}`;
}
