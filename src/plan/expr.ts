import type { ScalarFunction } from '../functions/function.ts';
import type { Datum } from '../values/datum.ts';
import type { SqlType } from '../values/types.ts';

/** A place in the pipeline's files. Offsets are UTF-16 code units into the file's text. */
export interface Span {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Bound scalar expressions. Immutable, typed, with casts made explicit: the arguments of a call have exactly
 * the types of its overload. A tagged union; every switch over `kind` ends in `unreachable`.
 *
 * `nullable: false` is a promise (COUNT, a non-null constant, a primary key), used to leave null checks out.
 */
export type Expr =
  | ConstExpr
  | ColumnExpr
  | CallExpr
  | CompareExpr
  | LogicExpr
  | NotExpr
  | IsNullExpr
  | DistinctFromExpr
  | CaseExpr
  | CoalesceExpr
  | CastExpr
  | NowExpr
  | InListExpr;

interface ExprBase {
  readonly type: SqlType;
  readonly nullable: boolean;
  readonly span?: Span | undefined;
}
export interface ConstExpr extends ExprBase {
  readonly kind: 'const';
  readonly value: Datum;
}
/** The input row's column `index`. */
export interface ColumnExpr extends ExprBase {
  readonly kind: 'column';
  readonly index: number;
  readonly name: string;
  /** For printing: the relation of the column, if its name alone is ambiguous. */
  readonly relation?: string | undefined;
}
export interface CallExpr extends ExprBase {
  readonly kind: 'call';
  readonly fn: ScalarFunction;
  readonly args: readonly Expr[];
}
export type CompareOp = '=' | '<>' | '<' | '<=' | '>' | '>=';

/** By operator, the one with exchanged sides: `a < b` is `b > a`. */
export const MIRRORED: Readonly<Record<CompareOp, CompareOp>> = {
  '=': '=',
  '<>': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

/** By operator, its negation: exactly one of the two is true for values that are not NULL. */
export const OPPOSITE: Readonly<Record<CompareOp, CompareOp>> = {
  '=': '<>',
  '<>': '=',
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
};
/** A comparison of two sides of one type (numeric promotion is an explicit cast). NULL if a side is NULL. */
export interface CompareExpr extends ExprBase {
  readonly kind: 'compare';
  readonly op: CompareOp;
  readonly left: Expr;
  readonly right: Expr;
}
/** Three-valued AND / OR of two or more arguments. */
export interface LogicExpr extends ExprBase {
  readonly kind: 'and' | 'or';
  readonly args: readonly Expr[];
}
export interface NotExpr extends ExprBase {
  readonly kind: 'not';
  readonly arg: Expr;
}
/** `IS NULL`; `IS NOT NULL` is a `not` around it. */
export interface IsNullExpr extends ExprBase {
  readonly kind: 'is_null';
  readonly arg: Expr;
}
/** `IS DISTINCT FROM`; never NULL. */
export interface DistinctFromExpr extends ExprBase {
  readonly kind: 'distinct_from';
  readonly left: Expr;
  readonly right: Expr;
}
/** Searched CASE (the simple form is bound to it). Arms are evaluated in order, lazily; ELSE is explicit. */
export interface CaseExpr extends ExprBase {
  readonly kind: 'case';
  readonly arms: readonly { readonly when: Expr; readonly then: Expr }[];
  readonly otherwise: Expr;
}
/** The first argument that is not NULL. Arguments have one type and are evaluated lazily. NULLIF is bound to a CASE. */
export interface CoalesceExpr extends ExprBase {
  readonly kind: 'coalesce';
  readonly args: readonly Expr[];
}
/** `castDatum(value, from, to)` of values/cast.ts. NULL stays NULL. */
export interface CastExpr extends ExprBase {
  readonly kind: 'cast';
  readonly arg: Expr;
}
/**
 * The pipeline's clock, TIMESTAMPTZ, constant within one barrier. `CURRENT_DATE` is a cast of it to DATE,
 * `LOCALTIMESTAMP` a cast to TIMESTAMP; the session time zone is UTC.
 */
export interface NowExpr extends ExprBase {
  readonly kind: 'now';
}
/**
 * `arg IN (constants)`, with SQL's NULL rules. `values` are the constants of the list that are not NULL, of the type of
 * `arg`; `hasNull` is true if the list had a NULL.
 */
export interface InListExpr extends ExprBase {
  readonly kind: 'in_list';
  readonly arg: Expr;
  readonly values: readonly Datum[];
  readonly hasNull: boolean;
}

export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}

export function children(e: Expr): readonly Expr[] {
  switch (e.kind) {
    case 'const':
    case 'column':
    case 'now':
      return [];
    case 'call':
    case 'and':
    case 'or':
    case 'coalesce':
      return e.args;
    case 'compare':
    case 'distinct_from':
      return [e.left, e.right];
    case 'not':
    case 'is_null':
    case 'cast':
    case 'in_list':
      return [e.arg];
    case 'case':
      return [...e.arms.flatMap((a) => [a.when, a.then]), e.otherwise];
    default:
      return unreachable(e);
  }
}

/** Returns the expression with other children, in the order of {@link children}. */
export function withChildren(e: Expr, c: readonly Expr[]): Expr {
  switch (e.kind) {
    case 'const':
    case 'column':
    case 'now':
      return e;
    case 'call':
    case 'and':
    case 'or':
    case 'coalesce':
      return { ...e, args: c };
    case 'compare':
    case 'distinct_from':
      return { ...e, left: c[0]!, right: c[1]! };
    case 'not':
    case 'is_null':
    case 'cast':
    case 'in_list':
      return { ...e, arg: c[0]! };
    case 'case':
      return {
        ...e,
        arms: e.arms.map((_, i) => ({ when: c[2 * i]!, then: c[2 * i + 1]! })),
        otherwise: c[c.length - 1]!,
      };
    default:
      return unreachable(e);
  }
}

/** Rewrites bottom-up: `f` sees each node after its children were rewritten. */
export function mapExpr(e: Expr, f: (e: Expr) => Expr): Expr {
  const before = children(e);
  const after = before.map((child) => mapExpr(child, f));
  return f(after.every((child, i) => child === before[i]) ? e : withChildren(e, after));
}

export function someExpr(e: Expr, test: (e: Expr) => boolean): boolean {
  return test(e) || children(e).some((child) => someExpr(child, test));
}
