import { BYTEA, JSONB, TIMESTAMPTZ, VARCHAR } from '../../values/types.ts';
import type { SqlType } from '../../values/types.ts';
import type { Expr, Span } from '../../plan/expr.ts';
import type { IncludeField, Options, SourceColumn, SourceDef } from '../../plan/pipeline.ts';
import type { PlanColumn } from '../../plan/nodes.ts';
import type { ColumnClause, CreateSource, FormatClause, IncludeClause, WatermarkClause } from '../ddl/statement.ts';
import { didYouMean } from '../did-you-mean.ts';
import { Abandoned, failure, unsupported } from '../failure.ts';
import type { Reporter } from '../failure.ts';
import { LATER_SOURCES, SOURCE_CONNECTORS } from '../options/connectors.ts';
import { ENCODINGS, FORMATS, LATER_ENCODINGS, LATER_FORMATS } from '../options/encodings.ts';
import type { Slice } from '../text/slice.ts';
import { bindOptions, findConnector, toOptions } from './bind-options.ts';
import { coerce } from './coerce.ts';
import { ExprBinder } from './expr-binder.ts';
import { columnUses, usesNow } from './nodes.ts';
import { Scope } from './scope.ts';
import { bindTypeName } from './type-name.ts';

/** Binds CREATE SOURCE and CREATE TABLE. Reports what it can, then abandons the statement. */
export function bindSource(s: CreateSource, span: Span, reporter: Reporter): SourceDef {
  const before = reporter.errors;
  const noun = s.kind;
  const columns = bindColumns(s, reporter);
  const connector = reporter.attempt(() => bindConnector(s, noun, reporter));
  const format = reporter.attempt(() => bindFormat(s, connector?.name, reporter));
  const primaryKey = reporter.attempt(() => bindPrimaryKey(s, columns)) ?? [];
  const watermark = reporter.attempt(() => bindWatermark(s, columns));
  reporter.attempt(() => checkKind(s, format?.format ?? 'plain', primaryKey));
  if (reporter.errors > before || format === undefined) throw new Abandoned();
  const keyed = columns.map((c, i) => (primaryKey.includes(i) ? { ...c, notNull: true } : c));
  const appendOnly = s.kind === 'source' || s.appendOnly !== undefined;
  return {
    kind: s.kind,
    name: s.name.value,
    columns: keyed,
    primaryKey,
    appendOnly,
    onConflict: s.onConflict?.action ?? (appendOnly ? 'ignore' : 'overwrite'),
    watermark,
    connector: connector?.name,
    options: connector?.options ?? new Map(),
    format: format.format,
    encode: format.encode,
    encodeOptions: format.options,
    span,
  };
}

const INCLUDE_TYPES: Record<IncludeField, SqlType> = {
  key: BYTEA,
  timestamp: TIMESTAMPTZ,
  partition: VARCHAR,
  offset: VARCHAR,
  header: JSONB,
  payload: JSONB,
  file: VARCHAR,
};

function bindColumns(s: CreateSource, reporter: Reporter): SourceColumn[] {
  const declared = reporter.all(s.columns, (c) => ({
    clause: c,
    type: bindTypeName(c.type.type(), c.type.span),
  }));
  const connector = s.options?.find((o) => o.key.value === 'connector')?.value ?? 'table';
  const included = reporter.all(s.includes, (i) => includeColumn(i, connector));
  const taken = new Map<string, Span>();
  reporter.all([...declared.map((d) => d.clause.name), ...included.map((c) => ({ value: c.name, span: c.span }))], (name) => {
    if (taken.has(name.value)) {
      throw failure('42701', `column "${name.value}" specified more than once`, name.span, 'rename or remove one of the two');
    }
    taken.set(name.value, name.span);
  });
  // Generated columns are over the others, INCLUDE columns too, but not over each other.
  const plain = declared.map(({ clause, type }): SourceColumn => ({
    name: clause.name.value,
    type,
    notNull: clause.notNull || clause.primaryKey,
    span: clause.name.span,
  }));
  const all = [...plain, ...included];
  return reporter.all(all, (column, i) => {
    const generated = declared[i]?.clause.generated;
    if (generated === undefined) return column;
    return { ...column, generated: bindGenerated(column, generated, all, declared.map((d) => d.clause)) };
  });
}

