import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Disk, DiskFile } from '../platform/disk.ts';
import { ASIDE, WrittenLetters } from './written-letters.ts';

/** A record that a source's decoder refused, or a row that a sink could not deliver. */
export interface DeadLetter {
  readonly origin: 'source' | 'sink';
  /** Of the source or the sink. */
  readonly name: string;
  readonly time_us: number;
  readonly reason: string;
  readonly message: string;
  readonly column?: string | undefined;
  /** Of a record of a file: its name, and the line that it begins in, from 1. */
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  /** Of a record of a topic. */
  readonly topic?: string | undefined;
  readonly partition?: string | undefined;
  /** In the partition; of a file, the byte (of the decompressed text) that the record begins at. */
  readonly offset?: string | undefined;
  /** The record as it came; of a sink, its key as text. */
  readonly payload: Uint8Array;
}

export interface DeadLetterSettings {
  /** Longer payloads are cut. */
  readonly payload_bytes: number;
  /** A file that has grown to this is set aside. */
  readonly file_bytes: number;
  /** Files set aside per source or sink; older ones are removed. */
  readonly files: number;
  /** Written per source or sink between two flushes; more are counted, and only counted. */
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
 * What could not be taken or delivered, kept for people to look at: one NDJSON file per source and sink under a
 * directory, `source-<name>.ndjson` and, set aside, `source-<name>.000001.ndjson` and so on, the newest last.
 *
 * `add` only queues; what `flush` has resolved for survives a power cut. A letter that is still there is not written
 * again, after a restart or when the views are computed anew: letters are equal if all but their time is.
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

  /** Learns which letters are there already. Rejects as the disk does. */
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

  /** Rejects as the disk does, after all were tried; what was not written stays queued for the next call. */
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
    // A cut in the middle of a character is no reason for base64.
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
    channel.lines = channel.lines.slice(count); // more may have come meanwhile
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
      await channel.file.append(encoder.encode('\n')); // a line torn by a crash must not swallow the next one
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

  /** One rename, to a name of its own: a crash in the middle can lose nothing. */
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

/** Where a state folder has them. */
export function deadLetterFolder(stateDir: string): string {
  return join(stateDir, 'dead-letters');
}

/**
 * SQL names may hold anything when quoted; file names may not, and some file systems do not tell capitals
 * apart. Different names stay different.
 */
export function safeName(name: string): string {
  if (/^[a-z0-9_][a-z0-9_-]{0,99}$/.test(name)) return name;
  return `~${createHash('sha256').update(name).digest('hex').slice(0, 40)}`;
}
