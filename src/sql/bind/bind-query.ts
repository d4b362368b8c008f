import type { Node, SelectStmt, WithClause } from '@pgsql/types';
import { commonType } from '../../values/common-type.ts';
import { sameType, typeName } from '../../values/types.ts';
import type { SqlType } from '../../values/types.ts';
import type { Expr, Span } from '../../plan/expr.ts';
import type { PlanColumn, PlanNode, UnionAllNode, ValuesNode } from '../../plan/nodes.ts';
import { Abandoned, failure, unsupported } from '../failure.ts';
import { bindSelect } from './bind-select.ts';
import { castTo, settle } from './coerce.ts';
import { distinct, limited, outputSortKeys } from './distinct-limit.ts';
import { ExprBinder, locationOf } from './expr-binder.ts';
import { columnsOf, project } from './nodes.ts';
import { checkPlanSize, nested } from './query-context.ts';
import type { BoundQuery, QueryContext } from './query-context.ts';
import { Scope } from './scope.ts';

/** Binds a query with its CTEs, set operations, ORDER BY and LIMIT. Output columns have types, never UNKNOWN. */
export function bindQuery(stmt: SelectStmt, context: QueryContext): BoundQuery {
  const { node, spans } = bindUnsettled(stmt, context);
  return { node: settleColumns(node), spans };
}

/** As bindQuery, but untyped literals of the select list keep their type for a UNION to decide. */
function bindUnsettled(stmt: SelectStmt, outer: QueryContext): BoundQuery {
  const context = stmt.withClause === undefined ? outer : withCtes(stmt.withClause, outer);
  if ((stmt.lockingClause ?? []).length > 0) throw unsupported('FOR UPDATE', context.slice.span);
  if (stmt.intoClause !== undefined) throw unsupported('SELECT INTO', context.slice.span);
  if (stmt.op !== undefined && stmt.op !== 'SETOP_NONE') return setOperation(stmt, context);
  if (stmt.valuesLists === undefined) return bindSelect(stmt, context);
  return ordered(values(stmt.valuesLists, context), stmt, context);
}

function withCtes(clause: WithClause, outer: QueryContext): QueryContext {
  const ctes = new Map(outer.ctes);
  const context = { ...outer, ctes };
  if (clause.recursive === true) {
    throw unsupported('WITH RECURSIVE', outer.slice.spanAt(clause.location), 'leave RECURSIVE out if no CTE reads itself');
  }
  const own = new Set<string>();
  for (const item of clause.ctes ?? []) {
    if (!('CommonTableExpr' in item)) continue;
    const { ctename = '', ctequery, aliascolnames, location } = item.CommonTableExpr;
    const span = outer.slice.spanAt(location);
    if (own.has(ctename)) throw failure('42712', `WITH query name "${ctename}" specified more than once`, span);
    own.add(ctename);
    if (ctequery === undefined || !('SelectStmt' in ctequery)) throw unsupported('a CTE that changes data', span);
    const { node } = bindQuery(ctequery.SelectStmt, nested(context, span));
    const names = (aliascolnames ?? []).map((n) => ('String' in n ? (n.String.sval ?? '') : ''));
    if (names.length > node.columns.length) {
      throw failure('42P10', `"${ctename}" has ${node.columns.length} columns, but ${names.length} names`, span);
    }
    ctes.set(ctename, names.length === 0 ? node : project(node, columnsOf(node), node.columns.map((c, i) => names[i] ?? c.name), span));
  }
  return context;
}

const OPERATIONS: Record<string, string> = { SETOP_INTERSECT: 'INTERSECT', SETOP_EXCEPT: 'EXCEPT' };

function setOperation(stmt: SelectStmt, context: QueryContext): BoundQuery {
  const refused = OPERATIONS[stmt.op ?? ''];
  if (refused !== undefined) {
    const at = firstLocation(stmt.rarg);
    throw unsupported(refused, context.slice.spanAt(at), 'use a join, or LEFT JOIN ... WHERE right.key IS NULL');
  }
  const branches = flatten(stmt, stmt.all === true, context);
  const bound = context.reporter.all(branches, (b) => bindUnsettled(b, nested(context, context.slice.spanAt(firstLocation(b)))));
  const union = unionAll(bound, branches, context);
  checkPlanSize(union, context.slice.span);
  const node = stmt.all === true ? union : distinct(union, context.slice.span);
  return ordered({ node, spans: bound[0]!.spans }, stmt, context);
}

/** `a UNION ALL b UNION ALL c` leans left; a branch with clauses of its own stays one. */
function flatten(stmt: SelectStmt, all: boolean, context: QueryContext): SelectStmt[] {
  const right: SelectStmt[] = [];
  let left: SelectStmt | undefined = stmt;
  while (left !== undefined) {
    const mergeable: boolean = left === stmt || (left.op === 'SETOP_UNION' && (left.all === true) === all && !hasClauses(left));
    if (!mergeable) break;
    if (left.rarg === undefined || left.larg === undefined) throw new Abandoned();
    if (right.length > MAX_BRANCHES) {
      throw failure('54000', `UNION has more than ${MAX_BRANCHES} branches`, context.slice.span, 'split it into several views');
    }
    right.push(left.rarg);
    left = left.larg;
  }
  return [left!, ...right.toReversed()];
}
const MAX_BRANCHES = 500;

