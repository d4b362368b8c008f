import type { FormatDeclaration, SourceDeclaration } from '../connectors/declaration.ts';
import type { StringPool } from '../engine/text/string-pool.ts';
import type { SourceDef } from '../plan/pipeline.ts';
import type { RecordDecoder } from './decoder.ts';
import type { LocalTopicStart } from './log/reader.ts';
import type { OnLostPosition } from './lost-position.ts';
import type { SourceReader } from './source.ts';

/** What a reader needs besides its source's definition. */
export interface ReaderContext {
  /** The folder that relative paths start from. */
  readonly baseDir: string;
  /** Receives what an operator should know while the source is read. */
  report(
    level: 'debug' | 'info' | 'warn' | 'error',
    fields: Readonly<Record<string, unknown>>,
    message: string,
  ): void;
}

/** The topic that a source reads. */
export interface SourceTopic {
  readonly name: string;
  /** The SQL names a broker for it. `dev` keeps a topic without one itself. */
  readonly hasBroker: boolean;
  /** Where reading begins without a position. */
  readonly start: LocalTopicStart;
}

/** A `connector = '...'` of a source: a folder of this room, and a line in `connectors.ts`. */
export interface SourceConnector extends SourceDeclaration {
  /** Throws SourceError for what {@link reader} would refuse, as far as that is known without the data. */
  check?(source: SourceDef): void;
  /** A reader of the source, not opened yet. Rejects with SourceError. */
  reader(source: SourceDef, context: ReaderContext): Promise<SourceReader>;
  /** Of a connector that reads topics. */
  topic?(source: SourceDef): SourceTopic;
  /** What happens when the source's position is gone from its log. Default: `fail`. */
  onLostPosition?(source: SourceDef): OnLostPosition;
}

/** An `ENCODE ...` of a source: a folder of this room, and a line in `connectors.ts`. */
export interface RecordFormat extends FormatDeclaration {
  /** Throws SourceError for a source whose records it cannot read. `wanted`: which columns are read. */
  createDecoder(source: SourceDef, wanted: readonly boolean[], pool: StringPool): RecordDecoder;
}
