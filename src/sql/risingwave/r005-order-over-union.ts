import type { Diagnostic } from '../diagnostic.ts';
import { locationOf } from '../bind/expr-binder.ts';
import { integerConst } from '../bind/type-name.ts';
import { selectsOf } from './query.ts';
import { refused } from './target-rule.ts';
import type { TargetRule } from './target-rule.ts';

/** Over UNION there is nothing but output columns to order by. */
export const ORDER_OVER_UNION: TargetRule = {
  code: 'R005',
  about: 'ORDER BY an expression over UNION',
  source:
    'src/frontend/src/binder/query.rs and planner/set_expr.rs of its repository: only a SELECT takes ordering expressions',
  check({ queries }) {
    const found: Diagnostic[] = [];
    for (const { select, slice } of queries) {
      for (const each of selectsOf(select)) {
        if (each.op === undefined || each.op === 'SETOP_NONE') continue;
        for (const item of each.sortClause ?? []) {
          const key = 'SortBy' in item ? item.SortBy.node : undefined;
          if (key === undefined || 'ColumnRef' in key || integerConst(key) !== undefined) continue;
          found.push(
            refused(
              'R005',
              'RisingWave orders what UNION gives by its columns alone',
              'select the expression under a name in each branch, and order by that name',
              slice.spanAt(locationOf(key)),
            ),
          );
        }
      }
    }
    return found;
  },
};
