import type { Node, SelectStmt } from '@pgsql/types';
import type { Diagnostic } from '../diagnostic.ts';
import { locationOf } from '../bind/expr-binder.ts';
import { clockIn, selectsOf, walk } from './query.ts';
import { refused } from './target-rule.ts';
import type { TargetRule } from './target-rule.ts';

/** A filter by the clock needs a clock that RisingWave is sure only ever rises; it is not sure of a cast of it. */
export const CLOCK_FORM: TargetRule = {
  code: 'R008',
  about: 'a cast of now() in a condition, such as now()::date',
  source:
    'run on RisingWave 2.8.4: "Conditions containing now must be in the form of `input_expr cmp now_expr`"',
  check({ queries }) {
    const found: Diagnostic[] = [];
    for (const { select, slice } of queries) {
      for (const each of selectsOf(select)) {
        walk(conditionsOf(each), (kind, node) => {
          if (kind === 'SelectStmt') return false;
          if (!isCastOfClock(node)) return true;
          found.push(
            refused(
              'R008',
              'RisingWave filters by no cast of now()',
              "for days write date_trunc('day', now() AT TIME ZONE 'UTC'), and compare a timestamp with it",
              slice.spanAt(locationOf(clockIn(node))),
            ),
          );
          return false;
        });
      }
    }
    return found;
  },
};

function isCastOfClock(node: Node): boolean {
  if (!('TypeCast' in node) || clockIn(node.TypeCast.arg) === undefined) return false;
  const name = node.TypeCast.typeName?.names?.at(-1);
  // It is TIMESTAMPTZ already.
  return !(name !== undefined && 'String' in name && name.String.sval === 'timestamptz');
}

function conditionsOf(s: SelectStmt): readonly unknown[] {
  const conditions: unknown[] = [s.whereClause, s.havingClause];
  walk(s.fromClause, (kind, node) => {
    if (kind === 'SelectStmt') return false;
    if ('JoinExpr' in node) conditions.push(node.JoinExpr.quals);
    return true;
  });
  return conditions;
}
