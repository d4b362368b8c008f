import type { A_Expr, Node } from '@pgsql/types';
import type { Datum } from '../../values/datum.ts';
import { BOOLEAN, arrayOf } from '../../values/types.ts';
import type { CompareOp, Expr, Span } from '../../plan/expr.ts';
import { failure, unsupported } from '../failure.ts';
import { call, comparable, compare, distinctFrom, logic, not } from './build.ts';
import { castTo, comparesAsItIs, comparisonType, constant, isConst, settle, unify } from './coerce.ts';
import { datumKey } from '../../plan/expr-key.ts';
import type { ExprBinder } from './expr-binder.ts';

const COMPARISONS: ReadonlyMap<string, CompareOp> = new Map([
  ['=', '='],
  ['<>', '<>'],
  ['!=', '<>'],
  ['<', '<'],
  ['<=', '<='],
  ['>', '>'],
  ['>=', '>='],
]);

/** Binds operators, and what PostgreSQL's grammar turns into one: IN, BETWEEN, LIKE, NULLIF, IS DISTINCT FROM. */
export function bindOperator(node: A_Expr, binder: ExprBinder): Expr {
  const span = binder.span(node.location);
  const name = operatorName(node.name);
  switch (node.kind) {
    case 'AEXPR_OP':
      return plain(node, name, span, binder);
    case 'AEXPR_DISTINCT':
      return distinctFrom(binder.bind(node.lexpr!), binder.bind(node.rexpr!), span);
    case 'AEXPR_NOT_DISTINCT':
      return not(distinctFrom(binder.bind(node.lexpr!), binder.bind(node.rexpr!), span), span);
    case 'AEXPR_NULLIF': {
      const [left, right] = [binder.bind(node.lexpr!), binder.bind(node.rexpr!)];
      const [compared] = comparable(left, right, '=', span);
      const otherwise = comparesAsItIs(left.type, right.type) ? left : compared;
      const { type } = otherwise;
      const arms = [{ when: compare('=', left, right, span), then: constant(null, type, span) }];
      return { kind: 'case', arms, otherwise, type, nullable: true, span };
    }
    case 'AEXPR_IN': {
      const found = inList(binder.bind(node.lexpr!), binder.bindAll(listItems(node.rexpr)), span);
      return name === '<>' ? not(found, span) : found;
    }
    case 'AEXPR_BETWEEN':
      return between(node, span, binder);
    case 'AEXPR_NOT_BETWEEN':
      return not(between(node, span, binder), span);
    case 'AEXPR_LIKE':
    case 'AEXPR_ILIKE':
      return like(node, name, span, binder);
    case 'AEXPR_OP_ANY':
      return quantified(node, name, 'ANY', span, binder);
    case 'AEXPR_OP_ALL':
      return quantified(node, name, 'ALL', span, binder);
    case 'AEXPR_SIMILAR':
      throw unsupported('SIMILAR TO', span, "use LIKE, or a regular expression: x ~ '...'");
    case 'AEXPR_BETWEEN_SYM':
    case 'AEXPR_NOT_BETWEEN_SYM':
      throw unsupported('BETWEEN SYMMETRIC', span, 'write x BETWEEN a AND b OR x BETWEEN b AND a');
    default:
      throw unsupported('this operator', span);
  }
}

function operatorName(names: readonly Node[] | undefined): string {
  const last = names?.[names.length - 1];
  return last !== undefined && 'String' in last ? (last.String.sval ?? '') : '';
}

function plain(node: A_Expr, name: string, span: Span, binder: ExprBinder): Expr {
  if (node.rexpr !== undefined && 'SubLink' in node.rexpr) return binder.bind(node.rexpr);
  if (node.lexpr === undefined) return call(name, [binder.bind(node.rexpr!)], span);
  return operation(name, binder.bind(node.lexpr), binder.bind(node.rexpr!), span);
}

function operation(name: string, left: Expr, right: Expr, span: Span): Expr {
  const comparison = COMPARISONS.get(name);
  if (comparison !== undefined) return compare(comparison, left, right, span);
  if (name === '!~~' || name === '!~~*') return not(call(name.slice(1), [left, right], span), span);
  return call(name, [left, right], span);
}

