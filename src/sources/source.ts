import { FreshetError, type FreshetErrorOptions } from '../values/freshet-error.ts';

/**
 * Records as bytes with positions, as every source delivers them: no object per record.
 * `bytes` has at least 8 readable bytes after the last record (scanners read words).
 */
export interface RecordBatch {
  /** The part of the source that they are of: a partition of a topic, a file. */
  readonly split: string;
  readonly bytes: Uint8Array;
  /** Record i's payload is `bytes[starts[i], ends[i])`. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly count: number;
  /** Where a record is in its split. */
  offsetOf(record: number): string;
  /** The offset to resume from once the whole batch has been taken. */
  readonly nextOffset: string;
  /** How much nearer to the end of the split that is, as {@link SourceLag} counts: records, and gaps between them. */
  readonly advance: number;
  /** The log's own timestamp of each record, in microseconds, where it has one. */
  readonly timestamps_us?: Float64Array | undefined;
  readonly keys?: readonly (Uint8Array | null)[] | undefined;
  /** The name of the file that the records come from. */
  readonly file?: string | undefined;
  /** The number of the line that a record of that file begins in, from 1, where it is known. */
  readonly lineOf?: ((record: number) => number) | undefined;
  /** The names of the fields, where the file's first line gives them (CSV). The same array for all of a file. */
  readonly header?: readonly string[] | undefined;
}

/** Split to the offset of the next record to read. Both are text that only the source itself understands. */
export type Positions = ReadonlyMap<string, string>;

export interface SourceLag {
  readonly split: string;
  /** Records between our position and the end of the split. */
  readonly records: number;
}

/** Something that is not read, while the rest of the source is. */
export interface PartProblem {
  /** Of a file: its name. */
  readonly name: string;
  readonly error: string;
  readonly hint: string | undefined;
}

/**
 * A reader of one source. Positions are ours: the reader starts where `open` is told to, and what the broker
 * remembers of a group is never trusted over it.
 *
 * Contract: batches of a split arrive in order without gaps or repeats between `open` and `close`; a fault that
 * would break this rejects `poll` with a SourceError instead. A record is delivered again only after a new `open`.
 */
export interface SourceReader {
  readonly name: string;
  /**
   * `positions` without a split means: start there as the source's options say. `memo` is what {@link memo} gave
   * when `positions` were stored, or later; after a rebuild it comes without positions.
   * Rejects with LostPositionError when positions are gone, or of another log than it reads now.
   */
  open(positions: Positions, memo?: string): Promise<void>;
  /**
   * Instead of `open`: a position was lost before, and waits for a decision. A log that others append to
   * through us takes nothing that would get the place of records that were counted.
   */
  hold?(positions: Positions): void;
  /** What the source has to remember besides positions, such as which file a split is, or which topic it was; for its own eyes. */
  memo?(): string | undefined;
  /** What of it cannot be read at the moment. */
  problems?(): readonly PartProblem[];
  /**
   * The next record that `poll` will give out, of each split there is. Right after `open` that is where reading
   * begins: stored, it keeps a source with 'latest' from beginning at another end after a restart.
   */
  positions(): Positions;
  /** The next batch, or undefined if nothing came within `wait_ms`. Never more than `maxRecords`. */
  poll(maxRecords: number, wait_ms: number): Promise<RecordBatch | undefined>;
  /** True once a bounded source (a file that does not grow) has been read to its end. */
  readonly ended: boolean;
  lag(): readonly SourceLag[];
  /** A checkpoint holds these positions: tell the broker, collect old files. */
  checkpointed(positions: Positions): Promise<void>;
  close(): Promise<void>;
}

/** A fault of a source with what an operator can do about it. */
export class SourceError extends FreshetError {
  constructor(
    source: string,
    message: string,
    options: Omit<FreshetErrorOptions, 'subject'> & { readonly code?: string } = {},
  ) {
    super(options.code ?? 'source_failed', message, {
      ...options,
      subject: { kind: 'source', name: source },
    });
  }
}
