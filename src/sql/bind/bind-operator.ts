import type { A_Expr, Node } from '@pgsql/types';
import type { Datum } from '../../values/datum.ts';
import { BOOLEAN, arrayOf } from '../../values/types.ts';
import type { CompareOp, Expr, Span } from '../../plan/expr.ts';
import { unsupported } from '../failure.ts';
import { call, compare, distinctFrom, logic, not } from './build.ts';
import { castTo, constant, isConst, settle, unify } from './coerce.ts';
import { datumKey } from './expr-key.ts';
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

/** Operators, and what PostgreSQL's grammar makes into one: IN, BETWEEN, LIKE, NULLIF, IS DISTINCT FROM. */
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
      const left = binder.bind(node.lexpr!);
      const when = compare('=', left, binder.bind(node.rexpr!), span);
      const { type, exprs } = unify([left, constant(null, left.type, span)], 'NULLIF', span);
      return {
        kind: 'case',
        arms: [{ when, then: exprs[1]! }],
        otherwise: exprs[0]!,
        type,
        nullable: true,
        span,
      };
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
      return anyOf(node, name, span, binder);
    case 'AEXPR_OP_ALL':
      return allOf(node, name, span, binder);
    case 'AEXPR_SIMILAR':
      throw unsupported('SIMILAR TO', span, "use LIKE, or a regular expression: x ~ '...'");
    case 'AEXPR_BETWEEN_SYM':
    case 'AEXPR_NOT_BETWEEN_SYM':
      throw unsupported('BETWEEN SYMMETRIC', span, 'write x BETWEEN LEAST(a, b) AND GREATEST(a, b)');
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
  const left = binder.bind(node.lexpr);
  const right = binder.bind(node.rexpr!);
  const comparison = COMPARISONS.get(name);
  return comparison === undefined ? call(name, [left, right], span) : compare(comparison, left, right, span);
}

function listItems(list: Node | undefined): readonly Node[] {
  return list !== undefined && 'List' in list ? (list.List.items ?? []) : [];
}

/** `x IN (...)`: one test when the list is constant, else comparisons joined by OR. */
function inList(arg: Expr, items: readonly Expr[], span: Span): Expr {
  // PostgreSQL compares a single item as `=` does, and several in the type common to all.
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
  const negated = name.startsWith('!');
  const matched = call(
    negated ? name.slice(1) : name,
    [binder.bind(node.lexpr!), binder.bind(node.rexpr!)],
    span,
  );
  return negated ? not(matched, span) : matched;
}

/** `x = ANY (ARRAY[constants])` is an IN list. */
function anyOf(node: A_Expr, name: string, span: Span, binder: ExprBinder): Expr {
  const found = name === '=' ? inConstantArray(node, span, binder) : undefined;
  if (found !== undefined) return found;
  throw unsupported(
    'ANY (array) other than = ANY of a constant array',
    span,
    'use IN (...); whether an array column holds x: column @> ARRAY[x]',
  );
}

/** `x <> ALL (ARRAY[constants])` is NOT IN. */
function allOf(node: A_Expr, name: string, span: Span, binder: ExprBinder): Expr {
  const found = COMPARISONS.get(name) === '<>' ? inConstantArray(node, span, binder) : undefined;
  if (found !== undefined) return not(found, span);
  throw unsupported(
    'ALL (array) other than <> ALL of a constant array',
    span,
    'write the comparisons out with AND',
  );
}

/** Is the left side among the elements of the array on the right? Undefined if that is no constant. */
function inConstantArray(node: A_Expr, span: Span, binder: ExprBinder): Expr | undefined {
  const left = binder.bind(node.lexpr!);
  const right = binder.bind(node.rexpr!);
  // An untyped literal such as '{a,b}' is an array of what it is compared with.
  const array = right.type.kind === 'unknown' ? castTo(right, arrayOf(settle(left).type), span) : right;
  if (!isConst(array) || array.type.kind !== 'array' || !Array.isArray(array.value)) return undefined;
  const element = array.type.element;
  const items = (array.value as readonly Datum[]).map((v) => constant(v, element, array.span));
  return items.length === 0 ? constant(false, BOOLEAN, span) : inList(left, items, span);
}
