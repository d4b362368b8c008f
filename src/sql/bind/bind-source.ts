import type { Declarations, SourceDeclaration } from '../../connectors/declaration.ts';
import type { Span } from '../../plan/expr.ts';
import type { Options, SourceColumn, SourceDef } from '../../plan/pipeline.ts';
import { isNumber, typeName } from '../../values/types.ts';
import type { CreateSource, WatermarkClause } from '../ddl/statement.ts';
import { didYouMean } from '../did-you-mean.ts';
import { Abandoned, failure, unsupported } from '../failure.ts';
import type { Reporter } from '../failure.ts';
import { bindOptions, findConnector } from './bind-options.ts';
import { coerce } from './coerce.ts';
import { ExprBinder } from './expr-binder.ts';
import { LATER_SOURCES } from './later.ts';
import { columnUses, usesNow } from './nodes.ts';
import { NO_ALIAS, Scope } from './scope.ts';
import { bindColumns, planColumns } from './source-columns.ts';
import { checkChanges } from './row-changes.ts';
import { bindFormat } from './source-format.ts';

/** A source whose columns and key are known, which is enough to check definitions that read it. */
export interface BoundSource {
  readonly source: SourceDef;
  /** False if an error was reported for the connector, format or watermark, which `source` then lacks. */
  readonly isWhole: boolean;
}

/** Binds CREATE SOURCE and CREATE TABLE. Reports all errors; throws Abandoned if the columns or the key are wrong. */
export function bindSource(
  s: CreateSource,
  span: Span,
  { declarations, reporter }: { readonly declarations: Declarations; readonly reporter: Reporter },
): BoundSource {
  const before = reporter.errors;
  const declared = reporter.attempt(() => connectorOf(s, declarations.sources));
  const columns = reporter.attempt(() => bindColumns(s, declared, reporter));
  const connector = declared && reporter.attempt(() => bindConnector(s, declared, reporter));
  const format = reporter.attempt(() => bindFormat(s, declarations.formats, reporter));
  if (columns === undefined) throw new Abandoned();
  const primaryKey = reporter.attempt(() => bindPrimaryKey(s, columns));
  const watermark = reporter.attempt(() => bindWatermark(s, columns));
  reporter.attempt(() => checkKind(s, primaryKey ?? []));
  if (primaryKey !== undefined && format !== undefined && format.format !== 'plain')
    reporter.attempt(() => checkChanges(s, format, { columns, primaryKey }));
  if (primaryKey === undefined) throw new Abandoned();
  const keyed = columns.map((c, i) => (primaryKey.includes(i) ? { ...c, notNull: true } : c));
  const appendOnly = s.kind === 'source' || s.appendOnly !== undefined;
  const source: SourceDef = {
    kind: s.kind,
    name: s.name.value,
    columns: keyed,
    primaryKey,
    appendOnly,
    onConflict: s.onConflict?.action ?? (appendOnly ? 'ignore' : 'overwrite'),
    watermark,
    connector: connector?.name,
    options: connector?.options ?? new Map(),
    format: format?.format ?? 'plain',
    encode: format?.encode ?? 'json',
    encodeOptions: format?.options ?? new Map(),
    keyEncode: format?.keyEncode,
    span,
  };
  return { source, isWhole: reporter.errors === before && format !== undefined };
}

/** Returns the connector that WITH names; undefined for a table without one. */
function connectorOf(
  s: CreateSource,
  known: ReadonlyMap<string, SourceDeclaration>,
): SourceDeclaration | undefined {
  const given = s.options ?? [];
  const found = findConnector(given, known, LATER_SOURCES, 'source');
  if (found !== undefined) return found;
  if (s.kind === 'source') {
    throw failure(
      '42P16',
      `source "${s.name.value}" has no connector`,
      s.name.span,
      "add WITH (connector = 'kafka', topic = '...'), or make it a TABLE",
    );
  }
  const odd = given[0];
  if (odd !== undefined) {
    throw failure(
      '22023',
      `unknown option "${odd.key.value}" of a table without a connector`,
      odd.key.span,
      "add connector = '...', or remove WITH",
    );
  }
  return undefined;
}

function bindConnector(
  s: CreateSource,
  { spec }: SourceDeclaration,
  reporter: Reporter,
): { name: string; options: Options } {
  const given = s.options ?? [];
  const place = { what: `connector '${spec.name}'`, span: s.name.span, reporter };
  return { name: spec.name, options: bindOptions(given, spec, place) };
}

