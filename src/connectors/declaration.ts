import type { PlanColumn } from '../plan/nodes.ts';
import type { IncludeField, Option, Options, SourceDef } from '../plan/pipeline.ts';
import type { ConnectorSpec } from './option.ts';

/** What SQL can say about a source with this connector. */
export interface SourceDeclaration {
  readonly spec: ConnectorSpec;
  /** The metadata that `INCLUDE` can add as columns. */
  readonly includes: readonly IncludeField[];
  /** The option that makes a new source begin at the end of its log; undefined if the source begins elsewhere. */
  startsAtEnd?(options: Options): Option | undefined;
}

/** What SQL can say about records in this encoding. */
export interface FormatDeclaration {
  readonly spec: ConnectorSpec;
  /** The formats that it goes with: `FORMAT PLAIN ENCODE JSON`. */
  readonly formats: readonly SourceDef['format'][];
}

/** The view that a sink reads. */
export interface SinkInput {
  /** The view's name as messages show it. */
  readonly label: string;
  readonly columns: readonly PlanColumn[];
}

/** Why a sink cannot have its key. */
export interface KeyFault {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  /** The option at fault; undefined: the one that names the key. */
  readonly option?: Option | undefined;
}

/** The place that a sink writes to. */
export interface SinkTarget {
  /** Equal ids are one place. */
  readonly id: string;
  /** As messages show it, such as `table "viewer_profiles"`. */
  readonly label: string;
}

/** What SQL can say about a sink with this connector. */
export interface SinkDeclaration {
  /** With an option `primaryKey`, the sink has a key, and each row of its view must have one of its own. */
  readonly spec: ConnectorSpec;
  target(options: Options): SinkTarget;
  /** What the connector wants of a key. `key`: positions of its columns. */
  keyFault?(input: SinkInput, key: readonly number[], options: Options): KeyFault | undefined;
  /** What options add to the key of every row, after its columns. */
  constantKey?(options: Options): readonly string[];
}

/** Connectors and encodings by their names in SQL. */
export interface Declarations {
  readonly sources: ReadonlyMap<string, SourceDeclaration>;
  readonly formats: ReadonlyMap<string, FormatDeclaration>;
  readonly sinks: ReadonlyMap<string, SinkDeclaration>;
}
