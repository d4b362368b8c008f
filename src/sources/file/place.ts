import type { RecordFraming } from '../framing.ts';
import type { Prefix } from './head.ts';
import type { LineMark } from './lines.ts';

/** Where the file is at present, and what was seen of it there. */
export interface FilePlace {
  readonly path: string;
  /** The file's name as INCLUDE file and messages show it. */
  readonly shown: string;
  readonly gzip: boolean;
  /** The file may grow: what follows the last line end is not a record yet. */
  readonly follow: boolean;
  /** `device:inode`; undefined: whatever file has the name. */
  readonly id?: string | undefined;
  /** How the file begins, uncompressed. */
  readonly head?: Prefix | undefined;
  /** On disk, when it was looked at. */
  readonly bytes?: number | undefined;
}

export interface FilePartitionOptions {
  readonly source: string;
  readonly partition: number;
  readonly framing: RecordFraming;
  readonly chunkBytes: number;
  readonly maxRecordBytes: number;
  /** Where reading begins; by default at the front. */
  readonly position?: number | undefined;
  /** Lines before positions, as FilePartition.marks gave them. */
  readonly marks?: readonly LineMark[] | undefined;
}
