import type { Node, SelectStmt } from '@pgsql/types';
import type { Expr, Span } from '../../plan/expr.ts';
import type { OrderKey, PlanNode } from '../../plan/nodes.ts';
import { Abandoned, failure, unsupported } from '../failure.ts';
import { AggregateSlots } from './aggregates.ts';
import { bindConditions } from './bind-conditions.ts';
import { combine, lookAtFromItem } from './bind-from.ts';
import { isConst, settle } from './coerce.ts';
import { distinct, limited, topN } from './distinct-limit.ts';
import { ExprBinder, locationOf } from './expr-binder.ts';
import { sameExpr } from '../../plan/expr-key.ts';
import { aggregate } from './grouping.ts';
import { filterBelow } from './joins.ts';
import { narrow } from './narrow.ts';
import { columnOf, filterAll, project, valuesNode } from './nodes.ts';
import { outputName } from './output-name.ts';
import type { BoundQuery, QueryContext } from './query-context.ts';
import { rankRows } from './rank-rows.ts';
import { Scope } from './scope.ts';
import { bindGroupItem, bindOutputRef, bindTarget, isWithout } from './select-items.ts';
import type { Item } from './select-items.ts';
import { bindSortKeys } from './sort-keys.ts';
import { WindowSlots } from './windows.ts';

/** Binds one SELECT: FROM, WHERE, GROUP BY, HAVING, windows, DISTINCT, ORDER BY and LIMIT, in that order. */
export function bindSelect(stmt: SelectStmt, context: QueryContext): BoundQuery {
  const { slice, reporter } = context;
  const before = reporter.errors;
  const { node: input, scope } = bindFrom(stmt, context);
  const clauses = bindClauses(stmt, scope, context);
  if (input === undefined || clauses === undefined || reporter.errors > before) throw new Abandoned();
  const { items, windows } = clauses;
  const names = items.map((i) => i.name);
  const spans = items.map((i) => i.span);

  const grouped = aggregate({
    input,
    groupBy: clauses.groupBy,
    aggregates: clauses.aggregates,
    having: clauses.having,
    names: items.map((i) => ({ expr: i.expr, name: i.name })),
    span: slice.spanAt(locationOf(stmt.targetList?.[0])),
    reporter,
  });
  let node = grouped.node;
  const rewrite = grouped.rewrite;
  let exprs = reporter.all(items, (i) => rewrite(i.expr));
  let order = rewriteKeys(clauses.sortKeys, rewrite);
  let on = clauses.distinctOn.map(rewrite);

  if (windows.rowNumber !== undefined) {
    const { partitionBy, orderBy, span } = windows.rowNumber;
    const ranked = rankRows(
      node,
      { exprs, names },
      {
        partitionBy: partitionBy.map(rewrite),
        orderBy: rewriteKeys(orderBy, rewrite),
        others: [...order.map((k) => k.expr), ...on],
        span,
      },
    );
    node = ranked.node;
    exprs = exprs.map(ranked.rewrite);
    order = rewriteKeys(order, ranked.rewrite);
    on = on.map(ranked.rewrite);
  }
  const list: SelectList = { exprs, names, span: spans[0] };
  return { node: finish(stmt, node, list, { order, on, isDistinct: clauses.isDistinct }, context), spans };
}

/** The bound clauses of a SELECT, over the columns of FROM, before grouping. */
interface Clauses {
  readonly items: readonly Item[];
  readonly groupBy: readonly Expr[];
  readonly having: Expr | undefined;
  readonly sortKeys: readonly OrderKey[];
  readonly isDistinct: boolean;
  readonly distinctOn: readonly Expr[];
  readonly aggregates: AggregateSlots;
  readonly windows: WindowSlots;
}

/**
 * Binds select list, GROUP BY, HAVING and ORDER BY. An error in one clause does not hide errors in the others, except
 * in references to a select item that failed. Returns undefined if an item, GROUP BY or ORDER BY failed.
 */
