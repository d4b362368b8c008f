import type { JoinExpr, Node, RangeFunction, RangeSubselect, RangeVar } from '@pgsql/types';
import type { Expr, Span } from '../../plan/expr.ts';
import type { PlanColumn, PlanNode, ScanNode } from '../../plan/nodes.ts';
import { commonType } from '../../values/common-type.ts';
import { sameType, typeName } from '../../values/types.ts';
import { didYouMean } from '../did-you-mean.ts';
import { Abandoned, failure, unsupported } from '../failure.ts';
import { bindConditions } from './bind-conditions.ts';
import { REFUSED } from './bind-function.ts';
import { compare, conjuncts } from './build.ts';
import { comparisonType } from './coerce.ts';
import { ExprBinder, locationOf } from './expr-binder.ts';
import { isEquiJoin, isWithRow, join } from './joins.ts';
import { columnCount, columnUses, filterAll, partition } from './nodes.ts';
import { FAILED_CTE, checkPlanSize, nested } from './query-context.ts';
import type { QueryContext } from './query-context.ts';
import { NO_ALIAS, Scope } from './scope.ts';
import type { ScopeColumn } from './scope.ts';
import { timeWindowHint } from './time-windows.ts';

/** One item of FROM: its plan, and the names of its columns. */
export interface FromItem {
  /** Undefined if the item failed. The names in `scope` then serve to check the rest of the query. */
  readonly node: PlanNode | undefined;
  readonly scope: Scope;
  readonly span: Span;
}

/** Binds an item of FROM. A failure is reported, and gives an item without a plan whose columns may be unknown. */
export function lookAtFromItem(node: Node, context: QueryContext): FromItem {
  const item = context.reporter.attempt(() => bindFromItem(node, context));
  if (item !== undefined) return item;
  const span = context.slice.spanAt(locationOf(node));
  return { node: undefined, scope: Scope.inPart(relationsIn(node, context)), span };
}

/** Returns the relations that a failed item of FROM would bring, each with those of its columns that are known. */
function relationsIn(
  node: Node | undefined,
  context: QueryContext,
): { readonly alias: string; readonly columns: readonly PlanColumn[] }[] {
  if (node === undefined) return [];
  if ('JoinExpr' in node) {
    return [...relationsIn(node.JoinExpr.larg, context), ...relationsIn(node.JoinExpr.rarg, context)];
  }
  if ('RangeVar' in node) {
    const { relname = NO_ALIAS, alias } = node.RangeVar;
    const isKnown = !context.ctes.has(relname) && alias?.colnames === undefined;
    return [{ alias: alias?.aliasname ?? relname, columns: isKnown ? context.catalog.knownOf(relname) : [] }];
  }
  if ('RangeSubselect' in node)
    return [{ alias: node.RangeSubselect.alias?.aliasname ?? NO_ALIAS, columns: [] }];
  const alias = 'RangeFunction' in node ? node.RangeFunction.alias?.aliasname : undefined;
  return [{ alias: alias ?? NO_ALIAS, columns: [] }];
}

function bindFromItem(node: Node, context: QueryContext): FromItem {
  if ('RangeVar' in node) return noted(node, relation(node.RangeVar, context), context);
  if ('JoinExpr' in node) return joined(node.JoinExpr, context);
  if ('RangeSubselect' in node) return noted(node, subselect(node.RangeSubselect, context), context);
  const span = context.slice.spanAt(locationOf(node));
  if ('RangeFunction' in node) throw rangeFunction(node.RangeFunction, context);
  if ('RangeTableSample' in node)
    throw unsupported('TABLESAMPLE', span, 'take a share of the keys: WHERE key % 100 < 10');
  throw unsupported('this item of FROM', span);
}

function relation(ref: RangeVar, context: QueryContext): FromItem {
  const span = context.slice.spanAt(ref.location);
  const name = ref.relname ?? '';
  if (ref.catalogname !== undefined)
    throw unsupported(
      `database "${ref.catalogname}"`,
      span,
      'leave its name out: a pipeline is one database',
    );
  const qualified = ref.schemaname !== undefined;
  if (qualified && ref.schemaname !== 'public') {
    throw unsupported(`schema "${ref.schemaname}"`, span, 'a pipeline has one schema, public');
  }
  const cte = qualified ? undefined : context.ctes.get(name);
  if (cte === FAILED_CTE) throw new Abandoned();
  const node = cte ?? scan(name, span, context);
  return { node, span, ...aliased(node, ref.alias?.aliasname ?? name, names(ref.alias?.colnames), span) };
}

/** Binds a table or a sub-select, and notes its alias and columns. */
function noted(node: Node, item: FromItem, context: QueryContext): FromItem {
  const [named] = item.scope.relations;
  if (named !== undefined && item.node !== undefined)
    context.slice.notes.relations.set(node, { ...named, plan: item.node });
  return item;
}