function bindPrimaryKey(s: CreateSource, columns: readonly SourceColumn[]): readonly number[] {
  const inline = s.columns.flatMap((c, i) => (c.primaryKey ? [i] : []));
  if (inline.length > 1 || (inline.length > 0 && s.primaryKey !== undefined)) {
    const second = s.columns[inline[1] ?? inline[0]!]!.name.span;
    throw failure(
      '42P16',
      'there is more than one PRIMARY KEY',
      second,
      'write PRIMARY KEY (a, b) once, after the columns',
    );
  }
  const named = (s.primaryKey?.columns ?? []).map((name) => {
    const i = columns.findIndex((c) => c.name === name.value);
    if (i !== -1) return i;
    throw failure(
      '42703',
      `column "${name.value}" of the primary key does not exist`,
      name.span,
      columnHint(name.value, columns),
    );
  });
  const key = s.primaryKey === undefined ? inline : named;
  const repeated = key.findIndex((k, i) => key.indexOf(k) !== i);
  if (repeated !== -1) {
    throw failure(
      '42701',
      `column "${columns[key[repeated]!]!.name}" appears twice in the primary key`,
      s.primaryKey!.span,
    );
  }
  if (key.length > 0 && s.kind === 'source') {
    throw unsupported(
      'PRIMARY KEY of a source',
      s.primaryKey?.span ?? columns[key[0]!]!.span,
      'a source keeps no rows; make it a TABLE',
    );
  }
  return key;
}

function bindWatermark(s: CreateSource, columns: readonly SourceColumn[]): SourceDef['watermark'] {
  const [watermark, second] = s.watermarks;
  if (watermark === undefined) return undefined;
  if (second !== undefined) throw unsupported('more than one WATERMARK', second.span);
  if (s.kind === 'table' && s.appendOnly === undefined) {
    throw failure(
      '42P16',
      'WATERMARK needs a table that is APPEND ONLY',
      watermark.span,
      'add APPEND ONLY after the columns',
    );
  }
  return bindWatermarkClause(watermark, columns);
}

function bindWatermarkClause(
  w: WatermarkClause,
  columns: readonly SourceColumn[],
): NonNullable<SourceDef['watermark']> {
  const column = columns.findIndex((c) => c.name === w.column.value);
  const found = columns[column];
  if (found === undefined) {
    throw failure(
      '42703',
      `column "${w.column.value}" of WATERMARK does not exist`,
      w.column.span,
      columnHint(w.column.value, columns),
    );
  }
  if (found.type.kind !== 'timestamp' && found.type.kind !== 'timestamptz') {
    throw failure(
      '42804',
      `WATERMARK needs a TIMESTAMP or TIMESTAMPTZ column, and "${found.name}" is ${typeName(found.type)}`,
      w.column.span,
      `add a generated column, ${found.name}_at TIMESTAMPTZ AS ${asInstant(found)}, and define the watermark on it`,
    );
  }
  const binder = new ExprBinder({
    slice: w.expr,
    scope: Scope.of(NO_ALIAS, planColumns(columns)),
    clause: 'WATERMARK',
  });
  const bound = binder.bind(w.expr.expression());
  if (usesNow(bound) || columnUses(bound).some((i) => i !== column)) {
    throw failure(
      '42P16',
      `the watermark may only use column "${found.name}"`,
      w.expr.span,
      `write ${found.name} - INTERVAL '5 minutes'`,
    );
  }
  const expr = coerce(bound, found.type, { what: 'the watermark', where: w.expr.span });
  return { column, expr };
}

/** Returns an expression that converts the column to TIMESTAMPTZ, for a hint. */
function asInstant({ name, type }: SourceColumn): string {
  if (isNumber(type)) return `to_timestamp(${name} / 1000.0)`;
  return type.kind === 'varchar' || type.kind === 'date' ? `${name}::timestamptz` : '...';
}

function checkKind(s: CreateSource, primaryKey: readonly number[]): void {
  if (s.kind === 'source' && s.onConflict !== undefined) {
    throw failure(
      '42P16',
      'ON CONFLICT needs a TABLE with a PRIMARY KEY',
      s.onConflict.span,
      'make it a TABLE: a source keeps no rows that could conflict',
    );
  }
  if (s.onConflict !== undefined && primaryKey.length === 0) {
    throw failure(
      '42P16',
      'ON CONFLICT needs a PRIMARY KEY',
      s.onConflict.span,
      'add PRIMARY KEY (column) to the columns',
    );
  }
  if (s.appendOnly !== undefined && s.onConflict?.action === 'overwrite') {
    throw failure(
      '42P16',
      'an APPEND ONLY table cannot overwrite rows',
      s.onConflict.span,
      'use ON CONFLICT DO NOTHING',
    );
  }
}

function columnHint(name: string, columns: readonly SourceColumn[]): string | undefined {
  const names = columns.map((c) => c.name);
  return didYouMean(name, names, `the columns are ${names.join(', ')}`);
}
