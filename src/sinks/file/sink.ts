import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Batch } from '../../engine/batch.ts';
import type { PlanColumn } from '../../plan/nodes.ts';
import type { Disk } from '../../platform/disk.ts';
import { messageOf } from '../../values/error-message.ts';
import { quoteJson } from '../../values/json.ts';
import { datumToJson } from '../../values/text.ts';
import type { BarrierInfo, CommitSink, SinkStats } from '../sink.ts';
import { SinkError } from '../sink.ts';
import { IDENTITY, epochOf, isTemporary, partName, temporaryName } from './names.ts';

/** Characters of text at which a part ends and the next one begins. */
const ROLL_LENGTH = 16 << 20;

export interface FileSinkOptions {
  readonly name: string;
  readonly view: string;
  readonly columns: readonly PlanColumn[];
  readonly folder: string;
  readonly disk: Disk;
  /** Default: {@link ROLL_LENGTH}. */
  readonly rollLength?: number | undefined;
}

/** A complete file of rows, not committed yet. */
interface Part {
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
  /** The file's content; undefined once it is on disk under its temporary name. */
  text: string | undefined;
}

/** The content of the file {@link IDENTITY}. */
interface Identity {
  readonly id: string;
  readonly sink: string;
}

/** The content of a commit token, which is JSON. */
interface Token {
  /** True if the commit replaces all files of the sink in the folder; false if it adds to them. */
  readonly replaces: boolean;
  readonly parts: readonly string[];
}

/**
 * Writes inserted rows to NDJSON files, `part-<epoch>-<n>.ndjson` in one folder. A file is first written whole under a
 * hidden name, and renamed once the checkpoint that holds its rows is durable: readers see complete files only, and
 * each row once. Retractions are ignored.
 */
export class FileSink implements CommitSink {
  readonly kind = 'commit';
  readonly name: string;
  readonly view: string;
  readonly #folder: string;
  readonly #disk: Disk;
  readonly #columns: readonly PlanColumn[];
  readonly #names: readonly string[];
  readonly #rollLength: number;
  #identity = '';
  /** Text and number of the rows that will become the next part. */
  #text = '';
  #rows = 0;
  #epoch = 0;
  /** Complete parts that are not committed, in order. */
  #parts: Part[] = [];
  /** True if the next commit replaces all files of the sink in the folder. */
  #replaces = false;
  /** The number in the name of the current part: how many earlier parts began in `#epoch`. */
  #partsOfEpoch = 0;
  #committed = { rows: 0, bytes: 0 };
  #writing: Promise<void> = Promise.resolve();

  constructor(options: FileSinkOptions) {
    this.name = options.name;
    this.view = options.view;
    this.#folder = options.folder;
    this.#disk = options.disk;
    this.#columns = options.columns;
    this.#names = options.columns.map(({ name }, i) => `${i === 0 ? '{' : ','}${quoteJson(name)}:`);
    this.#rollLength = options.rollLength ?? ROLL_LENGTH;
  }

