import { mapExpr, someExpr } from '../../plan/expr.ts';
import type { Expr, Span } from '../../plan/expr.ts';
import type { OrderKey, PlanNode } from '../../plan/nodes.ts';
import { BIGINT } from '../../values/types.ts';
import { topN } from './distinct-limit.ts';
import { narrow } from './narrow.ts';
import { columnOf, partition } from './nodes.ts';
import { RANK_INDEX } from './windows.ts';

/**
 * Numbers the rows of each partition. `rewrite` turns an expression over the input, in which RANK_INDEX stands for the
 * row number, into one over the numbered rows.
 */
export function rankRows(
  input: PlanNode,
  items: { readonly exprs: readonly Expr[]; readonly names: readonly string[] },
  window: {
    readonly partitionBy: readonly Expr[];
    readonly orderBy: readonly OrderKey[];
    readonly others: readonly Expr[];
    readonly span: Span;
  },
): { node: PlanNode; rewrite: (e: Expr) => Expr } {
  const isRank = (e: Expr): boolean => e.kind === 'column' && e.index === RANK_INDEX;
  const named = items.exprs.map((expr, i) => ({ expr, name: items.names[i]! }));
  const [ranked, plain] = partition(named, ({ expr }) => someExpr(expr, isRank));
  const [rankedOthers, others] = partition(window.others, (e) => someExpr(e, isRank));
  const columnsBeside = [...ranked.map((r) => r.expr), ...rankedOthers].flatMap(inputColumns);
  const extra = [...columnsBeside, ...window.partitionBy, ...window.orderBy.map((k) => k.expr), ...others];
  const narrowed = narrow(
    input,
    plain.map((p) => p.expr),
    extra,
    plain.map((p) => p.name),
  );
  const bare = topN(narrowed.node, {
    partitionBy: window.partitionBy.map(narrowed.rewrite),
    orderBy: window.orderBy.map((k): OrderKey => ({ ...k, expr: narrowed.rewrite(k.expr) })),
    limit: Infinity,
    span: window.span,
  });
  const rank = { name: 'row_number', type: BIGINT, nullable: false };
  const node: PlanNode = { ...bare, rank: true, columns: [...bare.columns, rank] };
  const rankColumn = columnOf(node, node.columns.length - 1);
  return {
    node,
    rewrite: (e) =>
      someExpr(e, isRank)
        ? mapExpr(e, (x) =>
            isRank(x) ? { ...rankColumn, span: x.span } : x.kind === 'column' ? narrowed.rewrite(x) : x,
          )
        : narrowed.rewrite(e),
  };
}

function inputColumns(e: Expr): Expr[] {
  const found: Expr[] = [];
  someExpr(e, (x) => {
    if (x.kind === 'column' && x.index >= 0) found.push(x);
    return false;
  });
  return found;
}
