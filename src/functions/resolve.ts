import { castKind } from '../values/cast.ts';
import { categoryOf, isPreferred } from '../values/common-type.ts';
import { sameType, VARCHAR } from '../values/types.ts';
import type { SqlType } from '../values/types.ts';
import type { ScalarFunction } from './function.ts';

/** Returns the candidates with the highest score; all of them if every score is zero. */
function best(
  candidates: readonly ScalarFunction[],
  score: (fn: ScalarFunction) => number,
): readonly ScalarFunction[] {
  const scores = candidates.map(score);
  const top = Math.max(...scores);
  return candidates.filter((_, i) => scores[i] === top);
}

/** Keeps the candidates whose types have the category that PostgreSQL assumes for untyped literals. */
function byUnknownCategory(
  candidates: readonly ScalarFunction[],
  args: readonly SqlType[],
): readonly ScalarFunction[] {
  let kept = candidates;
  for (let i = 0; i < args.length; i++) {
    if (args[i]!.kind !== 'unknown') continue;
    const categories = new Set(candidates.map((fn) => categoryOf(fn.args[i]!)));
    const chosen = categories.has('string')
      ? 'string'
      : categories.size === 1
        ? [...categories][0]
        : undefined;
    if (chosen === undefined) return candidates;
    const inCategory = kept.filter((fn) => categoryOf(fn.args[i]!) === chosen);
    const preferred = inCategory.filter((fn) => isPreferred(fn.args[i]!));
    kept = preferred.length > 0 ? preferred : inCategory;
  }
  return kept.length > 0 ? kept : candidates;
}

/**
 * Returns PostgreSQL's choice among overloads (its manual, "Operator Type Resolution" and "Function Type Resolution"):
 * an exact match, or else, of the overloads that implicit casts reach, those with the most exact matches, then those
 * with the most preferred types, then those that fit its assumptions about untyped literals. Several results mean an
 * ambiguous call, and none an unknown one.
 */
export function selectOverloads(
  candidates: readonly ScalarFunction[],
  args: readonly SqlType[],
  operator: boolean,
): readonly ScalarFunction[] {
  const sameArity = candidates.filter((fn) => fn.args.length === args.length);
  const exact = (types: readonly SqlType[]): ScalarFunction | undefined =>
    sameArity.find((fn) => fn.args.every((type, i) => sameType(type, types[i]!)));
  const match = exact(args);
  if (match !== undefined) return [match];
  const known = args.filter((type) => type.kind !== 'unknown');
  if (operator && args.length === 2 && known.length === 1) {
    const assumed = exact([known[0]!, known[0]!]);
    if (assumed !== undefined) return [assumed];
  }
  let left: readonly ScalarFunction[] = sameArity.filter((fn) =>
    fn.args.every((type, i) => castKind(args[i]!, type) === 'implicit'),
  );
  if (left.length < 2) return left;
  left = best(left, (fn) => fn.args.filter((type, i) => sameType(type, args[i]!)).length);
  if (left.length < 2) return left;
  const preferredAt = (type: SqlType, arg: SqlType): boolean =>
    sameType(type, arg) || (isPreferred(type) && categoryOf(type) === categoryOf(arg));
  left = best(left, (fn) => fn.args.filter((type, i) => preferredAt(type, args[i]!)).length);
  if (left.length < 2 || known.length === args.length) return left;
  left = byUnknownCategory(left, args);
  if (left.length < 2) return left;
  const first = known[0];
  if (first !== undefined && known.every((type) => sameType(type, first))) {
    const fitting = left.filter((fn) =>
      fn.args.every((type, i) => args[i]!.kind !== 'unknown' || castKind(first, type) === 'implicit'),
    );
    if (fitting.length === 1) return fitting;
  }
  return left;
}

/** Returns the argument types with VARCHAR for untyped literals, for functions that take any type. */
export function withoutUnknown(args: readonly SqlType[]): readonly SqlType[] {
  return args.map((type) => (type.kind === 'unknown' ? VARCHAR : type));
}
