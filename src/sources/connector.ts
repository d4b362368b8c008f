import type { FormatDeclaration, SourceDeclaration } from '../connectors/declaration.ts';
import type { StringPool } from '../engine/text/string-pool.ts';
import type { SourceDef } from '../plan/pipeline.ts';
import type { RecordDecoder } from './decoder.ts';
import type { RecordFraming } from './framing.ts';
import type { LocalTopicStart } from './log/reader.ts';
import type { OnLostPosition } from './lost-position.ts';
import type { SourceReader } from './source.ts';

/** What a reader needs besides the definition of its source. */
export interface ReaderContext {
  /** The folder that relative paths in the SQL start from. */
  readonly baseDir: string;
  /** Receives messages for the operator while the source is read. */
  report(
    level: 'debug' | 'info' | 'warn' | 'error',
    fields: Readonly<Record<string, unknown>>,
    message: string,
  ): void;
}

/** The topic that a source reads. */
export interface SourceTopic {
  readonly name: string;
  /** True if the SQL names a broker. Without one, `dev` keeps the topic on its own disk. */
  readonly hasBroker: boolean;
  /** Where reading starts if no checkpoint has a position. */
  readonly start: LocalTopicStart;
}

/** A `connector = '...'` of a source: one folder beside this file, and one line in `connectors.ts`. */
export interface SourceConnector extends SourceDeclaration {
  /** Throws SourceError for what {@link reader} would refuse, as far as it shows without the data. */
  check?(source: SourceDef): void;
  /** Resolves to a reader of the source, not opened yet. Rejects with SourceError if the options are invalid. */
  reader(source: SourceDef, context: ReaderContext): Promise<SourceReader>;
  /** Returns the topic that the source reads; absent for connectors that read no topics. */
  topic?(source: SourceDef): SourceTopic;
  /** Returns what to do when the source's position is gone from its log. Default: `fail`. */
  onLostPosition?(source: SourceDef): OnLostPosition;
}

/** An `ENCODE ...` of a source: one folder beside this file, and one line in `formats.ts`. */
export interface RecordFormat extends FormatDeclaration {
  /** Lower-case extensions of files in this format, `.gz` aside. */
  readonly extensions: readonly string[];
  /** Returns how files of the source are cut into records. Default: one record per line. */
  framing?(source: SourceDef): RecordFraming;
  /**
   * Returns a decoder that writes texts into `pool`. `wanted` says for each column whether it is read. A record longer
   * than `maxRecordBytes` (default 1 MiB) is refused. Throws SourceError for a source whose records the decoder cannot
   * read.
   */
  createDecoder(
    source: SourceDef,
    wanted: readonly boolean[],
    pool: StringPool,
    options?: { readonly maxRecordBytes?: number | undefined },
  ): RecordDecoder;
}
