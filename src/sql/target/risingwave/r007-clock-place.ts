import type { SelectStmt } from '@pgsql/types';
import type { Diagnostic } from '../../diagnostic.ts';
import { locationOf } from '../../bind/expr-binder.ts';
import { clockIn, selectsOf } from '../query.ts';
import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';

/** Freshet allows the clock anywhere; RisingWave allows it only in conditions. */
export const CLOCK_PLACE: TargetRule = {
  code: 'R007',
  about: 'now() outside WHERE, HAVING and ON',
  source: 'RisingWave 2.8.4 answers "`NOW()` function is only allowed in `WHERE`, `HAVING`, `ON` and `FROM`"',
  renderable: true,
  check({ queries }) {
    const found: Diagnostic[] = [];
    for (const { select, slice } of queries) {
      for (const each of selectsOf(select)) {
        for (const part of elsewhere(each)) {
          const clock = clockIn(part);
          if (clock === undefined) continue;
          found.push(
            refused(
              'R007',
              'RisingWave allows now() only in WHERE, HAVING and ON',
              'filter by it in WHERE, with one branch of a UNION ALL for each window',
              slice.spanAt(locationOf(clock)),
            ),
          );
        }
      }
    }
    return found;
  },
};

/** Returns the parts of a SELECT that are neither conditions nor FROM. */
function elsewhere(s: SelectStmt): readonly unknown[] {
  return [
    ...(s.targetList ?? []),
    ...(s.groupClause ?? []),
    ...(s.sortClause ?? []),
    ...(s.valuesLists ?? []),
  ];
}
