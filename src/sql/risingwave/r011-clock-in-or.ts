import type { Diagnostic } from '../diagnostic.ts';
import { locationOf } from '../bind/expr-binder.ts';
import { clockIn, conditionsOf, selectsOf, walk } from './query.ts';
import { refused } from './target-rule.ts';
import type { TargetRule } from './target-rule.ts';

/** An OR becomes a union of one filter by the clock and the rest. */
export const CLOCK_IN_OR: TargetRule = {
  code: 'R011',
  about: 'an OR of two conditions with now()',
  source:
    'src/frontend/planner_test/tests/testdata/output/expr.yaml of its repository: an OR may have now() in one arm',
  check({ queries }) {
    const found: Diagnostic[] = [];
    for (const { select, slice } of queries) {
      for (const each of selectsOf(select)) {
        walk(conditionsOf(each), (kind, node) => {
          if (kind === 'SelectStmt') return false;
          if (!('BoolExpr' in node) || node.BoolExpr.boolop !== 'OR_EXPR') return true;
          const [, second] = (node.BoolExpr.args ?? []).flatMap((arm) => clockIn(arm) ?? []);
          if (second === undefined) return true;
          found.push(
            refused(
              'R011',
              'RisingWave takes now() in one arm of an OR alone',
              'write a branch of a UNION ALL for each, without the rows of the others',
              slice.spanAt(locationOf(second)),
            ),
          );
          return false;
        });
      }
    }
    return found;
  },
};
