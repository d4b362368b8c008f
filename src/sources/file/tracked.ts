import type { FoundFile } from './folder.ts';
import type { Head, Prefix } from './head.ts';
import { FilePartition } from './partition.ts';
import type { FilePartitionOptions, FilePlace } from './place.ts';
import type { LineMark } from './lines.ts';

/** The state of a file that is stored across restarts in addition to its position. */
export interface FileMemo {
  readonly partition: number;
  readonly shown: string;
  /** `device:inode`; undefined if the file is gone. */
  readonly id?: string | undefined;
  /** Size on disk at the last scan that found the file. */
  readonly bytes: number;
  readonly changed_ms: number;
  /** The known part of its beginning, by which the file is recognized under another name or inode. */
  readonly head: Prefix;
  /** Its first line, or the first two of CSV with a header. Undefined if these do not end within the bytes read. */
  readonly start?: Prefix | undefined;
  /** Why the file is no longer read: its content has changed, so its positions are meaningless. */
  readonly spoiled?: string | undefined;
  readonly marks: readonly LineMark[];
}

/** How a found file compares with a known one. */
export type Likeness =
  | 'same' // it begins with the known beginning
  | 'changed' // it has the same first line, followed by other lines
  | 'shorter' // it has the same first line, and is shorter than the known beginning
  | 'unclear' // it has no whole first line yet
  | 'other'; // it is a different file

/** Why a file could not be read. */
export interface FileFailure {
  readonly error: string;
  readonly hint: string | undefined;
  /** The file as it was when it failed. */
  readonly found: FoundFile | undefined;
  /** Time of the failure by `performance.now`. */
  readonly failed_ms: number;
}

/**
 * Delay before a file that failed, and has not changed since, is read again. It is long because a retry of a compressed
 * file decompresses everything before the broken place.
 */
const RETRY_MS = 30_000;

/** One file: its stored state, and the reader of its partition. */
export class TrackedFile {
  readonly partition: number;
  readonly reader: FilePartition;
  #memo: FileMemo;
  /** The file as the last scan found it; undefined if it is gone. */
  found: FoundFile | undefined;
  /** Why the last attempt to read it failed. */
  failure: FileFailure | undefined;

  constructor(memo: FileMemo, options: Omit<FilePartitionOptions, 'partition' | 'marks'>) {
    this.partition = memo.partition;
    this.#memo = memo;
    this.reader = new FilePartition({ ...options, partition: memo.partition, marks: memo.marks }, undefined);
  }

  get memo(): FileMemo {
    return { ...this.#memo, marks: this.reader.marks };
  }
  get position(): number {
    return this.reader.position;
  }

  /** Sets where the file is. `head` is its beginning, if that was read again. */
  async placeAt(place: FilePlace, found: FoundFile, head?: Head, startLines = 1): Promise<void> {
    const { shown, id, bytes, changed_ms } = found;
    this.found = found;
    const start = head?.linesEnd(startLines);
    this.#memo = {
      ...this.#memo,
      shown,
      id,
      bytes,
      changed_ms,
      // A last line that is still being written may change, so the head ends before it. No record of it was read.
      ...(head === undefined
        ? {}
        : { head: prefix(head, place.follow ? (head.wholeLines ?? head.bytes) : head.bytes) }),
      ...(head === undefined || start === undefined ? {} : { start: prefix(head, start) }),
    };
    const { head: known } = this.#memo;
    await this.reader.moveTo({ ...place, head: place.gzip ? undefined : known });
  }

  /** Returns whether the file failed less than RETRY_MS ago and has not changed since. */
  isWaiting(now_ms: number): boolean {
    if (this.failure === undefined || now_ms - this.failure.failed_ms >= RETRY_MS) return false;
    const { found } = this.failure;
    return found?.bytes === this.found?.bytes && found?.changed_ms === this.found?.changed_ms;
  }

  /** Records that the file is gone. If it is open, the rest of it is still read. */
  async lose(): Promise<void> {
    this.found = undefined;
    this.#memo = { ...this.#memo, id: undefined };
    await this.reader.moveTo(undefined);
  }

  /** Records that the file's content has changed, so that it is no longer read. */
  spoil(reason: string): void {
    this.#memo = { ...this.#memo, spoiled: reason };
  }

  /** Compares this file with a file that begins with `head`. */
  likeness(head: Head): Likeness {
    const { head: known, start } = this.#memo;
    if (known.bytes === 0 || this.position === 0)
      return head.bytes >= known.bytes ? this.#begins(head) : 'other';
    if (head.bytes >= known.bytes && head.at(known.bytes) === known.hash) return 'same';
    if (head.bytes === 0) return 'other';
    if (start === undefined) return 'other';
    if (head.bytes >= start.bytes) {
      if (head.at(start.bytes) !== start.hash) return 'other';
      return head.bytes < known.bytes ? 'shorter' : 'changed';
    }
    return head.linesEnd(1) === undefined ? 'unclear' : 'other';
  }

  #begins(head: Head): Likeness {
    const { head: known } = this.#memo;
    return head.at(known.bytes) === known.hash ? 'same' : 'other';
  }
}

function prefix(head: Head, bytes: number): Prefix {
  return { bytes, hash: head.at(bytes) };
}