function scan(name: string, span: Span, context: QueryContext): PlanNode {
  const found = context.catalog.lookup(name, span);
  if (found.kind === 'view') return found.plan!;
  const node: ScanNode = { kind: 'scan', relation: { kind: found.kind, name }, columns: found.columns, span };
  return node;
}

function names(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).map((n) => ('String' in n ? (n.String.sval ?? '') : ''));
}

/** Applies column aliases from the left; further columns keep their names. */
function aliased(
  node: PlanNode,
  alias: string,
  columnNames: readonly string[],
  span: Span,
): { scope: Scope } {
  if (columnNames.length > node.columns.length) {
    throw failure(
      '42P10',
      `"${alias}" has ${columnCount(node.columns)}, but ${columnNames.length} names`,
      span,
      'give at most one name to each column',
    );
  }
  const columns = node.columns.map((c, i): PlanColumn => ({ ...c, name: columnNames[i] ?? c.name }));
  return { scope: Scope.of(alias, columns) };
}

const LATERAL =
  'join on its key: GROUP BY k in it, or for the first n rows ROW_NUMBER() OVER (PARTITION BY k ...) <= n';

function subselect(ref: RangeSubselect, context: QueryContext): FromItem {
  const query = ref.subquery;
  if (query === undefined || !('SelectStmt' in query))
    throw unsupported('this sub-select', context.slice.span);
  const first = locationOf(query.SelectStmt.targetList?.[0]) ?? locationOf(query.SelectStmt.fromClause?.[0]);
  const span = context.slice.spanAt(first);
  if (ref.lateral === true) throw unsupported('LATERAL', span, LATERAL);
  const { node } = context.bindQuery(query.SelectStmt, nested(context, span));
  return { node, span, ...aliased(node, ref.alias?.aliasname ?? NO_ALIAS, names(ref.alias?.colnames), span) };
}

function rangeFunction(ref: RangeFunction, context: QueryContext): Error {
  const list = ref.functions?.[0];
  const call = list !== undefined && 'List' in list ? list.List.items?.[0] : undefined;
  const span = context.slice.spanAt(locationOf(call));
  const parts = call !== undefined && 'FuncCall' in call ? names(call.FuncCall.funcname) : [];
  const name = parts[parts.length - 1] ?? 'a function';
  if ((name === 'tumble' || name === 'hop') && call !== undefined && 'FuncCall' in call) {
    const hint = timeWindowHint(name, call.FuncCall, context.slice);
    return unsupported(`${name.toUpperCase()}() in FROM`, span, hint);
  }
  return unsupported(`${name}() in FROM`, span, REFUSED.get(name) ?? 'FROM takes relations and sub-selects');
}

function joined(ref: JoinExpr, context: QueryContext): FromItem {
  const left = lookAtFromItem(ref.larg!, context);
  const right = lookAtFromItem(ref.rarg!, context);
  const at = locationOf(ref.quals);
  const span = at === undefined ? right.span : context.slice.spanAt(at);
  if (ref.isNatural === true)
    throw unsupported('NATURAL JOIN', right.span, 'name the columns: JOIN ... USING (column)');
  if (ref.alias !== undefined) throw unsupported('an alias for a join', span, 'use a sub-select');
  if (ref.jointype === 'JOIN_FULL')
    throw unsupported(
      'FULL JOIN',
      right.span,
      'use LEFT JOIN from the side that has all keys, or UNION ALL and GROUP BY',
    );
  if (left.node === undefined || right.node === undefined) return joinedInPart(ref, left, right, context);
  const swapped = ref.jointype === 'JOIN_RIGHT';
  const kind = swapped || ref.jointype === 'JOIN_LEFT' ? 'left' : 'inner';
  // The side whose rows are all kept comes first in the plan. Names stay in the order of the SQL.
  const [outer, inner] = swapped ? [right.node, left.node] : [left.node, right.node];
  const [outerScope, plainScope] = swapped ? [right.scope, left.scope] : [left.scope, right.scope];
  const width = outer.columns.length;
  const innerScope = plainScope.moved(width, kind === 'left');
  const [leftScope, rightScope] = swapped ? [innerScope, outerScope] : [outerScope, innerScope];
  const scope = leftScope.join(rightScope, right.span);
  let conditions: readonly Expr[];
  let result = scope;
  const using = names(ref.usingClause);
  const twice = using.find((name, i) => using.indexOf(name) !== i);
  if (twice !== undefined) throw failure('42701', `column "${twice}" appears twice in USING`, right.span);
  if (using.length > 0) {
    const kept = ref.jointype === 'JOIN_INNER' ? 'either' : swapped ? 'right' : 'left';
    const merged = using.map((name) => usingColumn(name, leftScope, rightScope, kept, right.span));
    conditions = merged.flatMap((m) => conjuncts(m.condition));
    const used = new Set(using);
    const rest = (s: Scope): ScopeColumn[] => s.visible.filter((c) => !used.has(c.name));
    result = new Scope(scope.relations, [
      ...merged.map((m) => m.column),
      ...rest(leftScope),
      ...rest(rightScope),
    ]);
  } else if (ref.quals === undefined) {
    conditions = [];
  } else {
    // The condition sees the columns before the join makes them nullable.
    const plain = swapped
      ? plainScope.moved(width).join(outerScope, right.span)
      : outerScope.join(plainScope.moved(width), right.span);
    const binder = new ExprBinder({ slice: context.slice, scope: plain, clause: 'a join condition' });
    conditions = bindConditions(ref.quals, binder, context.reporter);
  }
  const node = join(kind, outer, inner, conditions, span);
  checkPlanSize(node, span);
  return { node, scope: result, span: left.span };
}

