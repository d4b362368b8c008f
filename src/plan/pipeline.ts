import type { SqlType } from '../values/types.ts';
import type { Expr, Span } from './expr.ts';
import type { PlanColumn, PlanNode } from './nodes.ts';

/** WITH options as written, `${NAME}` already replaced; keys lower-cased. The span is that of the value. */
export type Options = ReadonlyMap<string, Option>;

/** One of them, as it is written. */
export interface Option {
  readonly value: string;
  readonly span: Span;
  readonly keySpan: Span;
}

/** INCLUDE columns: what the source knows about a record besides its payload. */
export type IncludeField = 'key' | 'timestamp' | 'partition' | 'offset' | 'header' | 'payload' | 'file';

export interface SourceColumn {
  readonly name: string;
  readonly type: SqlType;
  readonly notNull: boolean;
  readonly span: Span;
  /** A generated column (`AS expr`), over the other columns of the source. */
  readonly generated?: Expr | undefined;
  /** A column filled from the record's metadata (INCLUDE). */
  readonly include?: IncludeField | undefined;
}

/** CREATE SOURCE, or a CREATE TABLE (with or without a connector). */
export interface SourceDef {
  readonly kind: 'source' | 'table';
  readonly name: string;
  readonly columns: readonly SourceColumn[];
  /** Positions of the primary key's columns; tables only. */
  readonly primaryKey: readonly number[];
  readonly appendOnly: boolean;
  readonly onConflict: 'overwrite' | 'ignore';
  /** `WATERMARK FOR column AS expr`. */
  readonly watermark?: { readonly column: number; readonly expr: Expr } | undefined;
  /** `kafka`, `posix_fs`, ...; undefined for a table that is only inserted into. */
  readonly connector?: string | undefined;
  readonly options: Options;
  readonly format: 'plain' | 'upsert' | 'debezium';
  /** The name of an encoding: `json`, `csv`, ... */
  readonly encode: string;
  readonly encodeOptions: Options;
  readonly span: Span;
}

/**
 * Whether no row of a source or table is ever taken away: of a source, of an APPEND ONLY table, and of a table without
 * a key whose rows come from a connector. Rows of other tables may be deleted.
 */
export function onlyAppends({ kind, appendOnly, primaryKey, connector }: SourceDef): boolean {
  return kind === 'source' || appendOnly || (primaryKey.length === 0 && connector !== undefined);
}

export interface ViewDef {
  readonly kind: 'materialized view';
  readonly name: string;
  readonly columns: readonly PlanColumn[];
  readonly plan: PlanNode;
  /**
   * Positions of columns that identify a row, where the plan implies them (a group key, a top-n's partition and
   * rank); undefined when rows are a multiset.
   */
  readonly key: readonly number[] | undefined;
  /** All sets of columns that are known to identify a row, the smallest first; the rows need not lie by them. */
  readonly keys: readonly (readonly number[])[];
  readonly emitOnWindowClose: boolean;
  readonly span: Span;
}

/** CREATE VIEW: kept for messages, `explain` and `render`; queries that use it have its plan inlined. */
export interface LogicalViewDef {
  readonly kind: 'view';
  readonly name: string;
  readonly columns: readonly PlanColumn[];
  readonly plan: PlanNode;
  readonly span: Span;
}

export interface SinkDef {
  readonly kind: 'sink';
  readonly name: string;
  /** The materialized view it reads; `CREATE SINK ... AS SELECT` gets a view of its own, `<sink>__query`. */
  readonly from: string;
  readonly connector: string;
  readonly options: Options;
  /** Positions in the view's columns. */
  readonly primaryKey: readonly number[];
  readonly span: Span;
}

/** A pipeline folder, bound. Definitions are in the order written, so each uses only earlier ones. */
export interface Pipeline {
  readonly name: string;
  readonly sources: readonly SourceDef[];
  readonly logicalViews: readonly LogicalViewDef[];
  readonly views: readonly ViewDef[];
  readonly sinks: readonly SinkDef[];
  /** File name (as shown in messages) to text, for excerpts. */
  readonly files: ReadonlyMap<string, string>;
}
