import type { ScalarFunction } from '../../functions/function.ts';
import { functionNames, resolveFunction } from '../../functions/registry.ts';
import type { Resolution } from '../../functions/registry.ts';
import { compareDatum } from '../../values/compare.ts';
import type { Datum } from '../../values/datum.ts';
import { BOOLEAN, TIMESTAMPTZ, sameType, typeName } from '../../values/types.ts';
import type { SqlType } from '../../values/types.ts';
import type { CompareOp, Expr, Span } from '../../plan/expr.ts';
import { failure } from '../failure.ts';
import { castTo, comparisonType, constant, evaluate, isConst } from './coerce.ts';

/** Functions whose result can be far larger than their arguments. They are not computed while binding. */
const NOT_FOLDED = new Set(['repeat', 'lpad', 'rpad']);

/** Returns a call of a registry function with its arguments cast; if all are constants, its result. */
export function call(name: string, args: readonly Expr[], span: Span): Expr {
  const resolved = resolveFunction(
    name,
    args.map((a) => a.type),
  );
  if (!('fn' in resolved)) throw noOverload(name, args, resolved, span);
  const { fn } = resolved;
  const cast = args.map((a, i) => castTo(a, fn.args[i]!, span));
  if (cast.every(isConst) && !NOT_FOLDED.has(name)) {
    if (fn.strict && cast.some((a) => a.value === null)) return constant(null, fn.returns, span);
    return constant(
      evaluate(undefined, span, () => fn.impl(...cast.map((a) => a.value))),
      fn.returns,
      span,
    );
  }
  cast.forEach((a, i) => {
    const { check } = fn;
    if (check === undefined || !isConst(a) || a.value === null) return;
    const { value } = a;
    evaluate(args[i]!.span, span, () => {
      check(i, value);
      return null;
    });
  });
  // An error in a stream gives NULL, so any call can be NULL.
  return { kind: 'call', fn, args: cast, type: fn.returns, nullable: true, span };
}

const IS_NAME = /^[a-z_]/;

/** Operators of other languages. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  '==': 'write = for equality',
  '===': 'write = for equality',
  '&&': 'write AND',
  '!': 'write NOT',
  '<=>': 'write IS NOT DISTINCT FROM',
  '^@': 'use starts_with(text, prefix)',
};

function noOverload(
  name: string,
  args: readonly Expr[],
  resolved: Exclude<Resolution, { fn: ScalarFunction }>,
  span: Span,
): Error {
  const types = args.map((a) => typeName(a.type));
  if (!IS_NAME.test(name)) {
    if (!functionNames().includes(name))
      return failure('42883', `operator does not exist: ${name}`, span, ELSEWHERE[name]);
    const shown = types.length === 1 ? `${name} ${types[0]}` : types.join(` ${name} `);
    if (resolved.error === 'ambiguous')
      return failure(
        '42725',
        `operator is not unique: ${shown}`,
        span,
        'cast a literal to the type you mean',
      );
    const logical = args.every((a) => a.type.kind === 'boolean') ? ELSEWHERE[name] : undefined;
    return failure(
      '42883',
      `operator does not exist: ${shown}`,
      span,
      logical ?? operatorHint(name, args, resolved.candidates),
    );
  }
  const shown = `${name}(${types.join(', ')})`;
  if (resolved.error === 'ambiguous') {
    return failure(
      '42725',
      `function ${shown} is not unique`,
      span,
      'cast a literal argument to the type you mean',
    );
  }
  return failure('42883', `function ${shown} does not exist`, span, overloads(name, resolved.candidates));
}

/** Returns a hint: to cast text, the most common mistake, or else the types that the operator takes. */
function operatorHint(name: string, args: readonly Expr[], candidates: readonly ScalarFunction[]): string {
  const [left, right] = args;
  if (
    left !== undefined &&
    right !== undefined &&
    (left.type.kind === 'varchar') !== (right.type.kind === 'varchar') &&
    left.type.kind !== 'unknown' &&
    right.type.kind !== 'unknown'
  ) {
    const other = left.type.kind === 'varchar' ? right.type : left.type;
    return `cast the VARCHAR side: ...::${typeName(other)}`;
  }
  const near = candidates.filter(
    (f) => f.args.length === args.length && f.args.some((type, i) => sameType(type, args[i]!.type)),
  );
  return overloads(name, near) ?? 'cast one side to a type the operator takes';
}

const MAX_OVERLOADS = 3;

