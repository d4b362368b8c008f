import type { Diagnostic } from '../../diagnostic.ts';
import { locationOf } from '../../bind/expr-binder.ts';
import { integerConst } from '../../bind/type-name.ts';
import { selectsOf } from '../query.ts';
import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';

/** RisingWave orders the result of a UNION by its output columns only. */
export const ORDER_OVER_UNION: TargetRule = {
  code: 'R005',
  about: 'ORDER BY an expression over UNION',
  source:
    "RisingWave's src/frontend/src/binder/query.rs and planner/set_expr.rs take ordering expressions only over a SELECT",
  renderable: false,
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
              'RisingWave orders the result of a UNION only by its columns, not by an expression',
              'select the expression under one name in each branch, and order by that name',
              slice.spanAt(locationOf(key)),
            ),
          );
        }
      }
    }
    return found;
  },
};
