import type { Node, ResTarget } from '@pgsql/types';
import { someExpr } from '../../plan/expr.ts';
import type { Expr, Span } from '../../plan/expr.ts';
import { Abandoned, failure, unsupported } from '../failure.ts';
import { settle } from './coerce.ts';
import { atPosition } from './distinct-limit.ts';
import { locationOf } from './expr-binder.ts';
import type { ExprBinder } from './expr-binder.ts';
import { sameExpr } from '../../plan/expr-key.ts';
import { outputName } from './output-name.ts';
import { columnExpr, withoutSchema } from './scope.ts';
import type { Scope } from './scope.ts';
import { integerConst } from './type-name.ts';

/** A select item while its SELECT is bound. Its expression is over the columns of FROM. */
export interface Item {
  readonly name: string;
  readonly expr: Expr;
  readonly span: Span;
}

/** Binds a select item, or the columns that a star stands for. */
export function bindTarget(node: Node, binder: ExprBinder, scope: Scope): Item[] {
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
  const qualifier = fields.slice(0, -1).map((f) => ('String' in f ? (f.String.sval ?? '') : ''));
  const [alias] = withoutSchema(qualifier, 1, span);
  const relation = alias === undefined ? undefined : scope.relation(alias, span);
  if (relation === undefined ? scope.isIncomplete : relation.unknown) throw new Abandoned();
  const columns = relation?.columns ?? scope.visible;
  if (columns.length === 0) throw failure('42601', 'SELECT * needs a FROM', span, 'add FROM relation');
  return columns.map((c) => ({ name: c.name, expr: columnExpr(c, span), span }));
}

const GROUPINGS: Readonly<Record<string, string>> = {
  GROUPING_SET_ROLLUP: 'ROLLUP',
  GROUPING_SET_CUBE: 'CUBE',
  GROUPING_SET_EMPTY: 'GROUP BY ()',
};

/** Binds an item of GROUP BY, read as a position, an input column, an output alias or an expression, in this order. */
export function bindGroupItem(node: Node, items: readonly Item[], binder: ExprBinder): Expr {
  const span = binder.span(locationOf(node));
  if ('GroupingSet' in node) {
    const what = GROUPINGS[node.GroupingSet.kind ?? ''] ?? 'GROUPING SETS';
    const hint =
      what === 'GROUP BY ()'
        ? 'leave it out: without GROUP BY, aggregates cover all rows'
        : 'write one view per grouping, or UNION ALL them';
    throw unsupported(what, span, hint);
  }
  const inner = binder.within({ aggregates: undefined, windows: undefined, clause: 'GROUP BY' });
  let expr = atPosition(
    node,
    items.map((i) => i.expr),
    'GROUP BY',
    span,
  );
  if (expr === undefined) {
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

/** Binds an item of ORDER BY or DISTINCT ON, read as a position, an output name or an expression, in this order. */
export function bindOutputRef(node: Node, items: readonly Item[], binder: ExprBinder, clause: string): Expr {
  const span = binder.span(locationOf(node));
  const selected = atPosition(
    node,
    items.map((i) => i.expr),
    clause,
    span,
  );
  const name = plainName(node);
  const item = selected ?? (name === undefined ? undefined : aliasOf(name, items, span));
  return item === undefined ? binder.bind(node) : { ...item, span };
}

/** Returns whether an item can be bound although select items failed: it is no position, and names none of them. */
export function isWithout(failed: ReadonlySet<string>, node: Node): boolean {
  const name = plainName(node);
  return integerConst(node) === undefined && (name === undefined || !failed.has(name));
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
    throw failure(
      '42702',
      `"${name}" is ambiguous: several select items have that name`,
      span,
      'give one of them another alias',
    );
  }
  return first?.expr;
}
