import { children, mapExpr, someExpr } from '../../plan/expr.ts';
import type { Expr, Span } from '../../plan/expr.ts';
import type {
  FilterNode,
  PlanColumn,
  PlanNode,
  ProjectNode,
  TopNNode,
  ValuesNode,
} from '../../plan/nodes.ts';
import { conjuncts, logic } from './build.ts';
import { isConst } from './coerce.ts';
import { exprDepth } from '../../plan/expr-key.ts';

/** Builders of plan nodes. They leave out projections and filters without effect. */

/** Returns a reference to the output column of a node at `index`. */
export function columnOf(node: PlanNode, index: number): Expr {
  const c = node.columns[index]!;
  return { kind: 'column', index, name: c.name, type: c.type, nullable: c.nullable };
}

/** Returns `one column` or `3 columns`, for messages. */
export function columnCount(columns: readonly unknown[]): string {
  return columns.length === 1 ? 'one column' : `${columns.length} columns`;
}

/** Returns references to all output columns of a node. */
export function columnsOf(node: PlanNode): Expr[] {
  return node.columns.map((_, i) => columnOf(node, i));
}

/** Filters `input`. Over another filter, the two become one conjunction. */
function filter(input: PlanNode, predicate: Expr, span?: Span | undefined): PlanNode {
  if (isConst(predicate) && predicate.value === true) return input;
  if (input.kind === 'filter') {
    const both = logic('and', [input.predicate, predicate], input.predicate.span);
    return { ...input, predicate: both };
  }
  const node: FilterNode = { kind: 'filter', input, predicate, columns: input.columns, span };
  return node;
}

/** Filters `input` by all predicates. Returns `input` itself if there are none, or if all are TRUE. */
export function filterAll(input: PlanNode, predicates: readonly Expr[], span?: Span | undefined): PlanNode {
  return predicates.length === 0 ? input : filter(input, logic('and', predicates, span), span);
}

/** Projects `input`. Merges with a projection below if nothing is then computed twice; an identity adds no node. */
export function project(
  input: PlanNode,
  exprs: readonly Expr[],
  names: readonly string[],
  span?: Span | undefined,
): PlanNode {
  const columns = exprs.map((e, i): PlanColumn => ({ name: names[i]!, type: e.type, nullable: e.nullable }));
  if (exprs.length === input.columns.length && exprs.every((e, i) => e.kind === 'column' && e.index === i)) {
    const renamed = columns.some((c, i) => c.name !== input.columns[i]!.name);
    // The columns of a scan keep the names of the relation.
    if (!renamed) return input;
    if (input.kind !== 'scan') return rename(input, names);
  }
  if (input.kind === 'project' && mergeable(input, exprs)) {
    const merged = exprs.map((e) => substitute(e, input.exprs));
    return project(input.input, merged, names, span ?? input.span);
  }
  const node: ProjectNode = { kind: 'project', input: withoutUnusedRank(input, exprs), exprs, columns, span };
  return node;
}

/** Returns the node with other column names. */
function rename(node: PlanNode, names: readonly string[]): PlanNode {
  const columns = node.columns.map((c, i) => ({ ...c, name: names[i]! }));
  return { ...node, columns };
}

/** Returns `e` with each column replaced by the expression at its position. */
export function substitute(e: Expr, by: readonly Expr[]): Expr {
  return mapExpr(e, (x) => {
    if (x.kind !== 'column') return x;
    const replacement = by[x.index]!;
    return replacement.span === undefined && x.span !== undefined
      ? { ...replacement, span: x.span }
      : replacement;
  });
}

/** Keeps merged expressions shallow enough for recursive walks. */
const MAX_MERGED_DEPTH = 400;

/** Returns whether every computed column of `input` is used at most once, and the result is not nested too deeply. */
function mergeable(input: ProjectNode, exprs: readonly Expr[]): boolean {
  const depth = (all: readonly Expr[]): number => all.reduce((max, e) => Math.max(max, exprDepth(e)), 0);
  if (depth(exprs) + depth(input.exprs) > MAX_MERGED_DEPTH) return false;
  const uses = new Map<number, number>();
  for (const e of exprs) {
    for (const index of columnUses(e)) uses.set(index, (uses.get(index) ?? 0) + 1);
  }
  return [...uses].every(([index, n]) => n < 2 || isCheap(input.exprs[index]!));
}

function isCheap(e: Expr): boolean {
  return e.kind === 'column' || e.kind === 'const' || e.kind === 'now';
}

/** Returns the index of each column reference, with repeats. */
export function columnUses(e: Expr): number[] {
  return e.kind === 'column' ? [e.index] : children(e).flatMap(columnUses);
}

function usesColumn(e: Expr, test: (index: number) => boolean): boolean {
  return someExpr(e, (x) => x.kind === 'column' && test(x.index));
}

export function usesNow(e: Expr): boolean {
  return someExpr(e, (x) => x.kind === 'now');
}

/**
 * Drops the rank column of a top-n if neither the projection above nor a filter between them uses it. Without the
 * column, a row that only moves up or down within its group has not changed.
 */
function withoutUnusedRank(input: PlanNode, exprs: readonly Expr[]): PlanNode {
  const filters: FilterNode[] = [];
  let node: PlanNode = input;
  while (node.kind === 'filter') {
    filters.push(node);
    node = node.input;
  }
  if (node.kind !== 'top_n' || !node.rank || node.limit === Infinity) return input;
  const rank = node.columns.length - 1;
  const used = (e: Expr): boolean => usesColumn(e, (i) => i === rank);
  if (exprs.some(used) || filters.some((f) => used(f.predicate))) return input;
  const bare: TopNNode = { ...node, rank: false, columns: node.columns.slice(0, -1) };
  return filters.reduceRight<PlanNode>((below, f) => filter(below, f.predicate, f.span), bare);
}

/** Splits items into those that pass `test` and the others. */
export function partition<T>(items: readonly T[], test: (item: T) => boolean): [yes: T[], no: T[]] {
  const yes: T[] = [];
  const no: T[] = [];
  for (const item of items) (test(item) ? yes : no).push(item);
  return [yes, no];
}

export function allConjuncts(e: Expr | undefined): readonly Expr[] {
  return e === undefined ? [] : conjuncts(e);
}

/** Returns a node of constant rows: expressions without input. */
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
