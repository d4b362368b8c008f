import type { StringPool } from '../engine/text/string-pool.ts';
import type { SourceDef } from '../plan/pipeline.ts';
import type { ConnectorSpec } from '../sql/options/option.ts';
import type { RecordDecoder } from './decoder.ts';
import type { SourceReader } from './source.ts';

/** What a reader needs besides its source's definition. */
export interface ReaderContext {
  /** What relative paths start from. */
  readonly baseDir: string;
  /** Takes what a person should know of it while it is read. */
  report(
    level: 'debug' | 'info' | 'warn' | 'error',
    fields: Readonly<Record<string, unknown>>,
    message: string,
  ): void;
}

/** A `connector = '...'` of a source: a folder beside this file, and a line in `connectors.ts`. */
export interface SourceConnector {
  readonly spec: ConnectorSpec;
  /** Throws SourceError for what cannot be read, as far as that can be known without looking for the data. */
  check(source: SourceDef): void;
  /** A reader of the source, not opened yet. Rejects with SourceError. */
  reader(source: SourceDef, context: ReaderContext): Promise<SourceReader>;
}

/** An `ENCODE ...` of a source. */
export interface RecordFormat {
  readonly spec: ConnectorSpec;
  /** Throws SourceError for a source whose records it cannot read. `wanted`: which columns are read. */
  createDecoder(source: SourceDef, wanted: readonly boolean[], pool: StringPool): RecordDecoder;
}
