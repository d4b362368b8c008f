import { join } from 'node:path';
import type { Disk, DiskFile } from '../../platform/disk.ts';
import type { Journal, StoreState } from '../store.ts';
import type { Change } from './change.ts';
import { encodeEntry } from './entry.ts';
import { fileName } from './files.ts';
import { leftovers, recover } from './recover.ts';
import { writeSnapshot } from './snapshot.ts';
import { messageOf } from '../../values/error-message.ts';

/** A snapshot replaces the log once the log is longer than this and than twice the previous snapshot. */
const MIN_LOG_BYTES = 4 << 20;
/** Number of log files after which a snapshot replaces them. Every start begins a new file. */
const MAX_LOGS = 16;

interface LogFile {
  readonly file: DiskFile;
  readonly number: number;
  /** Number of durable appends in the file. */
  appends: number;
}

export interface FileJournalOptions {
  readonly disk: Disk;
  readonly directory: string;
  /** Receives a message when writes begin to fail, and one when they succeed again. */
  readonly onProblem?: ((message: string) => void) | undefined;
  readonly minLogBytes?: number | undefined;
}

/**
 * Keeps the store's changes on disk in a log, which a snapshot of the state replaces from time to time, so that the
 * files stay within about four times the size of the state. An append is synced before it resolves. After a failed
 * append the next one begins a new file, so that writes succeed again as soon as the disk has room.
 */
export class FileJournal implements Journal {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #onProblem: (message: string) => void;
  readonly #minLogBytes: number;
  #current: LogFile | undefined;
  #sequence = 0;
  #nextNumber = 1;
  #logs: number[] = [];
  #logBytes = 0;
  #snapshotBytes = 0;
  /** Length of the log below which no snapshot is attempted, after one has failed. */
  #snapshotFrom_bytes = 0;
  #snapshot: Promise<void> | undefined;
  /** Path of a file that could neither be begun nor removed. */
  #trace: string | undefined;
  #isFailing = false;
  #isClosing = false;

  constructor(options: FileJournalOptions) {
    this.#disk = options.disk;
    this.#directory = options.directory;
    this.#onProblem = options.onProblem ?? (() => {});
    this.#minLogBytes = options.minLogBytes ?? MIN_LOG_BYTES;
  }

  /**
   * Passes the stored changes to `apply` in order; they are durable once it resolves. Rejects with StorageError if a
   * file is damaged. Call it once, before any other method.
   */
  async recover(apply: (change: Change) => void): Promise<void> {
    await this.#disk.mkdir(this.#directory);
    const recovered = await recover(this.#disk, this.#directory, apply);
    this.#sequence = recovered.sequence;
    this.#nextNumber = recovered.nextNumber;
    this.#logs = [...recovered.logs];
    this.#logBytes = recovered.logBytes;
    this.#snapshotBytes = recovered.snapshotBytes;
    // The writes of a killed process may not be durable yet, and the next file continues them.
    for (const number of this.#logs) await this.#syncLog(number);
    await this.#disk.syncDirectory(this.#directory);
    await this.#removeLeftovers();
  }

  async append(changes: readonly Change[]): Promise<void> {
    if (this.#isClosing) throw new Error('the store is closed'); // another process may own the folder now
    const sequence = this.#sequence + 1;
    const bytes = encodeEntry({ kind: 'changes', sequence, changes });
    try {
      this.#current ??= await this.#begin();
      await this.#current.file.append(bytes);
      await this.#current.file.sync();
    } catch (error) {
      await this.#abandon();
      this.#failed(error);
      throw error;
    }
    this.#current.appends++;
    this.#sequence = sequence;
    this.#logBytes += bytes.length;
    if (this.#isFailing) {
      this.#isFailing = false;
      this.#onProblem('the embedded DynamoDB can write to its disk again');
    }
  }

  async maintain(state: StoreState): Promise<void> {
    const isDue =
      this.#logBytes > Math.max(this.#minLogBytes, 2 * this.#snapshotBytes, this.#snapshotFrom_bytes) ||
      (this.#logs.length > MAX_LOGS && this.#logBytes > this.#snapshotFrom_bytes);
    if (!isDue || this.#snapshot !== undefined || this.#isClosing) return;
    try {
      await this.#end();
      this.#current = await this.#begin();
    } catch (error) {
      this.#postpone(error);
      return;
    }
    const number = this.#logs.at(-1)!;
    this.#snapshot = this.#replaceLogs(number, state).finally(() => {
      this.#snapshot = undefined;
    });
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#snapshot;
    await this.#end();
  }

  /** Begins a log file. If that fails, the file is removed, now or by the next attempt. */
  async #begin(): Promise<LogFile> {
    await this.#removeTrace();
    const number = this.#nextNumber;
    const path = join(this.#directory, fileName('log', number));
    const file = await this.#disk.open(path, 'create');
    const header = encodeEntry({ kind: 'header', sequence: this.#sequence });
    try {
      await file.append(header);
      await file.sync();
      await this.#disk.syncDirectory(this.#directory);
    } catch (error) {
      await file.close().catch(() => {});
      this.#trace = path;
      await this.#removeTrace().catch(() => {}); // the next attempt tries again
      throw error;
    }
    this.#nextNumber = number + 1;
    this.#logs.push(number);
    this.#logBytes += header.length;
    return { file, number, appends: 0 };
  }

  async #removeTrace(): Promise<void> {
    if (this.#trace !== undefined) await this.#disk.remove(this.#trace);
    this.#trace = undefined;
  }

  async #syncLog(number: number): Promise<void> {
    const file = await this.#disk.open(join(this.#directory, fileName('log', number)), 'append');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async #end(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    await current?.file.close().catch(() => {}); // every append that counts is synced
  }

  /** Closes a file with an undefined end. Removes it if it has no durable appends, so that attempts leave no files. */
  async #abandon(): Promise<void> {
    const current = this.#current;
    await this.#end();
    if (current === undefined || current.appends > 0) return;
    try {
      await this.#disk.remove(join(this.#directory, fileName('log', current.number)));
    } catch {
      return; // it stays, and the next file follows it
    }
    this.#logs = this.#logs.filter((number) => number !== current.number);
    this.#nextNumber = current.number;
  }

  /** Writes a snapshot of the state and removes the logs before `number`. Never rejects. */
  async #replaceLogs(number: number, state: StoreState): Promise<void> {
    const before_bytes = this.#logBytes;
    try {
      const size = await writeSnapshot(this.#disk, this.#directory, {
        number,
        sequence: this.#sequence,
        state,
        isWanted: () => !this.#isClosing,
      });
      if (size === undefined) return;
      this.#snapshotBytes = size;
      this.#snapshotFrom_bytes = 0;
      this.#logBytes -= before_bytes;
      this.#logs = this.#logs.filter((each) => each >= number);
      await this.#removeLeftovers();
    } catch (error) {
      this.#postpone(error);
    }
  }

  async #removeLeftovers(): Promise<void> {
    for (const name of leftovers(await this.#disk.list(this.#directory))) {
      await this.#disk.remove(join(this.#directory, name));
    }
  }

  #postpone(error: unknown): void {
    this.#snapshotFrom_bytes = this.#logBytes + (this.#minLogBytes >> 2);
    this.#failed(error);
  }

  #failed(error: unknown): void {
    if (this.#isFailing) return;
    this.#isFailing = true;
    const reason = messageOf(error);
    this.#onProblem(`the embedded DynamoDB cannot write to its disk: ${reason}; writes fail until it can`);
  }
}
