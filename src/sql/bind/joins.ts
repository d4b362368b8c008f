import { mapExpr } from '../../plan/expr.ts';
import type { Expr, Span } from '../../plan/expr.ts';
import type { JoinNode, PlanNode } from '../../plan/nodes.ts';
import { unsupported } from '../failure.ts';
import { conjuncts, logic } from './build.ts';
import { columnsOf, columnUses, filterAll, partition, project, substitute, usesNow } from './nodes.ts';
import { limitRanks } from './rank-limit.ts';

const EQUALITY_HINT = 'join on an equality between columns of both sides: ON a.x = b.y';

/** Returns the side that a condition takes its columns from. Its columns are those of the left, then of the right. */
function sideOf(e: Expr, leftWidth: number): 'left' | 'right' | 'both' | 'none' {
  const uses = columnUses(e);
  if (uses.length === 0) return 'none';
  const left = uses.some((i) => i < leftWidth);
  const right = uses.some((i) => i >= leftWidth);
  return left && right ? 'both' : left ? 'left' : 'right';
}

function shift(e: Expr, by: number): Expr {
  return mapExpr(e, (x) => (x.kind === 'column' ? { ...x, index: x.index + by } : x));
}

/** Returns the two keys of `left = right`, each over its own side; undefined if the condition is no such equality. */
function equiKeys(e: Expr, leftWidth: number): [left: Expr, right: Expr] | undefined {
  if (e.kind !== 'compare' || e.op !== '=' || usesNow(e)) return undefined;
  const a = sideOf(e.left, leftWidth);
  const b = sideOf(e.right, leftWidth);
  if (a === 'left' && b === 'right') return [e.left, shift(e.right, -leftWidth)];
  if (a === 'right' && b === 'left') return [e.right, shift(e.left, -leftWidth)];
  return undefined;
}

/** Returns whether a condition is an equality between the left and the right side of a join. */
export function isEquiJoin(e: Expr, leftWidth: number): boolean {
  return equiKeys(e, leftWidth) !== undefined;
}

/**
 * Joins on `conditions`, which are over the columns of the left, then of the right side. Equalities become keys. A
 * condition on the right side alone filters below the join, so that the join keeps fewer rows. In an inner join,
 * conditions that use now() filter above it; a join itself never depends on the clock. Throws SqlFailure if there is no
 * equality, unless one side is always a single row without input.
 */
export function join(
  kind: 'inner' | 'left',
  left: PlanNode,
  right: PlanNode,
  conditions: readonly Expr[],
  span: Span,
): PlanNode {
  const beside = joinWithRow(kind, left, right, conditions, span);
  if (beside !== undefined) return beside;
  const width = left.columns.length;
  const keys = conditions.map((c) => equiKeys(c, width));
  if (keys.every((k) => k === undefined)) {
    const what = conditions.length === 0 ? 'CROSS JOIN' : 'a join without an equality';
    throw unsupported(what, span, EQUALITY_HINT);
  }
  const others = conditions.filter((_, i) => keys[i] === undefined);
  const [below, other] = partition(
    others,
    (c) => sideOf(c, width) === 'right' && (kind === 'left' || !usesNow(c)),
  );
  const [timed, residual] = partition(other, usesNow);
  if (kind === 'left' && timed.length > 0) {
    throw unsupported(
      'now() in a left join condition that is not on the right side alone',
      timed[0]!.span ?? span,
      'join on a column that is NULL otherwise: (SELECT *, CASE WHEN ts < now() THEN k END AS k2 FROM l) l',
    );
  }
  const rightInput = filterBelow(
    right,
    below.map((c) => shift(c, -width)),
  );
  const pairs = keys.filter((k) => k !== undefined);
  const columns = [
    ...left.columns,
    ...right.columns.map((c) => (kind === 'left' ? { ...c, nullable: true } : c)),
  ];
  const node: JoinNode = {
    kind: 'join',
    join: kind,
    left,
    right: rightInput,
    leftKeys: pairs.map(([l]) => l),
    rightKeys: pairs.map(([, r]) => r),
    residual: residual.length === 0 ? undefined : logic('and', residual, span),
    columns,
    span,
  };
  return filterAll(node, timed);
}

