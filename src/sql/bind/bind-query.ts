import type { CommonTableExpr, Node, SelectStmt, WithClause } from '@pgsql/types';
import { commonType } from '../../values/common-type.ts';
import { typeName } from '../../values/types.ts';
import { Abandoned, failure, unsupported } from '../failure.ts';
import { bindSelect } from './bind-select.ts';
import { castTo, settle, unmatched } from './coerce.ts';
import { limited, outputSortKeys } from './distinct-limit.ts';
import { ExprBinder } from './expr-binder.ts';
import { columnCount, columnsOf, project, valuesNode } from './nodes.ts';
import type { PlanNode } from '../../plan/nodes.ts';
import { bindSetOperation } from './set-operation.ts';
import { FAILED_CTE, nested } from './query-context.ts';
import type { BoundQuery, QueryContext } from './query-context.ts';
import { Scope } from './scope.ts';

/** Binds a query with its CTEs, set operations, ORDER BY and LIMIT. No output column has type UNKNOWN. */
export function bindQuery(stmt: SelectStmt, context: QueryContext): BoundQuery {
  const { node, spans } = bindUnsettled(stmt, context);
  const settled = settleColumns(node);
  context.slice.notes.queries.set(stmt, settled.columns);
  return { node: settled, spans };
}

/** Like {@link bindQuery}, but untyped literals of the select list stay UNKNOWN, for a UNION to give them a type. */
function bindUnsettled(stmt: SelectStmt, outer: QueryContext): BoundQuery {
  const context = stmt.withClause === undefined ? outer : withCtes(stmt.withClause, outer);
  const bound = bindBody(stmt, context);
  // A CTE that nothing reads must be right, too.
  if (context !== outer && [...context.ctes.values()].includes(FAILED_CTE)) throw new Abandoned();
  context.slice.notes.queries.set(stmt, bound.node.columns);
  return bound;
}

function bindBody(stmt: SelectStmt, context: QueryContext): BoundQuery {
  if ((stmt.lockingClause ?? []).length > 0)
    throw unsupported('FOR UPDATE', context.slice.span, 'leave it out: a view locks no rows');
  if (stmt.intoClause !== undefined)
    throw unsupported('SELECT INTO', context.slice.span, 'use CREATE MATERIALIZED VIEW');
  if (stmt.op !== undefined && stmt.op !== 'SETOP_NONE') {
    return ordered(bindSetOperation(stmt, context, bindUnsettled), stmt, context);
  }
  if (stmt.valuesLists === undefined) return bindSelect(stmt, context);
  return ordered(bindValues(stmt.valuesLists, context), stmt, context);
}

function withCtes(clause: WithClause, outer: QueryContext): QueryContext {
  const ctes = new Map(outer.ctes);
  const context = { ...outer, ctes };
  if (clause.recursive === true) {
    throw unsupported(
      'WITH RECURSIVE',
      outer.slice.spanAt(clause.location),
      'leave RECURSIVE out if no CTE reads itself',
    );
  }
  const own = new Set<string>();
  for (const item of clause.ctes ?? []) {
    if (!('CommonTableExpr' in item)) continue;
    const cte = item.CommonTableExpr;
    const { ctename = '' } = cte;
    const plan = outer.reporter.attempt(() => {
      if (own.has(ctename)) {
        const span = outer.slice.spanAt(cte.location);
        throw failure('42712', `WITH query name "${ctename}" specified more than once`, span);
      }
      return bindCte(cte, context);
    });
    own.add(ctename);
    ctes.set(ctename, plan ?? FAILED_CTE);
  }
  return context;
}

function bindCte(cte: CommonTableExpr, context: QueryContext): PlanNode {
  const { ctename = '', ctequery, aliascolnames, location } = cte;
  const span = context.slice.spanAt(location);
  if (ctequery === undefined || !('SelectStmt' in ctequery)) {
    throw unsupported('a CTE that changes data', span, 'write a SELECT: rows come only from sources');
  }
  const { node } = bindQuery(ctequery.SelectStmt, nested(context, span));
  const names = (aliascolnames ?? []).map((n) => ('String' in n ? (n.String.sval ?? '') : ''));
  if (names.length > node.columns.length) {
    throw failure(
      '42P10',
      `"${ctename}" has ${columnCount(node.columns)}, but ${names.length} names`,
      span,
      'give at most one name to each column',
    );
  }
  if (names.length === 0) return node;
  const all = node.columns.map((c, i) => names[i] ?? c.name);
  return project(node, columnsOf(node), all, span);
}

function settleColumns(node: PlanNode): PlanNode {
  if (node.columns.every((c) => c.type.kind !== 'unknown')) return node;
  const names = node.columns.map((c) => c.name);
  if (node.kind === 'project') return project(node.input, node.exprs.map(settle), names, node.span);
  if (node.kind === 'values')
    return valuesNode(
      node.rows.map((row) => row.map(settle)),
      names,
      node.span,
    );
  return node;
}

function bindValues(lists: readonly Node[], context: QueryContext): BoundQuery {
  const binder = new ExprBinder({ slice: context.slice, scope: Scope.empty, clause: 'VALUES' });
  const rows = lists.map((l) => binder.bindAll('List' in l ? l.List.items : []));
  const width = rows[0]!.length;
  const spans = rows[0]!.map((e) => e.span ?? context.slice.span);
  const uneven = rows.find((r) => r.length !== width);
  if (uneven !== undefined) {
    throw failure(
      '42601',
      'the rows of VALUES must all have the same length',
      uneven[0]?.span ?? context.slice.span,
      'write NULL for a missing value',
    );
  }
  const types = spans.map((span, i) => {
    const all = rows.map((r) => r[i]!.type);
    if (all.every((t) => t.kind === 'unknown')) return all[0]!;
    const type = commonType(all);
    if (type !== undefined) return type;
    const { first, odd } = unmatched(all);
    throw failure(
      '42804',
      `VALUES types ${typeName(all[first]!)} and ${typeName(all[odd]!)} of column ${i + 1} cannot be matched`,
      rows[odd]![i]!.span ?? span,
      `cast one of them: ...::${typeName(all[first]!)}`,
    );
  });
  const cast = rows.map((r) => r.map((e, i) => castTo(e, types[i]!, spans[i]!)));
  return {
    node: valuesNode(
      cast,
      spans.map((_, i) => `column${i + 1}`),
      spans[0],
    ),
    spans,
  };
}

/** Applies ORDER BY and LIMIT over the output columns of a whole query. */
function ordered(query: BoundQuery, stmt: SelectStmt, context: QueryContext): BoundQuery {
  const hasLimit = stmt.limitCount !== undefined || stmt.limitOffset !== undefined;
  if (!hasLimit && (stmt.sortClause ?? []).length === 0) return query;
  const node = settleColumns(query.node);
  const keys = outputSortKeys(node, stmt.sortClause, context);
  return { node: limited(node, keys, stmt, context), spans: query.spans };
}