function hasClauses(s: SelectStmt): boolean {
  return (
    s.withClause !== undefined || s.limitCount !== undefined || s.limitOffset !== undefined || (s.sortClause ?? []).length > 0
  );
}

function firstLocation(stmt: SelectStmt | undefined): number | undefined {
  let s = stmt;
  while (s?.larg !== undefined) s = s.larg;
  const values = s?.valuesLists?.[0];
  const value = values !== undefined && 'List' in values ? values.List.items?.[0] : undefined;
  return locationOf(s?.targetList?.[0]) ?? locationOf(value);
}

function unionAll(bound: readonly BoundQuery[], branches: readonly SelectStmt[], context: QueryContext): PlanNode {
  const first = bound[0]!.node;
  bound.forEach(({ node }, i) => {
    if (node.columns.length !== first.columns.length) {
      throw failure(
        '42601',
        `each UNION query must have the same number of columns: ${first.columns.length}, not ${node.columns.length}`,
        context.slice.spanAt(firstLocation(branches[i])),
      );
    }
  });
  const types = first.columns.map((c, i) => {
    const all = bound.map((b) => b.node.columns[i]!.type);
    const type = commonType(all);
    if (type !== undefined) return type;
    const odd = all.findIndex((t) => commonType([c.type, t]) === undefined);
    throw failure(
      '42804',
      `UNION types ${typeName(c.type)} and ${typeName(all[odd]!)} of column "${c.name}" cannot be matched`,
      bound[odd]?.spans[i] ?? context.slice.span,
      'cast one of them',
    );
  });
  const inputs = bound.map((b) => castColumns(b.node, types, first.columns.map((c) => c.name)));
  const columns = first.columns.map((c, i): PlanColumn => ({
    name: c.name,
    type: types[i]!,
    nullable: inputs.some((n) => n.columns[i]!.nullable),
  }));
  const node: UnionAllNode = { kind: 'union_all', inputs, columns, span: context.slice.span };
  return node;
}

function castColumns(node: PlanNode, types: readonly SqlType[], names: readonly string[]): PlanNode {
  if (node.columns.every((c, i) => sameType(c.type, types[i]!))) return node;
  const span = node.span;
  const cast = (e: Expr, i: number): Expr => castTo(e, types[i]!, e.span ?? span ?? { file: '', start: 0, end: 0 });
  // Untyped literals stand in a select list or in VALUES, nowhere else.
  if (node.kind === 'project') return project(node.input, node.exprs.map(cast), names, span);
  if (node.kind === 'values') return valuesNode(node.rows.map((row) => row.map(cast)), names, span);
  return project(node, columnsOf(node).map(cast), names, span);
}

function settleColumns(node: PlanNode): PlanNode {
  if (node.columns.every((c) => c.type.kind !== 'unknown')) return node;
  const names = node.columns.map((c) => c.name);
  if (node.kind === 'project') return project(node.input, node.exprs.map(settle), names, node.span);
  if (node.kind === 'values') return valuesNode(node.rows.map((row) => row.map(settle)), names, node.span);
  return node;
}

function values(lists: readonly Node[], context: QueryContext): BoundQuery {
  const binder = new ExprBinder({ slice: context.slice, scope: Scope.empty, clause: 'VALUES' });
  const rows = lists.map((l) => binder.bindAll('List' in l ? l.List.items : []));
  const width = rows[0]!.length;
  const spans = rows[0]!.map((e) => e.span ?? context.slice.span);
  const odd = rows.find((r) => r.length !== width);
  if (odd !== undefined) {
    throw failure('42601', 'the rows of VALUES must all have the same length', odd[0]?.span ?? context.slice.span);
  }
  const types = spans.map((span, i) => {
    const all = rows.map((r) => r[i]!.type);
    if (all.every((t) => t.kind === 'unknown')) return all[0]!;
    const type = commonType(all);
    if (type === undefined) throw failure('42804', `VALUES column ${i + 1} has values of types that cannot be matched`, span);
    return type;
  });
  const cast = rows.map((r) => r.map((e, i) => castTo(e, types[i]!, spans[i]!)));
  return { node: valuesNode(cast, spans.map((_, i) => `column${i + 1}`), spans[0]), spans };
}

/** Rows of expressions over nothing. */
export function valuesNode(
  rows: readonly (readonly Expr[])[],
  names: readonly string[],
  span: Span | undefined,
): ValuesNode {
  const columns = names.map((name, i): PlanColumn => ({
    name,
    type: rows[0]![i]!.type,
    nullable: rows.some((r) => r[i]!.nullable),
  }));
  return { kind: 'values', rows, columns, span };
}

/** ORDER BY and LIMIT over a whole query's output columns. */
function ordered(query: BoundQuery, stmt: SelectStmt, context: QueryContext): BoundQuery {
  const hasLimit = stmt.limitCount !== undefined || stmt.limitOffset !== undefined;
  if (!hasLimit && (stmt.sortClause ?? []).length === 0) return query;
  const node = settleColumns(query.node);
  const keys = outputSortKeys(node, stmt.sortClause, context);
  return { node: limited(node, keys, stmt, context), spans: query.spans };
}