/** Returns the expressions of a node that is always one row without input, such as `SELECT CURRENT_DATE AS today`. */
function rowOf(node: PlanNode): readonly Expr[] | undefined {
  if (node.kind === 'values') return node.rows.length === 1 ? node.rows[0] : undefined;
  if (node.kind !== 'project') return undefined;
  const below = rowOf(node.input);
  return below === undefined ? undefined : node.exprs.map((e) => substitute(e, below));
}

/** Returns whether a join needs no keys, because one side is always a single row without input. */
export function isWithRow(kind: 'inner' | 'left', left: PlanNode, right: PlanNode): boolean {
  return rowOf(right) !== undefined || (kind === 'inner' && rowOf(left) !== undefined);
}

/**
 * Returns a join with a single row without input, such as the parameters of a query (`WITH p AS (SELECT CURRENT_DATE AS
 * today)`), as a projection of the other side. The row's expressions then follow the clock in each row. Undefined if
 * neither side is such a row.
 */
function joinWithRow(
  kind: 'inner' | 'left',
  left: PlanNode,
  right: PlanNode,
  conditions: readonly Expr[],
  span: Span,
): PlanNode | undefined {
  if (!isWithRow(kind, left, right)) return undefined;
  const added = rowOf(right);
  const input = added === undefined ? right : left;
  const all = added === undefined ? [...rowOf(left)!, ...columnsOf(right)] : [...columnsOf(left), ...added];
  const names = [...left.columns, ...right.columns].map((c) => c.name);
  const over = conditions.map((c) => substitute(c, all));
  if (kind === 'inner') return project(filterBelow(input, over, span), all, names, span);
  const met = logic('and', over, span);
  const exprs = all.map((e, i) => (i < left.columns.length || over.length === 0 ? e : orNull(met, e)));
  return project(input, exprs, names, span);
}

/** Returns `e` where `condition` holds, and NULL elsewhere. */
function orNull(condition: Expr, e: Expr): Expr {
  const nothing: Expr = { kind: 'const', type: e.type, nullable: true, value: null };
  return {
    kind: 'case',
    type: e.type,
    nullable: true,
    arms: [{ when: condition, then: e }],
    otherwise: nothing,
  };
}

/**
 * Filters `node` by `conditions`. A condition on a row number becomes its limit. The others go as far below joins as
 * they mean the same: a row that is dropped before a join takes no memory in it.
 */
export function filterBelow(node: PlanNode, conditions: readonly Expr[], span?: Span | undefined): PlanNode {
  const ranked = limitRanks(node, conditions);
  return pushDown(ranked.node, ranked.rest, span);
}

function pushDown(node: PlanNode, conditions: readonly Expr[], span: Span | undefined): PlanNode {
  if (node.kind === 'filter' && node.input.kind === 'join') {
    return filterAll(pushDown(node.input, conditions, span), conjuncts(node.predicate), node.span);
  }
  if (node.kind !== 'join') return filterAll(node, conditions, span);
  const width = node.left.columns.length;
  const of = (side: 'left' | 'right'): Expr[] =>
    conditions.filter((c) => sideOf(c, width) === side && !usesNow(c));
  const left = of('left');
  const right = node.join === 'inner' ? of('right') : [];
  const above = conditions.filter((c) => !left.includes(c) && !right.includes(c));
  const joined: JoinNode = {
    ...node,
    left: pushDown(node.left, left, span),
    right: pushDown(
      node.right,
      right.map((c) => shift(c, -width)),
      span,
    ),
  };
  return filterAll(joined, above, span);
}
