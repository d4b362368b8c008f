import type { SelectStmt } from '@pgsql/types';
import type { Expr, Span } from '../../plan/expr.ts';
import type { OrderKey, PlanNode } from '../../plan/nodes.ts';
import { failure, unsupported } from '../failure.ts';
import { AggregateSlots } from './aggregates.ts';
import { bindFromItem, combine } from './bind-from.ts';
import type { FromItem } from './bind-from.ts';
import { settle } from './coerce.ts';
import { distinct, limited, outputSortKeys, topN } from './distinct-limit.ts';
import { ExprBinder, locationOf } from './expr-binder.ts';
import { sameExpr } from './expr-key.ts';
import { aggregate } from './grouping.ts';
import { narrow } from './narrow.ts';
import { allConjuncts, filterAll, project, valuesNode } from './nodes.ts';
import type { BoundQuery, QueryContext } from './query-context.ts';
import { limitRanks } from './rank-limit.ts';
import { rankRows } from './rank-rows.ts';
import { Scope } from './scope.ts';
import { bindGroupItem, bindOutputRef, bindTarget } from './select-items.ts';
import { bindSortKeys } from './sort-keys.ts';
import { WindowSlots } from './windows.ts';

/** One SELECT: FROM, WHERE, GROUP BY, HAVING, windows, DISTINCT, ORDER BY and LIMIT, in that order. */
export function bindSelect(stmt: SelectStmt, context: QueryContext): BoundQuery {
  const { slice, reporter } = context;
  const { node: input, scope } = bindFrom(stmt, context);
  const aggregates = new AggregateSlots();
  const windows = new WindowSlots(stmt.windowClause);
  const binder = new ExprBinder({ slice, scope, clause: 'SELECT', aggregates, windows });

  const items = reporter.all(stmt.targetList ?? [], (t) => bindTarget(t, binder, scope)).flat();
  const groupBy = reporter.all(stmt.groupClause ?? [], (g) => bindGroupItem(g, items, binder));
  const having =
    stmt.havingClause === undefined
      ? undefined
      : binder.within({ clause: 'HAVING', windows: undefined }).condition(stmt.havingClause);
  const isDistinct = (stmt.distinctClause ?? []).length > 0;
  const distinctOn = (stmt.distinctClause ?? []).filter((n) => Object.keys(n).length > 0);
  const plainDistinct = isDistinct && distinctOn.length === 0;
  const sortBinder = binder.within({ clause: 'ORDER BY', windows: undefined });
  const sortKeys = plainDistinct
    ? []
    : bindSortKeys(stmt.sortClause, slice, (n) => bindOutputRef(n, items, sortBinder, 'ORDER BY'));
  const onKeys = distinctOn.map((n) => bindOutputRef(n, items, sortBinder, 'DISTINCT ON'));

  const grouped = aggregate({
    input,
    groupBy,
    aggregates,
    having,
    names: items.map((i) => ({ expr: i.expr, name: i.name })),
    span: slice.spanAt(locationOf(stmt.targetList?.[0])),
    reporter,
  });
  let node = grouped.node;
  const rewrite = grouped.rewrite;
  let exprs = reporter.all(items, (i) => rewrite(i.expr));
  let order = sortKeys.map((k): OrderKey => ({ ...k, expr: rewrite(k.expr) }));
  let on = onKeys.map(rewrite);
  const names = items.map((i) => i.name);
  const spans = items.map((i) => i.span);

  if (windows.rowNumber !== undefined) {
    const { partitionBy, orderBy, span } = windows.rowNumber;
    const ranked = rankRows(
      node,
      { exprs, names },
      {
        partitionBy: partitionBy.map(rewrite),
        orderBy: orderBy.map((k): OrderKey => ({ ...k, expr: rewrite(k.expr) })),
        others: [...order.map((k) => k.expr), ...on],
        span,
      },
    );
    node = ranked.node;
    exprs = exprs.map(ranked.rewrite);
    order = order.map((k): OrderKey => ({ ...k, expr: ranked.rewrite(k.expr) }));
    on = on.map(ranked.rewrite);
  }
  if (plainDistinct) {
    const rows = distinct(selectList(node, exprs.map(settle), names, spans[0]), spans[0] ?? slice.span);
    return { node: limited(rows, outputSortKeys(rows, stmt.sortClause, context), stmt, context), spans };
  }
  if (on.length > 0) {
    if (stmt.limitCount !== undefined) {
      throw unsupported(
        'LIMIT with DISTINCT ON',
        slice.spanAt(locationOf(stmt.limitCount)),
        'put DISTINCT ON in a sub-select',
      );
    }
    return { node: firstOfEach(node, exprs, names, on, order, spans[0] ?? slice.span), spans };
  }
  if (stmt.limitCount === undefined && stmt.limitOffset === undefined) {
    limited(node, order, stmt, context);
    return { node: selectList(node, exprs, names, spans[0]), spans };
  }
  const settled = exprs.map(settle);
  const narrowed = narrow(
    node,
    settled,
    order.map((k) => k.expr),
    names,
  );
  const sorted = limited(
    narrowed.node,
    order.map((k): OrderKey => ({ ...k, expr: narrowed.rewrite(k.expr) })),
    stmt,
    context,
  );
  return { node: selectList(sorted, settled.map(narrowed.rewrite), names, spans[0]), spans };
}

function bindFrom(stmt: SelectStmt, context: QueryContext): { node: PlanNode; scope: Scope } {
  const { slice, reporter } = context;
  const where = (scope: Scope): readonly Expr[] =>
    stmt.whereClause === undefined
      ? []
      : allConjuncts(new ExprBinder({ slice, scope, clause: 'WHERE' }).condition(stmt.whereClause));
  const items: readonly FromItem[] = reporter.all(stmt.fromClause ?? [], (f) => bindFromItem(f, context));
  if (items.length === 0) {
    const node = valuesNode([[]], [], undefined);
    return { node: filterAll(node, where(Scope.empty)), scope: Scope.empty };
  }
  const { node, scope, rest } = combine(items, where);
  const ranked = limitRanks(node, rest);
  return { node: filterAll(ranked.node, ranked.rest, slice.spanAt(locationOf(stmt.whereClause))), scope };
}

/** The final projection; of a SELECT without FROM, a row of values. */
function selectList(
  node: PlanNode,
  exprs: readonly Expr[],
  names: readonly string[],
  span: Span | undefined,
): PlanNode {
  if (node.kind === 'values' && node.columns.length === 0 && node.rows.length === 1) {
    return valuesNode([exprs], names, span);
  }
  return project(node, exprs, names, span);
}

/** DISTINCT ON: the first row of each group in ORDER BY's order. */
function firstOfEach(
  input: PlanNode,
  exprs: readonly Expr[],
  names: readonly string[],
  on: readonly Expr[],
  order: readonly OrderKey[],
  span: Span,
): PlanNode {
  order.slice(0, on.length).forEach((k) => {
    if (!on.some((e) => sameExpr(e, k.expr))) {
      throw failure('42P10', 'ORDER BY must begin with the expressions of DISTINCT ON', k.expr.span ?? span);
    }
  });
  const settled = exprs.map(settle);
  const narrowed = narrow(input, settled, [...on, ...order.map((k) => k.expr)], names);
  const first = topN(narrowed.node, {
    partitionBy: on.map(narrowed.rewrite),
    orderBy: order
      .filter((k) => !on.some((e) => sameExpr(e, k.expr)))
      .map((k): OrderKey => ({ ...k, expr: narrowed.rewrite(k.expr) })),
    limit: 1,
    span,
  });
  return project(first, settled.map(narrowed.rewrite), names, span);
}
