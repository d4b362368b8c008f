import type { PlanColumn } from '../plan/nodes.ts';
import type { IncludeField, Option, Options, SourceDef } from '../plan/pipeline.ts';
import type { ConnectorSpec } from './option.ts';

/** A source connector as the binder and the lint rules see it. */
export interface SourceDeclaration {
  readonly spec: ConnectorSpec;
  /** The metadata fields that `INCLUDE` can add as columns. */
  readonly includes: readonly IncludeField[];
  /** Returns the option that makes a new source start at the end of its log; undefined if it starts elsewhere. */
  startsAtEnd?(options: Options): Option | undefined;
}

/** An encoding of records as the binder sees it. */
export interface FormatDeclaration {
  readonly spec: ConnectorSpec;
  /** The formats that SQL can combine with this encoding, such as `plain` in `FORMAT PLAIN ENCODE JSON`. */
  readonly formats: readonly SourceDef['format'][];
}

/** The view that a sink reads. */
export interface SinkInput {
  /** The view's name as messages show it. */
  readonly label: string;
  readonly columns: readonly PlanColumn[];
}

/** Why a connector refuses the key of a sink. */
export interface KeyFault {
  /** A SQLSTATE. */
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  /** The option that the message is about; undefined for the option that names the key. */
  readonly option?: Option | undefined;
}

/** The table or folder that a sink writes to. */
export interface SinkTarget {
  /** Equal ids name the same target. */
  readonly id: string;
  /** The target as messages show it, such as `table "viewer_profiles"`. */
  readonly label: string;
}

/** A sink connector as the binder and the lint rules see it. */
export interface SinkDeclaration {
  /** A spec with an option `primaryKey` makes sinks keyed: the key must then be unique among the rows of the view. */
  readonly spec: ConnectorSpec;
  /** Returns where a sink with these options writes. */
  target(options: Options): SinkTarget;
  /**
   * Returns why the connector refuses a key; undefined if it takes the key. `key` holds positions of columns of
   * `input`.
   */
  keyFault?(input: SinkInput, key: readonly number[], options: Options): KeyFault | undefined;
  /**
   * Returns a name for the keys that the connector itself makes of the rows' keys; undefined if it writes these as they
   * are. Sinks in different key spaces write no key twice, and those in one that has a name are the connector's matter.
   */
  keySpace?(options: Options): string | undefined;
  /** Returns the constants that options append to the key of every row. */
  constantKey?(options: Options): readonly string[];
}

/** Connectors and encodings by their names in SQL. */
export interface Declarations {
  readonly sources: ReadonlyMap<string, SourceDeclaration>;
  readonly formats: ReadonlyMap<string, FormatDeclaration>;
  readonly sinks: ReadonlyMap<string, SinkDeclaration>;
}