function bindClauses(stmt: SelectStmt, scope: Scope, context: QueryContext): Clauses | undefined {
  const { slice, reporter } = context;
  const aggregates = new AggregateSlots();
  const windows = new WindowSlots(stmt.windowClause);
  const aliases = aliasesOf(stmt);
  const binder = new ExprBinder({ slice, scope, clause: 'SELECT', aggregates, windows, aliases });

  if ((stmt.targetList ?? []).length === 0) {
    reporter.report(
      failure('42601', 'the select list is empty', slice.spanAt(0), 'name a column, or write *').diagnostic,
    );
  }
  const targets = (stmt.targetList ?? []).map((t) => ({
    name: 'ResTarget' in t ? t.ResTarget.name : undefined,
    items: reporter.attempt(() => bindTarget(t, binder, scope)),
  }));
  const items = targets.flatMap((t) => t.items ?? []);
  const odd = targets.filter((t) => t.items === undefined);
  const failed = new Set(odd.flatMap((t) => t.name ?? []));
  const known = (n: Node): boolean => odd.length === 0 || isWithout(failed, n);
  const having = reporter.attempt(() =>
    stmt.havingClause === undefined
      ? undefined
      : binder.within({ clause: 'HAVING', windows: undefined }).condition(stmt.havingClause),
  );
  const groupBy = reporter.attempt(() =>
    reporter.all(groupItems(stmt.groupClause).filter(known), (g) => bindGroupItem(g, items, binder)),
  );
  const distinctOn = (stmt.distinctClause ?? []).filter((n) => Object.keys(n).length > 0);
  const sorts = (stmt.sortClause ?? []).filter((n) => !('SortBy' in n) || known(n.SortBy.node ?? n));
  const sortBinder = binder.within({ clause: 'ORDER BY', windows: undefined });
  const sortKeys = reporter.attempt(() =>
    bindSortKeys(sorts, slice, (n) => bindOutputRef(n, items, sortBinder, 'ORDER BY')),
  );
  const onKeys = reporter.attempt(() =>
    distinctOn.filter(known).map((n) => settle(bindOutputRef(n, items, sortBinder, 'DISTINCT ON'))),
  );
  if (odd.length > 0 || groupBy === undefined || sortKeys === undefined || onKeys === undefined)
    return undefined;
  const isDistinct = (stmt.distinctClause ?? []).length > 0 && distinctOn.length === 0;
  if (isDistinct) checkSelected(sortKeys, items, slice.span);
  return { items, groupBy, having, sortKeys, isDistinct, distinctOn: onKeys, aggregates, windows };
}

/** Returns the items of GROUP BY; `GROUP BY (a, b)` has two. */
function groupItems(clause: readonly Node[] | undefined): readonly Node[] {
  return (clause ?? []).flatMap((n) =>
    'RowExpr' in n && n.RowExpr.row_format === 'COERCE_IMPLICIT_CAST' ? (n.RowExpr.args ?? []) : [n],
  );
}

/** Throws if ORDER BY uses what is not selected: after DISTINCT only the select list is left to order by. */
function checkSelected(sortKeys: readonly OrderKey[], items: readonly Item[], span: Span): void {
  const odd = sortKeys.find((k) => !isConst(k.expr) && !items.some((i) => sameExpr(i.expr, k.expr)));
  if (odd === undefined) return;
  throw failure(
    '42P10',
    'with DISTINCT, ORDER BY must use expressions of the select list',
    odd.expr.span ?? span,
    'select it too, or order in a query around this one',
  );
}

/** Returns the names that the select list gives, without those of `x AS x`, where the name means the column. */
function aliasesOf(stmt: SelectStmt): ReadonlySet<string> {
  const names = (stmt.targetList ?? []).map((t) => {
    if (!('ResTarget' in t)) return undefined;
    const { name, val } = t.ResTarget;
    return val !== undefined && 'ColumnRef' in val && outputName(val) === name ? undefined : name;
  });
  return new Set(names.filter((n) => n !== undefined));
}

function rewriteKeys(keys: readonly OrderKey[], rewrite: (e: Expr) => Expr): OrderKey[] {
  return keys.map((k): OrderKey => ({ ...k, expr: rewrite(k.expr) }));
}

interface SelectList {
  readonly exprs: readonly Expr[];
  readonly names: readonly string[];
  readonly span: Span | undefined;
}

