import { FreshetError, type FreshetErrorOptions } from '../values/freshet-error.ts';

/**
 * Records of one split as ranges of one byte buffer, with their offsets; there is no object per record.
 * `bytes` has at least 8 readable bytes after the last record, because scanners read whole words.
 */
export interface RecordBatch {
  /** The part of the source that holds the records: a partition of a topic, or a file. */
  readonly split: string;
  readonly bytes: Uint8Array;
  /** Record i's payload is `bytes[starts[i], ends[i])`. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly count: number;
  /** Returns the offset of a record in its split. */
  offsetOf(record: number): string;
  /** The offset to resume from after the whole batch. */
  readonly nextOffset: string;
  /** By how much the whole batch lowers {@link SourceLag.records}: its records, and gaps between their offsets. */
  readonly advance: number;
  /** The timestamp that the log gives each record, in microseconds since 1970; undefined if it gives none. */
  readonly timestamps_us?: Float64Array | undefined;
  readonly keys?: readonly (Uint8Array | null)[] | undefined;
  /** The name of the file that holds the records. */
  readonly file?: string | undefined;
  /** Returns the line of the file, from 1, in which a record begins. Undefined if the lines were not counted. */
  readonly lineOf?: ((record: number) => number) | undefined;
  /** The field names from the first line of a CSV file; the same array in all batches of the file. */
  readonly header?: readonly string[] | undefined;
}

/** Split to the offset of the next record to read. Both are text that only the source understands. */
export type Positions = ReadonlyMap<string, string>;

export interface SourceLag {
  readonly split: string;
  /** Records between our position and the end of the split. */
  readonly records: number;
}

/** A part of a source that cannot be read while the rest is. */
export interface PartProblem {
  /** For a file, its name. */
  readonly name: string;
  readonly error: string;
  readonly hint: string | undefined;
}

/**
 * Reads one source. The pipeline keeps the positions: a reader starts at those given to `open`, never at offsets that
 * a broker has stored for a consumer group.
 *
 * Contract: batches of a split arrive in order without gaps or repeats between `open` and `close`; a fault that
 * would break this rejects `poll` with a SourceError instead. A record is delivered again only after a new `open`.
 */
export interface SourceReader {
  readonly name: string;
  /**
   * Starts reading. A split without a position starts where the source's options say. `memo` is what {@link memo}
   * returned when `positions` were stored, or later; after a rebuild it comes without positions.
   * Rejects with LostPositionError if the log no longer holds the positions, or is another log than before.
   */
  open(positions: Positions, memo?: string): Promise<void>;
  /**
   * Called instead of `open` while a lost position waits for a decision. A local topic then refuses appends that
   * would get the offsets of records that the views have counted.
   */
  hold?(positions: Positions): void;
  /** Returns what the source stores beside its positions, such as the identity of its files. Only it reads the text. */
  memo?(): string | undefined;
  /** Returns the parts of the source that cannot be read at present. */
  problems?(): readonly PartProblem[];
  /**
   * Returns, for each split, the offset of the next record that `poll` will return. Right after `open` these are the
   * start positions. Storing them makes a source with 'latest' start at the same place after a restart.
   */
  positions(): Positions;
  /** Resolves to the next batch, of at most `maxRecords`, or to undefined if no record comes within `wait_ms`. */
  poll(maxRecords: number, wait_ms: number): Promise<RecordBatch | undefined>;
  /** True once a bounded source (a file that does not grow) has been read to its end. */
  readonly ended: boolean;
  lag(): readonly SourceLag[];
  /** Called when a checkpoint holds `positions`: the reader may commit them to a broker and remove old segments. */
  checkpointed(positions: Positions): Promise<void>;
  close(): Promise<void>;
}

/** A fault of a source. The hint, if any, says what an operator can do. */
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
