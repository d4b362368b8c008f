import type { Node, ResTarget, SelectStmt } from '@pgsql/types';
import { mapExpr, someExpr } from '../../plan/expr.ts';
import type { Expr, Span } from '../../plan/expr.ts';
import type { OrderKey, PlanNode } from '../../plan/nodes.ts';
import { failure, unsupported } from '../failure.ts';
import { AggregateSlots } from './aggregates.ts';
import { bindFromItem, combine } from './bind-from.ts';
import type { FromItem } from './bind-from.ts';
import { valuesNode } from './bind-query.ts';
import { settle } from './coerce.ts';
import { distinct, limited, ordinal, outputSortKeys, topN } from './distinct-limit.ts';
import { ExprBinder, locationOf } from './expr-binder.ts';
import { sameExpr } from './expr-key.ts';
import { aggregate } from './grouping.ts';
import { narrow } from './narrow.ts';
import { allConjuncts, columnOf, filterAll, project } from './nodes.ts';
import { outputName } from './output-name.ts';
import type { BoundQuery, QueryContext } from './query-context.ts';
import { limitRanks } from './rank-limit.ts';
import { Scope } from './scope.ts';
import { bindSortKeys } from './sort-keys.ts';
import { integerConst } from './type-name.ts';
import { RANK_INDEX, WindowSlots } from './windows.ts';

/** A select item while its SELECT is bound: over FROM's columns first, over later stages' after. */
interface Item {
  readonly name: string;
  readonly expr: Expr;
  readonly span: Span;
}

/** One SELECT: FROM, WHERE, GROUP BY, HAVING, windows, DISTINCT, ORDER BY and LIMIT, in that order. */
export function bindSelect(stmt: SelectStmt, context: QueryContext): BoundQuery {
  const { slice, reporter } = context;
  const { node: input, scope } = bindFrom(stmt, context);
  const aggregates = new AggregateSlots();
  const windows = new WindowSlots(stmt.windowClause);
  const binder = new ExprBinder({ slice, scope, clause: 'SELECT', aggregates, windows });

  const items = reporter.all(stmt.targetList ?? [], (t) => bindTarget(t, binder, scope)).flat();
  const groupBy = reporter.all(stmt.groupClause ?? [], (g) => bindGroupItem(g, items, binder));
  const having = stmt.havingClause === undefined ? undefined
    : binder.within({ clause: 'HAVING', windows: undefined }).condition(stmt.havingClause);
  const isDistinct = (stmt.distinctClause ?? []).length > 0;
  const distinctOn = (stmt.distinctClause ?? []).filter((n) => Object.keys(n).length > 0);
  const plainDistinct = isDistinct && distinctOn.length === 0;
  const sortBinder = binder.within({ clause: 'ORDER BY', windows: undefined });
  const sortKeys = plainDistinct ? []
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
    const ranked = rankRows(node, exprs, {
      partitionBy: partitionBy.map(rewrite),
      orderBy: orderBy.map((k): OrderKey => ({ ...k, expr: rewrite(k.expr) })),
      others: [...order.map((k) => k.expr), ...on],
      span,
    });
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
      throw unsupported('LIMIT with DISTINCT ON', slice.spanAt(locationOf(stmt.limitCount)), 'put DISTINCT ON in a sub-select');
    }
    return { node: firstOfEach(node, exprs, names, on, order, spans[0] ?? slice.span), spans };
  }
  if (stmt.limitCount === undefined && stmt.limitOffset === undefined) {
    limited(node, order, stmt, context);
    return { node: selectList(node, exprs, names, spans[0]), spans };
  }
  const settled = exprs.map(settle);
  const narrowed = narrow(node, settled, order.map((k) => k.expr), names);
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

/** A select item, or the columns a star stands for. */
function bindTarget(node: Node, binder: ExprBinder, scope: Scope): Item[] {
  const target: ResTarget = 'ResTarget' in node ? node.ResTarget : {};
  const span = binder.span(target.location);
  const val = target.val;
  if (val !== undefined && 'ColumnRef' in val) {
    const fields = val.ColumnRef.fields ?? [];
    const last = fields[fields.length - 1];
    if (last !== undefined && 'A_Star' in last) return star(fields, scope, span);
  }
  if (val === undefined) throw failure('42601', 'a select item is missing', span);
  const expr = binder.bind(val);
  return [{ name: target.name ?? outputName(val), expr, span: expr.span ?? span }];
}

