import type { Node } from '@pgsql/types';
import { clockIn, clocksInConditions } from './query.ts';
import { refused } from './target-rule.ts';
import type { TargetRule } from './target-rule.ts';

/** An OR becomes a union of one filter by the clock and the rest. */
export const CLOCK_IN_OR: TargetRule = {
  code: 'R011',
  about: 'an OR of two conditions with now()',
  source:
    'src/frontend/planner_test/tests/testdata/output/expr.yaml of its repository: an OR may have now() in one arm',
  check: ({ queries }) =>
    clocksInConditions(queries, secondOfOr).map((span) =>
      refused(
        'R011',
        'RisingWave takes now() in one arm of an OR alone',
        'write a branch of a UNION ALL for each, without the rows of the others',
        span,
      ),
    ),
};

/** The clock of the second arm that has one. */
function secondOfOr(part: Node): Node | undefined {
  if (!('BoolExpr' in part) || part.BoolExpr.boolop !== 'OR_EXPR') return undefined;
  return (part.BoolExpr.args ?? []).flatMap((arm) => clockIn(arm) ?? [])[1];
}
