import { isInstant, usesNow } from '../../../../plan/clock-flow.ts';
import type { Expr } from '../../../../plan/expr.ts';

/** The two times of a subtraction, of which one uses the clock. `sign` is 1 for `clock - row`, -1 for `row - clock`. */
export interface Difference {
  readonly clock: Expr;
  readonly row: Expr;
  readonly sign: 1 | -1;
}

export function differenceOf(e: Expr): Difference | undefined {
  if (e.kind !== 'call' || e.fn.name !== '-' || e.args.length !== 2) return undefined;
  const [a, b] = e.args as readonly [Expr, Expr];
  if (!isInstant(a) || !isInstant(b)) return undefined;
  if (!usesNow(b)) return { clock: a, row: b, sign: 1 };
  return usesNow(a) ? undefined : { clock: b, row: a, sign: -1 };
}
