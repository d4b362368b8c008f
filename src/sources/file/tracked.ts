import type { FoundFile } from './folder.ts';
import type { Head, Prefix } from './head.ts';
import { FilePartition } from './partition.ts';
import type { FilePartitionOptions, FilePlace } from './place.ts';
import type { LineMark } from './lines.ts';

/** What is remembered of a file across restarts, besides its position. */
export interface FileMemo {
  readonly partition: number;
  readonly shown: string;
  /** `device:inode`; undefined: the file is gone. */
  readonly id?: string | undefined;
  readonly bytes: number;
  readonly changed_ms: number;
  /** As much of its beginning as is known; of a file that is replaced under its name, nothing else is left. */
  readonly head: Prefix;
  /** Its first line; of CSV with a header, the first two. Undefined: they are not within `head`. */
  readonly start?: Prefix | undefined;
  /** Why it is not read any more: its positions mean nothing. */
  readonly spoiled?: string | undefined;
  readonly marks: readonly LineMark[];
}

/** How a file compares with one that is known. */
export type Likeness =
  | 'same' // it begins with all that is known of the other
  | 'changed' // it has the same first line, and then others
  | 'shorter' // it has the same first line, and less than is known of the other
  | 'unclear' // it is shorter than a first line
  | 'other';

/** Why a file could not be read. */
export interface FileFailure {
  readonly error: string;
  readonly hint: string | undefined;
  /** As it was then. */
  readonly found: FoundFile | undefined;
  /** By the clock of `performance.now`. */
  readonly failed_ms: number;
}

/**
 * A file that failed and is as it was then is read again after so long: to find that a compressed file is broken, all
 * before that place has to be decompressed.
 */
const RETRY_MS = 30_000;

/** One file with its partition: what is known of it, and the reading of it. */
export class TrackedFile {
  readonly partition: number;
  readonly reader: FilePartition;
  #memo: FileMemo;
  /** Where it is; undefined: nowhere. */
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

  /** The file is at this place; `head` if it was read again. */
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
      // The end of a last line that is still being written may change: nothing of it was read.
      ...(head === undefined
        ? {}
        : { head: prefix(head, place.follow ? (head.wholeLines ?? head.bytes) : head.bytes) }),
      ...(head === undefined || start === undefined ? {} : { start: prefix(head, start) }),
    };
    const { head: known } = this.#memo;
    await this.reader.moveTo({ ...place, head: place.gzip ? undefined : known });
  }

  /** It failed, and nothing says that it would not fail again. */
  isWaiting(now_ms: number): boolean {
    if (this.failure === undefined || now_ms - this.failure.failed_ms >= RETRY_MS) return false;
    const { found } = this.failure;
    return found?.bytes === this.found?.bytes && found?.changed_ms === this.found?.changed_ms;
  }

  async lose(): Promise<void> {
    this.found = undefined;
    this.#memo = { ...this.#memo, id: undefined };
    await this.reader.moveTo(undefined);
  }

  spoil(reason: string): void {
    this.#memo = { ...this.#memo, spoiled: reason };
  }

  /** Whether a file that begins so may be this one. */
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
