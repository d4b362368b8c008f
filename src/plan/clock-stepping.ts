import type { Datum } from '../values/datum.ts';
import { equalDatum } from '../values/compare.ts';
import { firstChange } from './clock-search.ts';
import { evaluate } from './evaluate.ts';
import type { RowReader } from './evaluate.ts';
import type { Expr } from './expr.ts';
import { children } from './expr.ts';

/**
 * Returns the first instant after `t_us` at which a number that changes in steps (`FLOOR(x)`, `x::int / 60`) has
 * another value; `until_us` if it has none before. Until then the number must be monotone.
 */
export function nextStep(e: Expr, row: RowReader, t_us: number, until_us: number): number {
  const value = (x: Expr, at_us: number): Datum => evaluate(x, row, at_us, () => {});
  const from = value(e, t_us);
  const search = (sign: (at_us: number) => number): number =>
    firstChange({ sign, difference: () => NaN, from: t_us, until: until_us });
  if (from !== null) {
    return search((at_us) => {
      const now = value(e, at_us);
      return now !== null && equalDatum(e.type, now, from) ? 0 : 1;
    });
  }
  // The number is too large or too small for its type, and NULL until it fits.
  const failing = failingPart(e, (x) => value(x, t_us) === null);
  const size = (at_us: number): number =>
    sizeOf(
      failing,
      children(failing).map((x) => value(x, at_us)),
    );
  return search((at_us) => (value(failing, at_us) === null ? Math.sign(size(at_us)) : 0));
}

/** Returns the innermost part of a NULL expression that is NULL itself. */
function failingPart(e: Expr, isNull: (x: Expr) => boolean): Expr {
  const part = children(e).find(isNull);
  return part === undefined ? e : failingPart(part, isNull);
}

/** Returns a number with the sign that a cast or operator would give without limits of range; NaN if not known. */
function sizeOf(e: Expr, parts: readonly Datum[]): number {
  const [a, b] = parts.map((x) => (typeof x === 'number' || typeof x === 'bigint' ? Number(x) : NaN));
  if (a === undefined) return NaN;
  if (e.kind === 'cast') return a;
  if (e.kind !== 'call' || b === undefined) return NaN;
  switch (e.fn.name) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
    case '/':
      return a * b;
    default:
      return NaN;
  }
}
