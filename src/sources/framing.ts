import { splitLines, type Split, type SplitLinesOptions } from './split.ts';

export interface FramingOptions extends SplitLinesOptions {
  /** A longer record is not waited for. */
  readonly maxRecordBytes: number;
}

/** How the bytes of a file are cut into records. */
export interface RecordFraming {
  /**
   * Returns the names of the fields from a file's first record. Absent where files have no such record. Throws
   * SourceError if it cannot be read.
   */
  headerOf?(record: Uint8Array, source: string, file: string): readonly string[];
  /** Finds the records in `bytes[from, to)`, without copying. Records end at line ends. */
  split(bytes: Uint8Array, options: FramingOptions): Split;
}

/** One record per line. */
export const LINES: RecordFraming = { split: splitLines };
