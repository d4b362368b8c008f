import type { Disk } from '../../platform/disk.ts';

export interface LocalTopicOptions {
  /** The name in messages. Default: the folder. */
  readonly name?: string | undefined;
  readonly disk?: Disk | undefined;
  readonly now_us?: (() => number) | undefined;
  /** An append that would make the current segment larger than this begins a new one. Default: 64 MiB. */
  readonly segmentBytes?: number | undefined;
  /** The oldest segments are removed while the topic is larger than this. Default: no limit. */
  readonly retentionBytes?: number | undefined;
  /** A segment is removed once all of its records are older than this. Default: no limit. */
  readonly retention_ms?: number | undefined;
  /** An append that would make more bytes than this wait for the disk is rejected. Default: 64 MiB. */
  readonly maxPendingBytes?: number | undefined;
  /** Whether to lock the folder. Default: true. False only for tests whose disk is simulated. */
  readonly lock?: boolean | undefined;
}

/** The offsets of appended records. */
export interface AppendResult {
  readonly firstOffset: number;
  /** The offset after the last record appended. */
  readonly nextOffset: number;
}

/** Bytes at the end of the log that `open` excluded because they were not written completely. */
export interface TornTail {
  readonly path: string;
  readonly bytes: number;
  readonly message: string;
}