function star(fields: readonly Node[], scope: Scope, span: Span): Item[] {
  const qualifier = fields[fields.length - 2];
  const alias = qualifier !== undefined && 'String' in qualifier ? qualifier.String.sval : undefined;
  const columns = alias === undefined ? scope.visible : scope.relation(alias, span).columns;
  if (columns.length === 0) throw failure('42601', 'SELECT * needs a FROM', span);
  return columns.map((c) => ({
    name: c.name,
    expr: { kind: 'column', index: c.index, name: c.name, type: c.type, nullable: c.nullable, span },
    span,
  }));
}

/** GROUP BY: a position, an input column, else an output alias, else an expression. */
function bindGroupItem(node: Node, items: readonly Item[], binder: ExprBinder): Expr {
  const span = binder.span(locationOf(node));
  if ('GroupingSet' in node) {
    throw unsupported('GROUPING SETS, ROLLUP and CUBE', span, 'write one view per grouping, or UNION ALL them');
  }
  const inner = binder.within({ aggregates: undefined, windows: undefined, clause: 'GROUP BY' });
  const position = integerConst(node);
  let expr: Expr;
  if (position !== undefined) {
    expr = ordinal(position, items.map((i) => i.expr), 'GROUP BY', span);
  } else {
    const name = plainName(node);
    const isInput = name === undefined || inner.context.scope.find(name, span) !== undefined;
    const alias = isInput ? undefined : aliasOf(name, items, span);
    expr = alias ?? inner.bind(node);
  }
  if (someExpr(expr, (e) => e.kind === 'column' && e.index < 0)) {
    throw failure('42803', 'aggregates and window functions are not allowed in GROUP BY', span);
  }
  return settle(expr);
}

/** ORDER BY and DISTINCT ON: a position, an output name, else an expression over the input. */
function bindOutputRef(node: Node, items: readonly Item[], binder: ExprBinder, clause: string): Expr {
  const span = binder.span(locationOf(node));
  const position = integerConst(node);
  if (position !== undefined) return ordinal(position, items.map((i) => i.expr), clause, span);
  const name = plainName(node);
  return (name === undefined ? undefined : aliasOf(name, items, span)) ?? binder.bind(node);
}

function plainName(node: Node): string | undefined {
  if (!('ColumnRef' in node)) return undefined;
  const [field, ...more] = node.ColumnRef.fields ?? [];
  return more.length === 0 && field !== undefined && 'String' in field ? field.String.sval : undefined;
}

function aliasOf(name: string, items: readonly Item[], span: Span): Expr | undefined {
  const matches = items.filter((i) => i.name === name);
  const [first, ...others] = matches;
  if (first !== undefined && others.some((i) => !sameExpr(i.expr, first.expr))) {
    throw failure('42702', `"${name}" is ambiguous: several select items have that name`, span);
  }
  return first?.expr;
}

/** The final projection; of a SELECT without FROM, a row of values. */
function selectList(node: PlanNode, exprs: readonly Expr[], names: readonly string[], span: Span | undefined): PlanNode {
  if (node.kind === 'values' && node.columns.length === 0 && node.rows.length === 1) {
    return valuesNode([exprs], names, span);
  }
  return project(node, exprs, names, span);
}

/** Numbers the rows of each partition; gives the way from expressions with RANK_INDEX to the ranked rows. */
function rankRows(
  input: PlanNode,
  exprs: readonly Expr[],
  window: {
    readonly partitionBy: readonly Expr[];
    readonly orderBy: readonly OrderKey[];
    readonly others: readonly Expr[];
    readonly span: Span;
  },
): { node: PlanNode; rewrite: (e: Expr) => Expr } {
  const isRank = (e: Expr): boolean => e.kind === 'column' && e.index === RANK_INDEX;
  const plain = exprs.filter((e) => !someExpr(e, isRank));
  const columnsBeside = exprs.filter((e) => someExpr(e, isRank)).flatMap(inputColumns);
  const extra = [...columnsBeside, ...window.partitionBy, ...window.orderBy.map((k) => k.expr), ...window.others];
  const narrowed = narrow(input, plain, extra, plain.map((_, i) => `c${i + 1}`));
  const bare = topN(narrowed.node, {
    partitionBy: window.partitionBy.map(narrowed.rewrite),
    orderBy: window.orderBy.map((k): OrderKey => ({ ...k, expr: narrowed.rewrite(k.expr) })),
    limit: Infinity,
    span: window.span,
  });
  const rank = { name: 'row_number', type: { kind: 'bigint' } as const, nullable: false };
  const node: PlanNode = { ...bare, rank: true, columns: [...bare.columns, rank] };
  const rankColumn = columnOf(node, node.columns.length - 1);
  return {
    node,
    rewrite: (e) =>
      someExpr(e, isRank)
        ? mapExpr(e, (x) => (isRank(x) ? { ...rankColumn, span: x.span } : x.kind === 'column' ? narrowed.rewrite(x) : x))
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