function overloads(name: string, candidates: readonly ScalarFunction[]): string | undefined {
  if (candidates.length === 0) return undefined;
  const shown = candidates.slice(0, MAX_OVERLOADS).map((f) => {
    const types = f.args.map(typeName);
    if (!IS_NAME.test(name)) return types.length === 1 ? `${name} ${types[0]}` : types.join(` ${name} `);
    return `${name}(${types.join(', ')}${f.variadic === true ? ', ...' : ''})`;
  });
  const form = candidates.length === 1 ? 'the form is' : 'the forms are';
  return `${form} ${shown.join('; ')}${candidates.length > MAX_OVERLOADS ? '; ...' : ''}`;
}

/** By operator: whether it holds for the sign of a comparison. */
const HOLDS: Record<CompareOp, (order: number) => boolean> = {
  '=': (o) => o === 0,
  '<>': (o) => o !== 0,
  '<': (o) => o < 0,
  '<=': (o) => o <= 0,
  '>': (o) => o > 0,
  '>=': (o) => o >= 0,
};

/** Returns both sides of a comparison, cast to the type in which they are compared, and that type. */
export function comparable(left: Expr, right: Expr, op: string, span: Span): [Expr, Expr, SqlType] {
  const type = comparisonType(left.type, right.type);
  if (type === undefined) {
    throw failure(
      '42883',
      `operator does not exist: ${typeName(left.type)} ${op} ${typeName(right.type)}`,
      span,
      comparisonHint(left.type, right.type),
    );
  }
  return [castTo(left, type, span), castTo(right, type, span), type];
}

function comparisonHint(left: SqlType, right: SqlType): string {
  if ((left.kind === 'varchar') === (right.kind === 'varchar'))
    return 'cast one side to the type of the other';
  return `cast the VARCHAR side: ...::${typeName(left.kind === 'varchar' ? right : left)}`;
}

/** Returns `left op right`; its value if both are constants. Throws SqlFailure if the types have no comparison. */
export function compare(op: CompareOp, left: Expr, right: Expr, span: Span): Expr {
  const [l, r, type] = comparable(left, right, op, span);
  if (isConst(l) && isConst(r)) {
    if (l.value === null || r.value === null) return constant(null, BOOLEAN, span);
    return constant(HOLDS[op](compareDatum(type, l.value, r.value)), BOOLEAN, span);
  }
  return { kind: 'compare', op, left: l, right: r, type: BOOLEAN, nullable: l.nullable || r.nullable, span };
}

/** Returns `left IS DISTINCT FROM right`; its value if both are constants. */
export function distinctFrom(left: Expr, right: Expr, span: Span): Expr {
  const [l, r, type] = comparable(left, right, 'IS DISTINCT FROM', span);
  if (isConst(l) && isConst(r)) return constant(!equalDatum(type, l.value, r.value), BOOLEAN, span);
  return { kind: 'distinct_from', left: l, right: r, type: BOOLEAN, nullable: false, span };
}

function equalDatum(type: SqlType, a: Datum, b: Datum): boolean {
  return a === null || b === null ? a === b : compareDatum(type, a, b) === 0;
}

export function not(arg: Expr, span: Span | undefined): Expr {
  if (isConst(arg)) return constant(arg.value === null ? null : arg.value !== true, BOOLEAN, span);
  if (arg.kind === 'not') return arg.arg;
  return { kind: 'not', arg, type: BOOLEAN, nullable: arg.nullable, span };
}

export function isNull(arg: Expr, span: Span): Expr {
  if (isConst(arg)) return constant(arg.value === null, BOOLEAN, span);
  if (!arg.nullable) return constant(false, BOOLEAN, span);
  return { kind: 'is_null', arg, type: BOOLEAN, nullable: false, span };
}

/** Returns AND or OR of the arguments, flattened, with constants folded. */
export function logic(kind: 'and' | 'or', args: readonly Expr[], span: Span | undefined): Expr {
  const flat = args.flatMap((a) => (a.kind === kind ? a.args : [a]));
  const decided = kind === 'or';
  const decisive = flat.find((a) => isConst(a) && a.value === decided);
  if (decisive !== undefined) return constant(decided, BOOLEAN, span);
  const rest = flat.filter((a) => !(isConst(a) && a.value === !decided));
  if (rest.length === 0) return constant(!decided, BOOLEAN, span);
  if (rest.length === 1) return rest[0]!;
  return { kind, args: rest, type: BOOLEAN, nullable: rest.some((a) => a.nullable), span };
}

/** Returns the arguments of an AND; any other expression is its own single conjunct. */
export function conjuncts(e: Expr): readonly Expr[] {
  return e.kind === 'and' ? e.args : [e];
}

export function now(span: Span): Expr {
  return { kind: 'now', type: TIMESTAMPTZ, nullable: false, span };
}
