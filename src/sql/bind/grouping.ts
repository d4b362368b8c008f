import { children, withChildren } from '../../plan/expr.ts';
import type { Expr, Span } from '../../plan/expr.ts';
import type { AggregateNode, PlanColumn, PlanNode } from '../../plan/nodes.ts';
import { failure } from '../failure.ts';
import type { Reporter } from '../failure.ts';
import type { AggregateSlots } from './aggregates.ts';
import { exprKey } from '../../plan/expr-key.ts';
import { filterAll, allConjuncts } from './nodes.ts';
import { RANK_INDEX } from './windows.ts';

/**
 * Puts an aggregate over `input` if the SELECT has GROUP BY, HAVING or aggregate calls. `rewrite` turns an expression
 * over the input, in which aggregate calls are negative columns, into one over the result. It throws SqlFailure for a
 * column that is neither grouped nor aggregated.
 */
export function aggregate(select: {
  readonly input: PlanNode;
  readonly groupBy: readonly Expr[];
  readonly aggregates: AggregateSlots;
  readonly having: Expr | undefined;
  /** The select items, for the names of columns. */
  readonly names: readonly { readonly expr: Expr; readonly name: string }[];
  readonly span: Span;
  readonly reporter: Reporter;
}): { node: PlanNode; rewrite: (e: Expr) => Expr } {
  const { input, aggregates, having, names, span } = select;
  const { calls } = aggregates;
  if (select.groupBy.length === 0 && calls.length === 0 && having === undefined) {
    return { node: input, rewrite: (e) => e };
  }
  const positions = new Map<string, number>();
  const groupBy: Expr[] = [];
  for (const e of select.groupBy) {
    const key = exprKey(e);
    if (!positions.has(key)) positions.set(key, groupBy.push(e) - 1);
  }
  const named = (e: Expr, otherwise: string): string => {
    const key = exprKey(e);
    return (
      names.find((n) => exprKey(n.expr) === key)?.name ??
      (e.kind === 'column' && e.index >= 0 ? e.name : otherwise)
    );
  };
  const columns: PlanColumn[] = [
    ...groupBy.map((e, i) => ({ name: named(e, `group${i + 1}`), type: e.type, nullable: e.nullable })),
    ...calls.map((c, i) => {
      const slot: Expr = { kind: 'column', index: -1 - i, name: c.name, type: c.type, nullable: c.nullable };
      return { name: named(slot, `${c.name}${i + 1}`), type: c.type, nullable: c.nullable };
    }),
  ];
  const node: AggregateNode = {
    kind: 'aggregate',
    input,
    groupBy,
    calls,
    global: groupBy.length === 0,
    columns,
    span,
  };
  const column = (index: number, at: Span | undefined): Expr => {
    const c = columns[index]!;
    return { kind: 'column', index, name: c.name, type: c.type, nullable: c.nullable, span: at };
  };
  const rewrite = (e: Expr): Expr => {
    const group = positions.get(exprKey(e));
    if (group !== undefined) return column(group, e.span);
    if (e.kind === 'column') {
      if (e.index === RANK_INDEX) return e;
      if (e.index < 0) return column(groupBy.length - 1 - e.index, e.span);
      throw failure(
        '42803',
        `column "${e.name}" must appear in GROUP BY or be used in an aggregate`,
        e.span ?? span,
        groupBy.length === 0
          ? `add GROUP BY ${e.name}, or aggregate it: MAX(${e.name})`
          : `add "${e.name}" to GROUP BY, or aggregate it: MAX(${e.name})`,
      );
    }
    const before = children(e);
    const after = before.map(rewrite);
    return after.every((c, i) => c === before[i]) ? e : withChildren(e, after);
  };
  const conditions = having === undefined ? [] : allConjuncts(rewrite(having));
  return { node: filterAll(node, conditions, having?.span), rewrite };
}