/** Checks the condition of a join with a failed side, as far as its names are known. Returns an item without a plan. */
function joinedInPart(ref: JoinExpr, left: FromItem, right: FromItem, context: QueryContext): FromItem {
  const width = left.node?.columns.length ?? 0;
  const scope = left.scope.join(right.scope.moved(width), right.span);
  const { quals } = ref;
  if (quals !== undefined) {
    const binder = new ExprBinder({ slice: context.slice, scope, clause: 'a join condition' });
    context.reporter.attempt(() => bindConditions(quals, binder, context.reporter));
  }
  return { node: undefined, scope, span: left.span };
}

/** Returns a column of USING as in PostgreSQL: from the side whose rows are all kept, in the type common to both. */
function usingColumn(
  name: string,
  left: Scope,
  right: Scope,
  kept: 'left' | 'right' | 'either',
  span: Span,
): { column: ScopeColumn; condition: Expr } {
  const find = (scope: Scope, side: string): ScopeColumn => {
    const found = scope.find(name, span);
    if (found !== undefined) return found;
    throw failure(
      '42703',
      `column "${name}" of USING does not exist on the ${side} side`,
      span,
      didYouMean(
        name,
        scope.visible.map((c) => c.name),
        `if the names differ, write ON a.${name} = b.other`,
      ),
    );
  };
  const l = find(left, 'left');
  const r = find(right, 'right');
  if (comparisonType(l.type, r.type) === undefined) {
    throw failure(
      '42804',
      `column "${name}" of USING is ${typeName(l.type)} on the left and ${typeName(r.type)} on the right`,
      span,
      `cast one of them: ON a.${name}::${typeName(r.type)} = b.${name}`,
    );
  }
  const condition = compare('=', left.column(name, span), right.column(name, span), span);
  const type = commonType([l.type, r.type]) ?? l.type;
  const one = kept === 'right' || (kept === 'either' && !sameType(l.type, type)) ? r : l;
  const column = sameType(one.type, type) ? one : { ...one, type, castFrom: one.castFrom ?? one.type };
  return { column, condition };
}

/**
 * Binds `FROM a, b, ... WHERE ...`: joins each item to those before it by the equalities of WHERE between them.
 * Returns the plan, undefined if an item failed, and in `rest` the conditions that no join uses.
 */
export function combine(
  items: readonly FromItem[],
  where: (scope: Scope) => readonly Expr[],
): { node: PlanNode | undefined; scope: Scope; rest: readonly Expr[] } {
  const first = items[0]!;
  let scope = first.scope;
  let width = first.node?.columns.length ?? 0;
  const starts = [0];
  for (const item of items.slice(1)) {
    starts.push(width);
    scope = scope.join(item.scope.moved(width), item.span);
    width += item.node?.columns.length ?? 0;
  }
  let rest = where(scope);
  let { node } = first;
  for (const [i, item] of items.slice(1).entries()) {
    if (node === undefined || item.node === undefined) return { node: undefined, scope, rest };
    const start = starts[i + 1]!;
    const end = start + item.node.columns.length;
    const [ready, later] = partition(rest, (c) => {
      const uses = columnUses(c);
      return uses.some((u) => u >= start) && uses.every((u) => u < end) && uses.some((u) => u < start);
    });
    const [keys, others] = partition(ready, (c) => isEquiJoin(c, start));
    if (keys.length === 0 && !isWithRow('inner', node, item.node)) {
      throw unsupported(
        'a join without an equality',
        item.span,
        'join on an equality with an earlier item of FROM: a.x = b.y',
      );
    }
    node = filterAll(join('inner', node, item.node, keys, item.span), others);
    checkPlanSize(node, item.span);
    rest = later;
  }
  return { node, scope, rest };
}
