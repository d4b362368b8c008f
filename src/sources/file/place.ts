import type { RecordFraming } from '../framing.ts';
import type { Prefix } from './head.ts';
import type { LineMark } from './lines.ts';

/** Where a file is, and what the last scan of the folder found there. */
export interface FilePlace {
  readonly path: string;
  /** The file's name as INCLUDE file and messages show it. */
  readonly shown: string;
  readonly gzip: boolean;
  /** True if the file may grow: the bytes after the last line end are then not a record yet. */
  readonly follow: boolean;
  /** `device:inode`. Undefined: any file with this path. */
  readonly id?: string | undefined;
  /** The beginning of the file; undefined if it is compressed, or unknown. */
  readonly head?: Prefix | undefined;
  /** Size on disk at the last scan. */
  readonly bytes?: number | undefined;
}

export interface FilePartitionOptions {
  readonly source: string;
  readonly partition: number;
  readonly framing: RecordFraming;
  readonly chunkBytes: number;
  readonly maxRecordBytes: number;
  /** Byte position where reading begins. Default: 0. */
  readonly position?: number | undefined;
  /** Stored marks of a FilePartition of this file. */
  readonly marks?: readonly LineMark[] | undefined;
}
