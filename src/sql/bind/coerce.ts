import { castDatum, castKind } from '../../values/cast.ts';
import { commonType } from '../../values/common-type.ts';
import type { Datum } from '../../values/datum.ts';
import { SqlValueError } from '../../values/sql-error.ts';
import { DOUBLE, VARCHAR, isInteger, isNumber, sameType, typeName } from '../../values/types.ts';
import type { SqlType } from '../../values/types.ts';
import type { ConstExpr, Expr, Span } from '../../plan/expr.ts';
import { failure } from '../failure.ts';

/** How much a cast may do unasked. Each includes the ones before it. */
export type CastContext = 'implicit' | 'assignment' | 'explicit';
const CONTEXTS: readonly CastContext[] = ['implicit', 'assignment', 'explicit'];

export function constant(value: Datum, type: SqlType, span?: Span | undefined): ConstExpr {
  return { kind: 'const', value, type, nullable: value === null, span };
}

export function isConst(e: Expr): e is ConstExpr {
  return e.kind === 'const';
}

/** Runs `f` on constants; what it cannot compute is an error at `span`. */
export function evaluate(span: Span | undefined, where: Span, f: () => Datum): Datum {
  try {
    return f();
  } catch (e) {
    if (e instanceof SqlValueError) throw failure(e.code, e.message, span ?? where);
    throw e;
  }
}

export function canCast(from: SqlType, to: SqlType, context: CastContext): boolean {
  if (from.kind === 'unknown' || sameType(from, to)) return true;
  const kind = castKind(from, to);
  return kind !== undefined && CONTEXTS.indexOf(kind) <= CONTEXTS.indexOf(context);
}

/**
 * `e` as a `to`. The caller has checked that the cast is allowed. A literal is converted now, so that one that is
 * no `to` is an error where it stands.
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

/** Can the cast never fail? Then NOT NULL stays NOT NULL: a failed cast becomes NULL in a stream. */
function isTotal(from: SqlType, to: SqlType): boolean {
  if (to.kind === 'varchar') return true;
  if (from.kind === 'timestamptz' && (to.kind === 'date' || to.kind === 'timestamp')) return true;
  if (!isInteger(from) || !isNumber(to)) return false;
  if (!isInteger(to)) return true;
  return to.kind === 'bigint' || (to.kind === 'integer' && from.kind === 'smallint');
}

/** `e` as a `to` by an implicit or assignment cast; `what` names the place for the message. */
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

/** The type two sides are compared as; undefined if they cannot be. */
export function comparisonType(left: SqlType, right: SqlType): SqlType | undefined {
  const common = commonType([left, right]);
  // PostgreSQL compares REAL with another kind of number as DOUBLE PRECISION.
  if (common?.kind === 'real' && !(left.kind === 'real' && right.kind === 'real')) {
    return left.kind === 'unknown' || right.kind === 'unknown' ? common : DOUBLE;
  }
  return common;
}

/** Kinds that PostgreSQL has comparisons between; others it brings to one type first. */
const COMPARED: readonly ReadonlySet<SqlType['kind']>[] = [
  new Set(['smallint', 'integer', 'bigint']),
  new Set(['real', 'double']),
  new Set(['date', 'timestamp', 'timestamptz']),
];

/** Does a value of type `left` keep its type where PostgreSQL compares it with one of type `right`? */
export function comparesAsItIs(left: SqlType, right: SqlType): boolean {
  if (left.kind === 'real') return isNumber(right);
  return COMPARED.some((kinds) => kinds.has(left.kind) && kinds.has(right.kind));
}

/** Of types that have none in common: the positions of two that do not fit each other. */
export function unmatched(types: readonly SqlType[]): { readonly first: number; readonly odd: number } {
  const first = types.findIndex((type) => type.kind !== 'unknown');
  const odd = types.findIndex((type) => commonType([types[first]!, type]) === undefined);
  return { first, odd: odd === -1 ? types.length - 1 : odd };
}

/** Brings expressions to their common type. */
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

/** A literal that no context gave a type is text. */
export function settle(e: Expr): Expr {
  return e.type.kind === 'unknown' && isConst(e) ? constant(e.value, VARCHAR, e.span) : e;
}
