import type { IncludeField } from '../../plan/pipeline.ts';
import type { Span } from '../../plan/expr.ts';
import type { Name } from '../text/cursor.ts';
import type { Slice } from '../text/slice.ts';

/** A statement as written, before names and types are looked up. Queries and expressions are still slices of text. */
export type Statement = CreateSource | CreateView | CreateSink;

/** An option of WITH or ENCODE. `span` is that of the value. */
export interface RawOption {
  /** In lower case, including its dots. */
  readonly key: Name;
  readonly value: string;
  readonly span: Span;
}

/** `name type [NOT NULL] [PRIMARY KEY] [AS generated]` */
export interface ColumnClause {
  readonly name: Name;
  readonly type: Slice;
  readonly notNull: boolean;
  readonly primaryKey: boolean;
  readonly generated: Slice | undefined;
}

/** `WATERMARK FOR column AS expr` */
export interface WatermarkClause {
  readonly column: Name;
  readonly expr: Slice;
  readonly span: Span;
}

/** `INCLUDE field [AS alias]` */
export interface IncludeClause {
  readonly field: IncludeField;
  readonly alias: Name | undefined;
  readonly span: Span;
}

/** `FORMAT format ENCODE encode [(options)] [KEY ENCODE encode]` */
export interface FormatClause {
  readonly format: Name;
  readonly encode: Name;
  readonly options: readonly RawOption[];
  readonly keyEncode?: Name | undefined;
  readonly span: Span;
}

/** CREATE SOURCE or CREATE TABLE. */
export interface CreateSource {
  readonly kind: 'source' | 'table';
  readonly name: Name;
  readonly ifNotExists: boolean;
  readonly columns: readonly ColumnClause[];
  /** The table-level PRIMARY KEY (...) clause. */
  readonly primaryKey: { readonly columns: readonly Name[]; readonly span: Span } | undefined;
  readonly watermarks: readonly WatermarkClause[];
  readonly appendOnly: { readonly span: Span } | undefined;
  readonly onConflict: { readonly action: 'overwrite' | 'ignore'; readonly span: Span } | undefined;
  readonly includes: readonly IncludeClause[];
  readonly options: readonly RawOption[] | undefined;
  readonly format: FormatClause | undefined;
}

export type Emit = 'on window close' | 'immediately';

/** CREATE VIEW or CREATE MATERIALIZED VIEW. */
export interface CreateView {
  readonly kind: 'view' | 'materialized view';
  readonly name: Name;
  readonly ifNotExists: boolean;
  readonly columns: readonly Name[] | undefined;
  readonly query: Slice;
  readonly emit: { readonly emit: Emit; readonly span: Span } | undefined;
}

/** CREATE SINK. */
export interface CreateSink {
  readonly kind: 'sink';
  readonly name: Name;
  readonly ifNotExists: boolean;
  readonly input:
    | { readonly kind: 'relation'; readonly name: Name }
    | { readonly kind: 'query'; readonly query: Slice };
  readonly emit: { readonly emit: Emit; readonly span: Span } | undefined;
  readonly options: readonly RawOption[];
  readonly format: FormatClause | undefined;
}