function includeColumn(i: IncludeClause, connector: string): SourceColumn {
  if (i.field === 'header') throw unsupported('INCLUDE header', i.span);
  if ((i.field === 'file') !== (connector === 'posix_fs') && (i.field === 'file' || i.field === 'partition' || i.field === 'key' || i.field === 'timestamp')) {
    throw failure('42601', `a ${connector} source has no ${i.field} to include`, i.span);
  }
  return {
    name: i.alias?.value ?? `_rw_${connector}_${i.field}`,
    type: INCLUDE_TYPES[i.field],
    notNull: false,
    span: i.alias?.span ?? i.span,
    include: i.field,
  };
}

function planColumns(columns: readonly SourceColumn[]): PlanColumn[] {
  return columns.map((c) => ({ name: c.name, type: c.type, nullable: !c.notNull }));
}

function bindGenerated(
  column: SourceColumn,
  slice: Slice,
  columns: readonly SourceColumn[],
  clauses: readonly ColumnClause[],
): Expr {
  const binder = new ExprBinder({ slice, scope: Scope.of('', planColumns(columns)), clause: 'a generated column' });
  const bound = coerce(binder.bind(slice.expression()), column.type, {
    what: `generated column "${column.name}"`,
    where: slice.span,
    context: 'assignment',
  });
  if (usesNow(bound)) {
    throw unsupported('now() in a generated column', slice.span, 'use now() where the column is read');
  }
  const other = columnUses(bound).find((i) => clauses[i]?.generated !== undefined);
  if (other !== undefined) {
    throw failure(
      '42P16',
      `generated column "${column.name}" uses generated column "${columns[other]!.name}"`,
      slice.span,
      'repeat its expression',
    );
  }
  return bound;
}

function bindConnector(
  s: CreateSource,
  noun: 'source' | 'table',
  reporter: Reporter,
): { name: string; options: Options } | undefined {
  const given = s.options ?? [];
  const spec = findConnector(given, SOURCE_CONNECTORS, LATER_SOURCES, 'source');
  if (spec === undefined) {
    if (noun === 'source') {
      throw failure('42P16', `source "${s.name.value}" has no connector`, s.name.span, "add WITH (connector = 'kafka', topic = '...'), or make it a TABLE");
    }
    const odd = given[0];
    if (odd !== undefined) {
      throw failure('22023', `unknown option "${odd.key.value}" of a table without connector`, odd.key.span, "add connector = '...', or leave WITH out");
    }
    return undefined;
  }
  const place = { what: `connector '${spec.name}'`, span: s.name.span, reporter };
  return { name: spec.name, options: bindOptions(given, spec, place) };
}

type Format = SourceDef['format'];
type Encode = SourceDef['encode'];

function bindFormat(
  s: CreateSource,
  connector: string | undefined,
  reporter: Reporter,
): { format: Format; encode: Encode; options: Options } {
  if (s.format === undefined) {
    const hasConnector = connector !== undefined || (s.options ?? []).length > 0;
    if (hasConnector) {
      throw failure('42601', `${s.kind} "${s.name.value}" has no FORMAT ... ENCODE ...`, s.name.span, 'add FORMAT PLAIN ENCODE JSON after WITH (...)');
    }
    return { format: 'plain', encode: 'json', options: new Map() };
  }
  const { format, encode } = formatAndEncoding(s.format);
  const spec = ENCODINGS.find((e) => e.name === encode)!;
  const place = { what: `ENCODE ${encode.toUpperCase()}`, span: s.format.span, reporter };
  const options = s.format.options.length === 0 ? toOptions([]) : bindOptions(s.format.options, spec, place);
  return { format, encode, options };
}

function formatAndEncoding(clause: FormatClause): { format: Format; encode: Encode } {
  const format = clause.format.value;
  const encode = clause.encode.value;
  const encodings = FORMATS.get(format);
  if (encodings === undefined) {
    if (LATER_FORMATS.includes(format)) throw unsupported(`FORMAT ${format.toUpperCase()}`, clause.format.span, 'use FORMAT PLAIN, UPSERT or DEBEZIUM');
    throw failure('22023', `there is no FORMAT ${format.toUpperCase()}`, clause.format.span, didYouMean(format, FORMATS.keys(), 'use FORMAT PLAIN, UPSERT or DEBEZIUM'));
  }
  if (!encodings.includes(encode)) {
    const works = encodings.map((e) => e.toUpperCase()).join(' or ');
    if (LATER_ENCODINGS.includes(encode) || ENCODINGS.some((e) => e.name === encode)) {
      throw unsupported(`FORMAT ${format.toUpperCase()} ENCODE ${encode.toUpperCase()}`, clause.encode.span, `use ENCODE ${works}`);
    }
    throw failure('22023', `there is no ENCODE ${encode.toUpperCase()}`, clause.encode.span, didYouMean(encode, encodings, `use ENCODE ${works}`));
  }
  return { format: format as Format, encode: encode as Encode };
}

