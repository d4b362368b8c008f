import type { Disk } from '../../platform/disk.ts';

export interface LocalTopicOptions {
  /** For messages. Default: the folder. */
  readonly name?: string | undefined;
  readonly disk?: Disk | undefined;
  readonly now_us?: (() => number) | undefined;
  /** A new segment is begun when the current one would grow beyond this. Default 64 MiB. */
  readonly segmentBytes?: number | undefined;
  /** Old segments are removed while the topic is larger than this. Default: never. */
  readonly retentionBytes?: number | undefined;
  /** Segments all of whose records are older than this are removed. Default: never. */
  readonly retention_ms?: number | undefined;
  /** Appends beyond this many bytes waiting for the disk are rejected. Default 64 MiB. */
  readonly maxPendingBytes?: number | undefined;
  /** Off only where the disk is not the machine's (tests). */
  readonly lock?: boolean | undefined;
}

export interface AppendResult {
  readonly firstOffset: number;
  /** The offset after the last record appended. */
  readonly nextOffset: number;
}

/** What `open` found at the end of the log that had not been written completely. */
export interface TornTail {
  readonly path: string;
  readonly bytes: number;
  readonly message: string;
}
