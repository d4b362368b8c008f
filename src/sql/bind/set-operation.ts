import type { SelectStmt } from '@pgsql/types';
import { commonType } from '../../values/common-type.ts';
import { sameType, typeName } from '../../values/types.ts';
import type { SqlType } from '../../values/types.ts';
import type { Expr, Span } from '../../plan/expr.ts';
import type { PlanColumn, PlanNode, UnionAllNode } from '../../plan/nodes.ts';
import { Abandoned, failure, unsupported } from '../failure.ts';
import { castTo, unmatched } from './coerce.ts';
import { distinct } from './distinct-limit.ts';
import { locationOf } from './expr-binder.ts';
import { columnsOf, project, valuesNode } from './nodes.ts';
import { checkPlanSize, nested } from './query-context.ts';
import type { BoundQuery, QueryContext } from './query-context.ts';

/** A branch of a UNION as it was written, before its columns were cast to the types common to all branches. */
export interface WrittenBranch {
  /** UNKNOWN is the type of an untyped literal. */
  readonly types: readonly SqlType[];
  /** The places of the columns. */
  readonly spans: readonly Span[];
  /** Whether it is a SELECT without parentheses around it. */
  readonly isPlainSelect: boolean;
}

const written = new WeakMap<PlanNode, readonly WrittenBranch[]>();

/** Returns the branches of a UNION as they were written. A plan does not hold them: they do not change its meaning. */
export function branchesOf(node: UnionAllNode): readonly WrittenBranch[] {
  return written.get(node) ?? [];
}

const OPERATIONS: Record<string, string> = { SETOP_INTERSECT: 'INTERSECT', SETOP_EXCEPT: 'EXCEPT' };

/** Binds UNION [ALL] of any number of branches. `bindBranch` binds each, and leaves untyped literals UNKNOWN. */
export function bindSetOperation(
  stmt: SelectStmt,
  context: QueryContext,
  bindBranch: (stmt: SelectStmt, context: QueryContext) => BoundQuery,
): BoundQuery {
  const refused = OPERATIONS[stmt.op ?? ''];
  if (refused !== undefined) {
    const at = firstLocation(stmt.rarg);
    throw unsupported(
      refused,
      context.slice.spanAt(at),
      'use a join, or LEFT JOIN ... WHERE right.key IS NULL',
    );
  }
  const branches = flatten(stmt, stmt.all === true, context);
  const bound = context.reporter.all(branches, (b) =>
    bindBranch(b, nested(context, context.slice.spanAt(firstLocation(b)))),
  );
  const union = unionAll(bound, branches, context);
  checkPlanSize(union, context.slice.span);
  const node = stmt.all === true ? union : distinct(union, context.slice.span);
  return { node, spans: bound[0]!.spans };
}

/** Returns the branches of a UNION, whose tree leans left. A branch with clauses of its own stays a single one. */
function flatten(stmt: SelectStmt, all: boolean, context: QueryContext): SelectStmt[] {
  const right: SelectStmt[] = [];
  let left: SelectStmt | undefined = stmt;
  while (left !== undefined) {
    const mergeable: boolean =
      left === stmt || (left.op === 'SETOP_UNION' && (left.all === true) === all && !hasClauses(left));
    if (!mergeable) break;
    if (left.rarg === undefined || left.larg === undefined) throw new Abandoned();
    if (right.length > MAX_BRANCHES) {
      throw failure(
        '54000',
        `UNION has more than ${MAX_BRANCHES} branches`,
        context.slice.spanAt(0),
        'split it into several views',
      );
    }
    right.push(left.rarg);
    left = left.larg;
  }
  return [left!, ...right.toReversed()];
}
const MAX_BRANCHES = 500;

function hasClauses(s: SelectStmt): boolean {
  return (
    s.withClause !== undefined ||
    s.limitCount !== undefined ||
    s.limitOffset !== undefined ||
    (s.sortClause ?? []).length > 0
  );
}

function isPlainSelect(stmt: SelectStmt, branch: number, { slice }: QueryContext): boolean {
  if (stmt.valuesLists !== undefined || (stmt.op !== undefined && stmt.op !== 'SETOP_NONE')) return false;
  if (hasClauses(stmt)) return false;
  // A bracket before the first branch may be that of a sub-select around the whole UNION.
  if (branch === 0) return true;
  const { start } = slice.spanAt(firstLocation(stmt));
  const before = slice.tokens.filter((t) => t.start < start);
  const select = before.findLastIndex((t) => t.value === 'select');
  return before[select - 1]?.raw !== '(';
}

function firstLocation(stmt: SelectStmt | undefined): number | undefined {
  let s = stmt;
  while (s?.larg !== undefined) s = s.larg;
  const row = s?.valuesLists?.[0];
  const value = row !== undefined && 'List' in row ? row.List.items?.[0] : undefined;
  return locationOf(s?.targetList?.[0]) ?? locationOf(value);
}

function unionAll(
  bound: readonly BoundQuery[],
  branches: readonly SelectStmt[],
  context: QueryContext,
): PlanNode {
  const first = bound[0]!.node;
  bound.forEach(({ node }, i) => {
    if (node.columns.length !== first.columns.length) {
      throw failure(
        '42601',
        `each UNION query must have the same number of columns: ${first.columns.length}, not ${node.columns.length}`,
        context.slice.spanAt(firstLocation(branches[i])),
        'add missing columns as NULL, or leave out extra ones',
      );
    }
  });
  const types = first.columns.map((c, i) => {
    const all = bound.map((b) => b.node.columns[i]!.type);
    const type = commonType(all);
    if (type !== undefined) return type;
    const { first: one, odd } = unmatched(all);
    throw failure(
      '42804',
      `UNION types ${typeName(all[one]!)} and ${typeName(all[odd]!)} of column "${c.name}" cannot be matched`,
      bound[odd]?.spans[i] ?? context.slice.span,
      `cast one of them: ...::${typeName(all[one]!)}`,
    );
  });
  const inputs = bound.map((b) =>
    castColumns(
      b.node,
      types,
      first.columns.map((c) => c.name),
    ),
  );
  const columns = first.columns.map((c, i): PlanColumn => ({
    name: c.name,
    type: types[i]!,
    nullable: inputs.some((n) => n.columns[i]!.nullable),
  }));
  const node: UnionAllNode = { kind: 'union_all', inputs, columns, span: context.slice.span };
  written.set(
    node,
    bound.map(({ node: own, spans }, i) => ({
      types: own.columns.map((c) => c.type),
      spans,
      isPlainSelect: isPlainSelect(branches[i]!, i, context),
    })),
  );
  return node;
}

function castColumns(node: PlanNode, types: readonly SqlType[], names: readonly string[]): PlanNode {
  if (node.columns.every((c, i) => sameType(c.type, types[i]!))) return node;
  const span = node.span;
  const cast = (e: Expr, i: number): Expr =>
    castTo(e, types[i]!, e.span ?? span ?? { file: '', start: 0, end: 0 });
  // Only a select list and VALUES hold untyped literals.
  if (node.kind === 'project') return project(node.input, node.exprs.map(cast), names, span);
  if (node.kind === 'values')
    return valuesNode(
      node.rows.map((row) => row.map(cast)),
      names,
      span,
    );
  return project(node, columnsOf(node).map(cast), names, span);
}