function bindPrimaryKey(s: CreateSource, columns: readonly SourceColumn[]): readonly number[] {
  const inline = s.columns.flatMap((c, i) => (c.primaryKey ? [i] : []));
  if (inline.length > 1 || (inline.length > 0 && s.primaryKey !== undefined)) {
    const second = s.columns[inline[1] ?? inline[0]!]!.name.span;
    throw failure('42P16', 'there is more than one PRIMARY KEY', second, 'write PRIMARY KEY (a, b) once, after the columns');
  }
  const named = (s.primaryKey?.columns ?? []).map((name) => {
    const i = columns.findIndex((c) => c.name === name.value);
    if (i !== -1) return i;
    throw failure('42703', `column "${name.value}" of the primary key does not exist`, name.span, didYouMean(name.value, columns.map((c) => c.name)));
  });
  const key = s.primaryKey === undefined ? inline : named;
  const repeated = key.findIndex((k, i) => key.indexOf(k) !== i);
  if (repeated !== -1) {
    throw failure('42701', `column "${columns[key[repeated]!]!.name}" appears twice in the primary key`, s.primaryKey!.span);
  }
  if (key.length > 0 && s.kind === 'source') {
    throw unsupported('PRIMARY KEY of a source', s.primaryKey?.span ?? columns[key[0]!]!.span, 'a source keeps no rows; make it a TABLE');
  }
  return key;
}

function bindWatermark(s: CreateSource, columns: readonly SourceColumn[]): SourceDef['watermark'] {
  const [watermark, second] = s.watermarks;
  if (watermark === undefined) return undefined;
  if (second !== undefined) throw unsupported('more than one WATERMARK', second.span);
  if (s.kind === 'table' && s.appendOnly === undefined) {
    throw failure('42P16', 'WATERMARK needs a table that is APPEND ONLY', watermark.span, 'add APPEND ONLY after the columns');
  }
  return bindWatermarkClause(watermark, columns);
}

function bindWatermarkClause(w: WatermarkClause, columns: readonly SourceColumn[]): NonNullable<SourceDef['watermark']> {
  const column = columns.findIndex((c) => c.name === w.column.value);
  const found = columns[column];
  if (found === undefined) {
    throw failure('42703', `column "${w.column.value}" of WATERMARK does not exist`, w.column.span, didYouMean(w.column.value, columns.map((c) => c.name)));
  }
  if (found.type.kind !== 'timestamp' && found.type.kind !== 'timestamptz') {
    throw failure('42804', `WATERMARK needs a TIMESTAMP or TIMESTAMPTZ column`, w.column.span);
  }
  const binder = new ExprBinder({ slice: w.expr, scope: Scope.of('', planColumns(columns)), clause: 'WATERMARK' });
  const expr = coerce(binder.bind(w.expr.expression()), found.type, { what: 'the watermark', where: w.expr.span });
  const foreign = columnUses(expr).find((i) => i !== column);
  if (foreign !== undefined || usesNow(expr)) {
    throw failure('42P16', `the watermark may only use column "${found.name}"`, w.expr.span, `write ${found.name} - INTERVAL '5 minutes'`);
  }
  return { column, expr };
}

function checkKind(s: CreateSource, format: Format, primaryKey: readonly number[]): void {
  const at = s.format?.span ?? s.name.span;
  if (format !== 'plain' && (s.kind === 'source' || primaryKey.length === 0)) {
    throw failure('42P16', `FORMAT ${format.toUpperCase()} needs a TABLE with a PRIMARY KEY`, at, 'its records replace and delete rows by key');
  }
  if (s.kind === 'source' && s.onConflict !== undefined) {
    throw failure('42P16', 'ON CONFLICT needs a TABLE with a PRIMARY KEY', s.onConflict.span, 'a source keeps no rows');
  }
  if (s.onConflict !== undefined && primaryKey.length === 0) {
    throw failure('42P16', 'ON CONFLICT needs a PRIMARY KEY', s.onConflict.span);
  }
  if (s.appendOnly !== undefined && s.onConflict?.action === 'overwrite') {
    throw failure('42P16', 'an APPEND ONLY table cannot overwrite rows', s.onConflict.span, 'use ON CONFLICT DO NOTHING');
  }
  if (s.appendOnly !== undefined && format !== 'plain') {
    throw failure('42P16', `FORMAT ${format.toUpperCase()} is not append only`, at, 'leave APPEND ONLY out');
  }
}