function listItems(list: Node | undefined): readonly Node[] {
  return list !== undefined && 'List' in list ? (list.List.items ?? []) : [];
}

/** Returns `x IN (...)`: a single test if the list is constant, or else comparisons combined with OR. */
function inList(arg: Expr, items: readonly Expr[], span: Span): Expr {
  // PostgreSQL compares a single item as `=` does, and several items in the type common to all.
  if (items.length === 1 || !items.every(isConst) || isConst(arg)) {
    return logic(
      'or',
      items.map((item) => compare('=', arg, item, span)),
      span,
    );
  }
  const { type, exprs } = unify([arg, ...items], 'IN', span);
  const [left, ...consts] = exprs as [Expr, ...Expr[]];
  const values = consts.filter(isConst).map((c) => c.value);
  const given = values.filter((v) => v !== null);
  const distinct = [...new Map(given.map((v) => [datumKey(v), v])).values()];
  const hasNull = given.length < values.length;
  if (distinct.length === 0) return constant(null, BOOLEAN, span);
  if (distinct.length === 1 && !hasNull) return compare('=', left, constant(distinct[0]!, type, span), span);
  return {
    kind: 'in_list',
    arg: left,
    values: distinct,
    hasNull,
    type: BOOLEAN,
    nullable: left.nullable || hasNull,
    span,
  };
}

function between(node: A_Expr, span: Span, binder: ExprBinder): Expr {
  const value = binder.bind(node.lexpr!);
  const [low, high] = binder.bindAll(listItems(node.rexpr)) as [Expr, Expr];
  return logic('and', [compare('>=', value, low, span), compare('<=', value, high, span)], span);
}

function like(node: A_Expr, name: string, span: Span, binder: ExprBinder): Expr {
  if (node.rexpr !== undefined && 'FuncCall' in node.rexpr) {
    const fn = operatorName(node.rexpr.FuncCall.funcname);
    if (fn === 'like_escape') throw unsupported('LIKE ... ESCAPE', span, 'escape with a backslash');
  }
  return operation(name, binder.bind(node.lexpr!), binder.bind(node.rexpr!), span);
}

/** Binds `x op ANY (array)` and `x op ALL (array)`, if the array's elements are written out, as a test per element. */
function quantified(node: A_Expr, name: string, word: 'ANY' | 'ALL', span: Span, binder: ExprBinder): Expr {
  const left = binder.bind(node.lexpr!);
  const right = binder.bind(node.rexpr!);
  // An untyped literal such as '{a,b}' is an array of the type of the left side.
  const array = right.type.kind === 'unknown' ? castTo(right, arrayOf(settle(left).type), span) : right;
  if (array.type.kind !== 'array') {
    throw failure('42809', `${word} needs an array on its right side`, span, `write ${word} (ARRAY[...])`);
  }
  const elements = elementsOf(array);
  if (elements === undefined) {
    throw unsupported(
      `${word} of an array whose elements are not written out`,
      span,
      word === 'ANY' && name === '='
        ? 'to ask whether a column holds x, write column @> ARRAY[x]'
        : undefined,
    );
  }
  if (elements === null) return constant(null, BOOLEAN, span);
  if (elements.length === 0) return constant(word === 'ALL', BOOLEAN, span);
  const negated = COMPARISONS.get(name) === '<>' && word === 'ALL';
  if (negated || (name === '=' && word === 'ANY')) {
    const type = comparisonType(left.type, elements[0]!.type);
    const [arg, ...items] = [left, ...elements].map((e) => (type === undefined ? e : castTo(e, type, span)));
    const found = inList(arg!, items, span);
    return negated ? not(found, span) : found;
  }
  const tests = elements.map((element) => operation(name, left, element, span));
  return logic(word === 'ANY' ? 'or' : 'and', tests, span);
}

/** Returns the elements of `ARRAY[...]` or of a constant; null for NULL, undefined if they depend on the row. */
function elementsOf(array: Expr): readonly Expr[] | null | undefined {
  if (array.kind === 'call' && array.fn.name === 'array') return array.args;
  if (!isConst(array) || array.type.kind !== 'array') return undefined;
  const { element } = array.type;
  if (!Array.isArray(array.value)) return null;
  return (array.value as readonly Datum[]).map((v) => constant(v, element, array.span));
}
