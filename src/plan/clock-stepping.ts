import type { Datum } from '../values/datum.ts';
import { equalDatum } from '../values/compare.ts';
import { usesNow } from './clock-flow.ts';
import { firstChange } from './clock-search.ts';
import { evaluate } from './evaluate.ts';
import type { RowReader } from './evaluate.ts';
import type { Expr } from './expr.ts';
import { children } from './expr.ts';

/**
 * The first instant after `t_us` at which a number that goes up or down in steps (`FLOOR(x)`, `x::int / 60`) has another
 * value; `until_us`, up to which it only rises or only sinks, if it has none before.
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
  // A number that is too large or too small for its type: NULL until it fits.
  for (let x: Expr | undefined = e; x !== undefined; x = children(x).find(usesNow)) {
    const cast = x;
    if (cast.kind !== 'cast' || value(cast.arg, t_us) === null) continue;
    return search((at_us) => (value(cast, at_us) === null ? Math.sign(Number(value(cast.arg, at_us))) : 0));
  }
  return until_us;
}