  get destination(): string {
    const columns = this.#columns.map(({ name }) => name);
    return JSON.stringify({ folder: this.#folder, columns, id: this.#identity });
  }

  async open(): Promise<void> {
    try {
      await this.#disk.mkdir(this.#folder);
      this.#identity = await this.#identify();
    } catch (cause) {
      if (cause instanceof SinkError) throw cause;
      throw new SinkError(this.name, `folder ${this.#folder} cannot be used: ${messageOf(cause)}`, {
        hint: 'set posix_fs.root to a folder that this user can write to',
        cause,
      });
    }
  }

  append(changes: Batch, { epoch }: BarrierInfo): void {
    const columns = this.#columns.map((_, c) => changes.column(c));
    for (let i = 0; i < changes.n; i++) {
      if (changes.weights[i]! < 0) continue;
      if (this.#rows === 0) this.#begin(epoch);
      let line = '';
      for (let c = 0; c < columns.length; c++)
        line += this.#names[c]! + datumToJson(this.#columns[c]!.type, columns[c]!.get(i));
      this.#text += `${line}}\n`;
      this.#rows++;
      if (this.#text.length < this.#rollLength) continue;
      this.#end();
      // `prepare` writes parts that are not on disk again, and rejects if that fails too.
      this.#writing = this.#writing.then(() => this.#write()).catch(() => {});
    }
  }

  async prepare(_epoch: number): Promise<string | undefined> {
    this.#end();
    const token: Token = { replaces: this.#replaces, parts: this.#parts.map(({ name }) => name) };
    if (token.parts.length === 0 && !token.replaces) return undefined;
    const written = this.#writing.then(() => this.#write());
    this.#writing = written.catch(() => {});
    try {
      await written;
      await this.#disk.syncDirectory(this.#folder);
    } catch (cause) {
      throw new SinkError(this.name, `files cannot be written: ${messageOf(cause)}`, { cause });
    }
    return JSON.stringify(token);
  }

  async commit(token: string): Promise<void> {
    const { replaces, parts } = JSON.parse(token) as Token;
    await this.#show(replaces, parts);
    const isDone = ({ name }: Part): boolean => parts.includes(name);
    for (const { rows, bytes } of this.#parts.filter(isDone)) {
      this.#committed.rows += rows;
      this.#committed.bytes += bytes;
    }
    this.#parts = this.#parts.filter((part) => !isDone(part));
    if (replaces) this.#replaces = false;
  }

  async recover(token: string | undefined, epoch: number): Promise<boolean> {
    const { replaces, parts }: Token =
      token === undefined ? { replaces: false, parts: [] } : (JSON.parse(token) as Token);
    for (const name of await this.#disk.list(this.#folder))
      if ((epochOf(name) ?? 0) > epoch && !parts.includes(name)) await this.#remove(name);
    await this.#show(replaces, parts);
    const names = await this.#disk.list(this.#folder);
    for (const name of names.filter(isTemporary)) await this.#remove(name);
    return parts.every((name) => names.includes(name));
  }

  restart(): void {
    this.#text = '';
    this.#rows = 0;
    this.#parts = [];
    this.#replaces = true;
  }

  stats(): SinkStats {
    const none = { deletes: 0, coalesced: 0, retried: 0, throttled: 0, dead_letters: 0, in_flight: 0 };
    const queued = this.#parts.reduce((sum, { rows, text }) => sum + (text === undefined ? 0 : rows), 0);
    return { ...none, upserts: this.#committed.rows, bytes: this.#committed.bytes, queued };
  }

  async close(): Promise<void> {
    await this.#writing;
  }

  /** Returns the folder's id. A folder without one gets one. Rejects with SinkError if it belongs to another sink. */
  async #identify(): Promise<string> {
    const path = join(this.#folder, IDENTITY);
    if ((await this.#disk.size(path)) === undefined) {
      const temporary = `${path}.tmp`;
      await this.#writeFile(temporary, JSON.stringify({ id: randomUUID(), sink: this.name }));
      await this.#disk.rename(temporary, path);
      await this.#disk.syncDirectory(this.#folder);
    }
    const { id, sink } = JSON.parse(
      Buffer.from(await this.#disk.readFile(path)).toString('utf8'),
    ) as Identity;
    if (sink === this.name) return id;
    throw new SinkError(this.name, `folder ${this.#folder} belongs to sink "${sink}"`, {
      hint: `set posix_fs.root to a folder of its own; if the sink was renamed, remove ${IDENTITY} from the folder`,
    });
  }

  #begin(epoch: number): void {
    this.#partsOfEpoch = epoch === this.#epoch ? this.#partsOfEpoch + 1 : 0;
    this.#epoch = epoch;
  }

  #end(): void {
    if (this.#rows === 0) return;
    const name = partName(this.#epoch, this.#partsOfEpoch);
    this.#parts.push({ name, rows: this.#rows, bytes: Buffer.byteLength(this.#text), text: this.#text });
    this.#text = '';
    this.#rows = 0;
  }

  /** Writes the parts that are not on disk under their temporary names. */
  async #write(): Promise<void> {
    for (const part of this.#parts) {
      if (part.text === undefined) continue;
      await this.#writeFile(join(this.#folder, temporaryName(part.name)), part.text);
      part.text = undefined;
    }
  }

  /** Writes a whole file, in place of what a failed attempt may have left. */
  async #writeFile(path: string, text: string): Promise<void> {
    await this.#disk.remove(path);
    const file = await this.#disk.open(path, 'create');
    try {
      await file.append(Buffer.from(text));
      await file.sync();
    } finally {
      await file.close();
    }
  }

  /** Renames parts to their final names and, if `replaces`, removes all other parts. It is idempotent. */
  async #show(replaces: boolean, parts: readonly string[]): Promise<void> {
    const names = await this.#disk.list(this.#folder);
    for (const part of parts) {
      const temporary = temporaryName(part);
      if (names.includes(temporary))
        await this.#disk.rename(join(this.#folder, temporary), join(this.#folder, part));
    }
    if (replaces) {
      const old = names.filter((name) => epochOf(name) !== undefined && !parts.includes(name));
      for (const name of old) await this.#remove(name);
    }
    await this.#disk.syncDirectory(this.#folder);
  }

  #remove(name: string): Promise<void> {
    return this.#disk.remove(join(this.#folder, name));
  }
}
