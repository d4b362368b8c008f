import type { Node } from '@pgsql/types';
import { clockIn, clocksInConditions, itemsOf, operatorOf } from '../query.ts';
import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';

/** RisingWave plans an OR as a union of one filter by the clock and the other conditions. */
export const CLOCK_IN_OR: TargetRule = {
  code: 'R011',
  about: 'an OR of two conditions with now(), also as IN or NOT BETWEEN',
  source:
    "RisingWave's src/frontend/planner_test/tests/testdata/output/expr.yaml allows now() in one arm of an OR",
  renderable: true,
  check: ({ queries }) =>
    clocksInConditions(queries, secondOfOr).map((span) =>
      refused(
        'R011',
        'RisingWave allows now() in only one arm of an OR',
        'write a branch of a UNION ALL for each arm, and keep out of it the rows of the others',
        span,
      ),
    ),
};

/** Returns the clock of the second arm that has one. IN is an OR of its items, NOT BETWEEN an OR of its limits. */
function secondOfOr(part: Node): Node | undefined {
  return armsOf(part).flatMap((arm) => clockIn(arm) ?? [])[1];
}

function armsOf(part: Node): readonly Node[] {
  if ('BoolExpr' in part) return part.BoolExpr.boolop === 'OR_EXPR' ? (part.BoolExpr.args ?? []) : [];
  if (!('A_Expr' in part)) return [];
  const { kind, rexpr } = part.A_Expr;
  const isOr = kind === 'AEXPR_NOT_BETWEEN' || (kind === 'AEXPR_IN' && operatorOf(part) === '=');
  return isOr ? itemsOf(rexpr) : [];
}