/** Applies DISTINCT, ORDER BY and LIMIT, and the final projection. */
function finish(
  stmt: SelectStmt,
  input: PlanNode,
  list: SelectList,
  clauses: {
    readonly order: readonly OrderKey[];
    readonly on: readonly Expr[];
    readonly isDistinct: boolean;
  },
  context: QueryContext,
): PlanNode {
  const { order, on } = clauses;
  const settled: SelectList = { ...list, exprs: list.exprs.map(settle) };
  const span = list.span ?? context.slice.span;
  if (clauses.isDistinct) {
    const rows = distinct(selectList(input, settled), span);
    const output = (e: Expr): Expr => {
      const i = settled.exprs.findIndex((x) => sameExpr(x, e));
      return i === -1 ? e : columnOf(rows, i);
    };
    return limited(rows, rewriteKeys(order, output), stmt, context);
  }
  if (on.length > 0) {
    const limit = stmt.limitCount ?? stmt.limitOffset;
    if (limit !== undefined) {
      throw unsupported(
        'LIMIT or OFFSET with DISTINCT ON',
        context.slice.spanAt(locationOf(limit)),
        'put DISTINCT ON in a sub-select',
      );
    }
    const once = on.filter((e, i) => on.findIndex((other) => sameExpr(other, e)) === i);
    return firstOfEach(input, settled, once, order, span);
  }
  if (stmt.limitCount === undefined && stmt.limitOffset === undefined) {
    // Called only to warn of an ORDER BY without effect. Untyped literals stay, for a UNION to give them a type.
    limited(input, order, stmt, context);
    return selectList(input, list);
  }
  const { node, rewrite } = narrow(
    input,
    settled.exprs,
    order.map((k) => k.expr),
    list.names,
  );
  const sorted = limited(node, rewriteKeys(order, rewrite), stmt, context);
  return selectList(sorted, { ...settled, exprs: settled.exprs.map(rewrite) });
}

/** Turns `a CROSS JOIN b` into `a, b`, which WHERE may join by an equality. */
function crossJoined(item: Node): readonly Node[] {
  if (!('JoinExpr' in item)) return [item];
  const { jointype, isNatural, larg, rarg, quals, usingClause, alias } = item.JoinExpr;
  const isCross =
    jointype === 'JOIN_INNER' && isNatural !== true && quals === undefined && alias === undefined;
  return isCross && usingClause === undefined ? [larg!, rarg!].flatMap(crossJoined) : [item];
}

/** Binds FROM and WHERE. The node is undefined if an item of FROM failed. */
function bindFrom(stmt: SelectStmt, context: QueryContext): { node: PlanNode | undefined; scope: Scope } {
  const { slice, reporter } = context;
  const items = (stmt.fromClause ?? []).flatMap(crossJoined).map((f) => lookAtFromItem(f, context));
  const where = (scope: Scope): readonly Expr[] => {
    if (items.length > 1 && !scope.isIncomplete) return bindWhere(stmt, scope, context);
    // FROM does not depend on this WHERE, so the other clauses can be checked even if it fails.
    return reporter.attempt(() => bindWhere(stmt, scope, context)) ?? [];
  };
  if (items.length === 0) {
    const node = valuesNode([[]], [], undefined);
    return { node: filterAll(node, where(Scope.empty)), scope: Scope.empty };
  }
  const { node, scope, rest } = combine(items, where);
  if (node === undefined) return { node, scope };
  return { node: filterBelow(node, rest, slice.spanAt(locationOf(stmt.whereClause))), scope };
}

function bindWhere(stmt: SelectStmt, scope: Scope, context: QueryContext): readonly Expr[] {
  const { whereClause } = stmt;
  if (whereClause === undefined) return [];
  const { slice, reporter } = context;
  const binder = new ExprBinder({ slice, scope, clause: 'WHERE', aliases: aliasesOf(stmt) });
  return bindConditions(whereClause, binder, reporter);
}

/** Returns the final projection; for a SELECT without FROM, one row of values. */
function selectList(node: PlanNode, { exprs, names, span }: SelectList): PlanNode {
  if (node.kind === 'values' && node.columns.length === 0 && node.rows.length === 1) {
    return valuesNode([exprs], names, span);
  }
  return project(node, exprs, names, span);
}

/** Binds DISTINCT ON: the first row of each group in the order of ORDER BY. */
function firstOfEach(
  input: PlanNode,
  { exprs, names }: SelectList,
  on: readonly Expr[],
  order: readonly OrderKey[],
  span: Span,
): PlanNode {
  order.slice(0, on.length).forEach((k) => {
    if (!on.some((e) => sameExpr(e, k.expr))) {
      throw failure(
        '42P10',
        'ORDER BY must begin with the expressions of DISTINCT ON',
        k.expr.span ?? span,
        `sort by ${on.length === 1 ? 'that first' : 'those first'}, then by what decides which row of a group is kept`,
      );
    }
  });
  const narrowed = narrow(input, exprs, [...on, ...order.map((k) => k.expr)], names);
  const first = topN(narrowed.node, {
    partitionBy: on.map(narrowed.rewrite),
    orderBy: rewriteKeys(
      order.filter((k) => !on.some((e) => sameExpr(e, k.expr))),
      narrowed.rewrite,
    ),
    limit: 1,
    span,
  });
  return project(first, exprs.map(narrowed.rewrite), names, span);
}
