import { join } from 'node:path';
import type { Disk, DiskFile } from '../../platform/disk.ts';
import type { Journal, StoreState } from '../store.ts';
import type { Change } from './change.ts';
import { encodeEntry } from './entry.ts';
import { fileName } from './files.ts';
import { leftovers, recover } from './recover.ts';
import { writeSnapshot } from './snapshot.ts';

/** A log is replaced by a snapshot when it is longer than this and than twice the snapshot before. */
const MIN_LOG_BYTES = 4 << 20;
/** Every start begins a file. */
const MAX_LOGS = 16;

interface LogFile {
  readonly file: DiskFile;
  readonly number: number;
  /** Appends in it that are durable. */
  appends: number;
}

export interface FileJournalOptions {
  readonly disk: Disk;
  readonly directory: string;
  /** Said once when the disk begins to refuse, and once when it takes writes again. */
  readonly onProblem?: ((message: string) => void) | undefined;
  readonly minLogBytes?: number | undefined;
}

/**
 * The store's changes on disk: a log, replaced by a snapshot of the state from time to time, so that the files stay
 * within about four times the size of the state. An append is synced before it counts. After one that failed, the
 * next begins a file of its own: as soon as the disk has room again, so has the store.
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
  /** No snapshot before the log is as long. */
  #snapshotFrom_bytes = 0;
  #snapshot: Promise<void> | undefined;
  /** A file that could not be begun, nor be taken away. */
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
   * Hands out what is there, and has it on disk when it resolves. Rejects with StorageError for damage. To be called
   * once, before anything else.
   */
  async recover(apply: (change: Change) => void): Promise<void> {
    await this.#disk.mkdir(this.#directory);
    const recovered = await recover(this.#disk, this.#directory, apply);
    this.#sequence = recovered.sequence;
    this.#nextNumber = recovered.nextNumber;
    this.#logs = [...recovered.logs];
    this.#logBytes = recovered.logBytes;
    this.#snapshotBytes = recovered.snapshotBytes;
    // What a killed process wrote may not be on disk yet, and the next file builds upon it.
    for (const number of this.#logs) await this.#syncLog(number);
    await this.#disk.syncDirectory(this.#directory);
    await this.#removeLeftovers();
  }

  async append(changes: readonly Change[]): Promise<void> {
    if (this.#isClosing) throw new Error('the store is closed'); // its folder may be another process's
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
      this.#onProblem('the embedded DynamoDB can write again');
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

  /** A file for what comes next. After a rejection there is no trace of it, or the next attempt removes it. */
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
    await current?.file.close().catch(() => {}); // what counts is synced
  }

  /** Leaves a file whose end is not known; one that holds nothing else goes, lest each attempt leaves another. */
  async #abandon(): Promise<void> {
    const current = this.#current;
    await this.#end();
    if (current === undefined || current.appends > 0) return;
    try {
      await this.#disk.remove(join(this.#directory, fileName('log', current.number)));
    } catch {
      return; // the next file follows it
    }
    this.#logs = this.#logs.filter((number) => number !== current.number);
    this.#nextNumber = current.number;
  }

  /** Writes the state as it is, and removes the logs before `number`. Never rejects. */
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
    const reason = error instanceof Error ? error.message : String(error);
    this.#onProblem(`the embedded DynamoDB cannot write to its disk: ${reason}; writes fail until it can`);
  }
}
