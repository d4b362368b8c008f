import type { SourceDeclaration } from '../../connectors/declaration.ts';
import { BYTEA, JSONB, TIMESTAMPTZ, VARCHAR } from '../../values/types.ts';
import type { SqlType } from '../../values/types.ts';
import type { Expr, Span } from '../../plan/expr.ts';
import type { PlanColumn } from '../../plan/nodes.ts';
import type { IncludeField, SourceColumn } from '../../plan/pipeline.ts';
import { A_GENERATED_COLUMN, clockHint } from '../clock-hints.ts';
import type { ColumnClause, CreateSource, IncludeClause } from '../ddl/statement.ts';
import { Reporter, failure, unsupported } from '../failure.ts';
import type { Slice } from '../text/slice.ts';
import { coerce } from './coerce.ts';
import { ExprBinder } from './expr-binder.ts';
import { columnUses, usesNow } from './nodes.ts';
import { NO_ALIAS, Scope } from './scope.ts';
import { bindTypeName } from './type-name.ts';

const INCLUDE_TYPES: Record<IncludeField, SqlType> = {
  key: BYTEA,
  timestamp: TIMESTAMPTZ,
  partition: VARCHAR,
  offset: VARCHAR,
  header: JSONB,
  payload: JSONB,
  file: VARCHAR,
};

/** The fields that a table without a connector can include. Its rows come from a local topic. */
const TABLE_INCLUDES: readonly IncludeField[] = ['key', 'timestamp', 'partition', 'offset', 'payload'];

/** Returns the columns of a source: those it declares, generated or not, then those of INCLUDE. Reports each error. */
export function bindColumns(
  s: CreateSource,
  connector: SourceDeclaration | undefined,
  reporter: Reporter,
): SourceColumn[] {
  const declared = reporter.all(s.columns, (c) => ({
    clause: c,
    type: bindTypeName(c.type.type(), c.type.span),
  }));
  const named = s.options?.find((o) => o.key.value === 'connector')?.value.toLowerCase();
  const includes = connector?.includes ?? (named === undefined ? TABLE_INCLUDES : undefined);
  const included = reporter.all(s.includes, (i) => includeColumn(i, { connector: named, includes }));
  const taken = new Map<string, Span>();
  reporter.all(
    [...declared.map((d) => d.clause.name), ...included.map((c) => ({ value: c.name, span: c.span }))],
    (name) => {
      if (taken.has(name.value)) {
        throw failure(
          '42701',
          `column "${name.value}" specified more than once`,
          name.span,
          'rename or remove one of the two',
        );
      }
      taken.set(name.value, name.span);
    },
  );
  // A generated column can use all other columns, including those of INCLUDE, except generated ones.
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
    return {
      ...column,
      generated: bindGenerated(
        column,
        generated,
        all,
        declared.map((d) => d.clause),
      ),
    };
  });
}

/** Returns the declared columns of a failed source whose names and types are valid. Reports nothing. */
export function rightColumns(s: CreateSource): PlanColumn[] {
  const silent = new Reporter();
  const once = s.columns.filter((c) => s.columns.every((d) => d === c || d.name.value !== c.name.value));
  return once.flatMap((c): PlanColumn[] => {
    const type = silent.attempt(() => bindTypeName(c.type.type(), c.type.span));
    return type === undefined ? [] : [{ name: c.name.value, type, nullable: !c.notNull && !c.primaryKey }];
  });
}

/** Binds an INCLUDE clause. `includes` holds the allowed fields; undefined, for an unknown connector, allows all. */
function includeColumn(
  i: IncludeClause,
  { connector, includes }: { connector: string | undefined; includes: readonly IncludeField[] | undefined },
): SourceColumn {
  if (i.field === 'header') throw unsupported('INCLUDE header', i.span, 'send the value in the payload');
  if (includes?.includes(i.field) === false) {
    const what = connector === undefined ? 'a table without a connector' : `a ${connector} source`;
    throw failure('42601', `${what} has no ${i.field} to include`, i.span, 'leave it out');
  }
  return {
    name: i.alias?.value ?? `_rw_${connector ?? 'table'}_${i.field}`,
    type: INCLUDE_TYPES[i.field],
    notNull: false,
    span: i.alias?.span ?? i.span,
    include: i.field,
  };
}

/** Returns the columns of a source as queries see them. */
export function planColumns(columns: readonly SourceColumn[]): PlanColumn[] {
  return columns.map((c) => ({ name: c.name, type: c.type, nullable: !c.notNull }));
}

function bindGenerated(
  column: SourceColumn,
  slice: Slice,
  columns: readonly SourceColumn[],
  clauses: readonly ColumnClause[],
): Expr {
  const binder = new ExprBinder({
    slice,
    scope: Scope.of(NO_ALIAS, planColumns(columns)),
    clause: A_GENERATED_COLUMN,
  });
  const bound = coerce(binder.bind(slice.expression()), column.type, {
    what: `generated column "${column.name}"`,
    where: slice.span,
    context: 'assignment',
  });
  if (usesNow(bound)) {
    throw unsupported(`now() in ${A_GENERATED_COLUMN}`, slice.span, clockHint(A_GENERATED_COLUMN));
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
