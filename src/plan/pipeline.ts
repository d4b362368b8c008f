import type { Datum } from '../values/datum.ts';
import type { SqlType } from '../values/types.ts';
import type { Expr, Span } from './expr.ts';
import type { PlanColumn, PlanNode } from './nodes.ts';
import type { DayWindows } from './windows/day-windows.ts';

/** The options of a WITH clause by their lower-cased names. */
export type Options = ReadonlyMap<string, Option>;

/** One option. */
export interface Option {
  /** As written, with `${NAME}` replaced. */
  readonly value: string;
  /** The place of the value. */
  readonly span: Span;
  readonly keySpan: Span;
}

/** What an INCLUDE column holds: metadata of a record, or its raw payload. */
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

/** CREATE SOURCE, or CREATE TABLE with or without a connector. */
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
  /** `kafka`, `posix_fs`, ...; undefined for a table without a connector. */
  readonly connector?: string | undefined;
  readonly options: Options;
  readonly format: 'plain' | 'upsert' | 'debezium';
  /** The name of an encoding: `json`, `csv`, ... */
  readonly encode: string;
  readonly encodeOptions: Options;
  /** `KEY ENCODE ...` of FORMAT UPSERT: how the record's key holds the primary key. Default: a JSON object. */
  readonly keyEncode?: 'json' | 'text' | undefined;
  readonly span: Span;
}

/**
 * Returns whether no row is ever retracted: true for sources, for APPEND ONLY tables, and for tables without a primary
 * key whose rows come from a connector. Rows of other tables may be deleted.
 */
export function onlyAppends({ kind, appendOnly, primaryKey, connector }: SourceDef): boolean {
  return kind === 'source' || appendOnly || (primaryKey.length === 0 && connector !== undefined);
}

/** CREATE MATERIALIZED VIEW. */
export interface ViewDef {
  readonly kind: 'materialized view';
  readonly name: string;
  readonly columns: readonly PlanColumn[];
  readonly plan: PlanNode;
  /**
   * Positions of the columns that identify a row, if the plan implies them (a group key, a top-n's partition and rank);
   * undefined if the rows are a multiset.
   */
  readonly key: readonly number[] | undefined;
  /** All sets of columns that are known to identify a row, the smallest first. Rows are stored by `key` only. */
  readonly keys: readonly (readonly number[])[];
  readonly emitOnWindowClose: boolean;
  /** Values that columns have in every row, by position, where the plan does not show them. */
  readonly constants?: ReadonlyMap<number, Datum> | undefined;
  /** True for a view of day buckets, which the SQL does not name. */
  readonly isBuckets?: boolean | undefined;
  readonly span: Span;
}

/** CREATE VIEW. Queries that use it have its plan inlined; it is kept for messages, `explain` and `render`. */
export interface LogicalViewDef {
  readonly kind: 'view';
  readonly name: string;
  readonly columns: readonly PlanColumn[];
  readonly plan: PlanNode;
  readonly span: Span;
}

/** CREATE SINK. */
export interface SinkDef {
  readonly kind: 'sink';
  readonly name: string;
  /** The materialized view that it reads. `CREATE SINK ... AS SELECT` gets a view of its own, `<sink>__query`. */
  readonly from: string;
  readonly connector: string;
  readonly options: Options;
  /** Positions of the primary key's columns in the view. */
  readonly primaryKey: readonly number[];
  /** Set if `from` is a view of day buckets that stands in the place of the view in the SQL. */
  readonly buckets?: SinkBuckets | undefined;
  readonly span: Span;
}

/** What a sink of day buckets stands for. */
export interface SinkBuckets {
  /** The view that the SQL names. */
  readonly of: string;
  /** Positions of the primary key's columns in that view. */
  readonly primaryKey: readonly number[];
  /** The constant sort key that the SQL gives its items, in a column of that view or an option; undefined if none. */
  readonly sortKey: string | undefined;
  readonly windows: DayWindows;
}

/** Returns a sink as the SQL has it: over the view that it names, rather than over a view of day buckets. */
export function sinkAsWritten(sink: SinkDef): SinkDef {
  const { buckets } = sink;
  return buckets === undefined ? sink : { ...sink, from: buckets.of, primaryKey: buckets.primaryKey };
}

/** A bound pipeline folder. Definitions are in the order written; each uses only earlier ones. */
export interface Pipeline {
  readonly name: string;
  readonly sources: readonly SourceDef[];
  readonly logicalViews: readonly LogicalViewDef[];
  readonly views: readonly ViewDef[];
  readonly sinks: readonly SinkDef[];
  /** The text of each file by its name as shown in messages, for excerpts. */
  readonly files: ReadonlyMap<string, string>;
}
