import type { Node } from '@pgsql/types';
import { COMPARISONS, clockIn, clocksInConditions, hasColumn, itemsOf, operatorOf } from '../query.ts';
import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';

/** RisingWave wants the clock on one side of a comparison, and the columns on the other. */
export const CLOCK_SIDE: TargetRule = {
  code: 'R010',
  about: 'a comparison with now() and a column on the same side, without a column, or by <>',
  source:
    'RisingWave\'s src/frontend/src/expr/mod.rs; 2.8.4 answers "... in the form of `input_expr cmp now_expr`"',
  renderable: true,
  check: ({ queries }) => [
    ...clocksInConditions(queries, mixedSide).map((span) =>
      refused(
        'R010',
        'RisingWave wants now() on one side of a comparison, and columns only on the other',
        "move the column over: instead of now() - at < INTERVAL '1 day', write at > now() - INTERVAL '1 day'",
        span,
      ),
    ),
    ...clocksInConditions(queries, (part) => (isOfNoOrder(part) ? clockIn(part) : undefined)).map((span) =>
      refused(
        'R010',
        'RisingWave compares with now() only by =, <, <=, > and >=',
        'write x < ... in one branch of a UNION ALL, and x > ... in another',
        span,
      ),
    ),
  ],
};

/** Returns the clock of a comparison that has a column on the same side, or no column at all. */
function mixedSide(part: Node): Node | undefined {
  const sides = sidesOf(part);
  const mixed = sides.find((side) => clockIn(side) !== undefined && hasColumn(side));
  if (mixed !== undefined) return clockIn(mixed);
  return sides.length > 0 && !hasColumn(part) ? clockIn(part) : undefined;
}

function sidesOf(node: Node): readonly Node[] {
  if (!('A_Expr' in node)) return [];
  const { kind, lexpr, rexpr } = node.A_Expr;
  const isComparison = kind === 'AEXPR_OP' ? COMPARISONS.has(operatorOf(node) ?? '') : LISTS.has(kind ?? '');
  return isComparison ? [...itemsOf(lexpr), ...itemsOf(rexpr)] : [];
}

const LISTS: ReadonlySet<string> = new Set(['AEXPR_BETWEEN', 'AEXPR_NOT_BETWEEN', 'AEXPR_IN']);

/** `<>`, NOT IN and IS [NOT] DISTINCT FROM. */
function isOfNoOrder(node: Node): boolean {
  if (!('A_Expr' in node)) return false;
  const { kind } = node.A_Expr;
  if (kind === 'AEXPR_DISTINCT' || kind === 'AEXPR_NOT_DISTINCT') return true;
  return (kind === 'AEXPR_OP' || kind === 'AEXPR_IN') && ['<>', '!='].includes(operatorOf(node) ?? '');
}
