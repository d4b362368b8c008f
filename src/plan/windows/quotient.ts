import { resolveFunction } from '../../functions/registry.ts';
import { BIGINT, NUMERIC } from '../../values/types.ts';
import type { Expr } from '../expr.ts';

/** Column 0, a NUMERIC, divided by column 1, a BIGINT; NULL if column 0 is. */
export const QUOTIENT: Expr = quotient();

function quotient(): Expr {
  const divide = resolveFunction('/', [NUMERIC, NUMERIC]);
  if (!('fn' in divide)) throw new Error('numbers have a quotient');
  const sum: Expr = { kind: 'column', index: 0, name: 'sum', type: NUMERIC, nullable: true };
  const count: Expr = { kind: 'column', index: 1, name: 'count', type: BIGINT, nullable: true };
  const divisor: Expr = { kind: 'cast', type: NUMERIC, nullable: true, arg: count };
  return { kind: 'call', type: NUMERIC, nullable: true, fn: divide.fn, args: [sum, divisor] };
}
