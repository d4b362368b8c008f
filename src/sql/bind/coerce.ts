import { castDatum, castKind } from '../../values/cast.ts';
import { commonType } from '../../values/common-type.ts';
import type { Datum } from '../../values/datum.ts';
import { SqlValueError } from '../../values/sql-error.ts';
import { DOUBLE, VARCHAR, isInteger, isNumber, sameType, typeName } from '../../values/types.ts';
import type { SqlType } from '../../values/types.ts';
import type { ConstExpr, Expr, Span } from '../../plan/expr.ts';
import { failure } from '../failure.ts';

/** Where a cast stands, as in PostgreSQL. Each context allows the casts of those before it. */
export type CastContext = 'implicit' | 'assignment' | 'explicit';
const CONTEXTS: readonly CastContext[] = ['implicit', 'assignment', 'explicit'];

export function constant(value: Datum, type: SqlType, span?: Span | undefined): ConstExpr {
  return { kind: 'const', value, type, nullable: value === null, span };
}

export function isConst(e: Expr): e is ConstExpr {
  return e.kind === 'const';
}

/** Returns the result of `f`, which computes with constants. Its SqlValueError becomes a SqlFailure at `span`. */
export function evaluate(span: Span | undefined, where: Span, f: () => Datum): Datum {
  try {
    return f();
  } catch (e) {
    if (e instanceof SqlValueError) throw failure(e.code, e.message, span ?? where);
    throw e;
  }
}

/** Returns whether a cast exists and its context allows it. An untyped literal can be cast to any type. */
export function canCast(from: SqlType, to: SqlType, context: CastContext): boolean {
  if (from.kind === 'unknown' || sameType(from, to)) return true;
  const kind = castKind(from, to);
  return kind !== undefined && CONTEXTS.indexOf(kind) <= CONTEXTS.indexOf(context);
}

/**
 * Returns `e` cast to `to`. The caller has checked that the cast is allowed. A constant is converted at once; one that
 * cannot be converted is a SqlFailure at its place.
 */
export function castTo(e: Expr, to: SqlType, where: Span): Expr {
  if (sameType(e.type, to)) return e;
  if (isConst(e)) {
    const from = e.type.kind === 'unknown' ? VARCHAR : e.type;
    const value = e.value;
    if (value === null || sameType(from, to)) return constant(value, to, e.span);
    return constant(
      evaluate(e.span, where, () => castDatum(value, from, to)),
      to,
      e.span,
    );
  }
  return {
    kind: 'cast',
    arg: e,
    type: to,
    nullable: e.nullable || !isTotal(e.type, to),
    span: e.span ?? where,
  };
}

/** Returns whether a cast never fails. It then keeps NOT NULL; a cast that fails gives NULL in a stream. */
function isTotal(from: SqlType, to: SqlType): boolean {
  if (to.kind === 'varchar') return true;
  if (from.kind === 'timestamptz' && (to.kind === 'date' || to.kind === 'timestamp')) return true;
  if (!isInteger(from) || !isNumber(to)) return false;
  if (!isInteger(to)) return true;
  return to.kind === 'bigint' || (to.kind === 'integer' && from.kind === 'smallint');
}

/**
 * Returns `e` cast to `to` by a cast that the context allows, implicit by default. Throws SqlFailure if there is none;
 * `what` names the expression in the message.
 */
export function coerce(
  e: Expr,
  to: SqlType,
  options: { what: string; where: Span; context?: CastContext },
): Expr {
  if (!canCast(e.type, to, options.context ?? 'implicit')) {
    const hint = canCast(e.type, to, 'explicit') ? `cast it: ...::${typeName(to)}` : undefined;
    throw failure(
      '42804',
      `${options.what} must be ${typeName(to)}, not ${typeName(e.type)}`,
      e.span ?? options.where,
      hint,
    );
  }
  return castTo(e, to, options.where);
}

/** Returns the type in which two types are compared; undefined if they cannot be compared. */
export function comparisonType(left: SqlType, right: SqlType): SqlType | undefined {
  const common = commonType([left, right]);
  // PostgreSQL compares REAL with another kind of number as DOUBLE PRECISION.
  if (common?.kind === 'real' && !(left.kind === 'real' && right.kind === 'real')) {
    return left.kind === 'unknown' || right.kind === 'unknown' ? common : DOUBLE;
  }
  return common;
}

/** Groups of types that PostgreSQL compares directly. It casts others to one type first. */
const COMPARED: readonly ReadonlySet<SqlType['kind']>[] = [
  new Set(['smallint', 'integer', 'bigint']),
  new Set(['real', 'double']),
  new Set(['date', 'timestamp', 'timestamptz']),
];

/** Returns whether PostgreSQL compares a value of type `left` with one of type `right` without casting the left one. */
export function comparesAsItIs(left: SqlType, right: SqlType): boolean {
  if (left.kind === 'real') return isNumber(right);
  return COMPARED.some((kinds) => kinds.has(left.kind) && kinds.has(right.kind));
}

/** Returns the positions of two types that do not fit each other, for a list without a common type. */
export function unmatched(types: readonly SqlType[]): { readonly first: number; readonly odd: number } {
  const first = types.findIndex((type) => type.kind !== 'unknown');
  const odd = types.findIndex((type) => commonType([types[first]!, type]) === undefined);
  return { first, odd: odd === -1 ? types.length - 1 : odd };
}

/** Casts expressions to their common type. Throws SqlFailure if there is none; `what` names the list in the message. */
export function unify(exprs: readonly Expr[], what: string, where: Span): { type: SqlType; exprs: Expr[] } {
  const type = commonType(exprs.map((e) => e.type));
  if (type === undefined) {
    const { first, odd } = unmatched(exprs.map((e) => e.type));
    throw failure(
      '42804',
      `${what} types ${typeName(exprs[first]!.type)} and ${typeName(exprs[odd]!.type)} cannot be matched`,
      exprs[odd]!.span ?? where,
      `cast one of them: ...::${typeName(exprs[first]!.type)}`,
    );
  }
  return { type, exprs: exprs.map((e) => castTo(e, type, where)) };
}

/** Returns `e`; an untyped literal becomes VARCHAR. */
export function settle(e: Expr): Expr {
  return e.type.kind === 'unknown' && isConst(e) ? constant(e.value, VARCHAR, e.span) : e;
}
