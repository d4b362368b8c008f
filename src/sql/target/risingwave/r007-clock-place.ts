import type { SelectStmt } from '@pgsql/types';
import type { Span } from '../../../plan/expr.ts';
import { locationOf } from '../../bind/expr-binder.ts';
import { clockIn, selectsOf } from '../query.ts';
import { refused } from '../target-rule.ts';
import type { TargetInput, TargetRule } from '../target-rule.ts';
import { clockFindings } from './clock-conditions.ts';
import { RENDERED } from './rendered.ts';

/** Freshet allows the clock anywhere; RisingWave allows it only in conditions. */
export const CLOCK_PLACE: TargetRule = {
  code: 'R007',
  about: 'now() outside WHERE, HAVING and ON, or inside an aggregate of HAVING',
  source: 'RisingWave 2.8.4 answers "`NOW()` function is only allowed in `WHERE`, `HAVING`, `ON` and `FROM`"',
  renderable: true,
  check: (input) =>
    [...elsewhere(input), ...aggregated(input)].map((span) =>
      refused(
        'R007',
        'RisingWave allows now() only in WHERE, HAVING and ON',
        `filter by it in WHERE, with one branch of a UNION ALL for each window; ${RENDERED}`,
        span,
      ),
    ),
};

function elsewhere({ queries }: TargetInput): readonly Span[] {
  return queries.flatMap(({ select, slice }) =>
    selectsOf(select)
      .flatMap(otherParts)
      .flatMap((part) => clockIn(part) ?? [])
      .map((clock) => slice.spanAt(locationOf(clock))),
  );
}

function aggregated(input: TargetInput): readonly Span[] {
  return clockFindings(input)
    .filter(({ fault }) => fault === 'aggregated')
    .map(({ span }) => span);
}

/** Returns the parts of a SELECT that are neither conditions nor FROM. */
function otherParts(s: SelectStmt): readonly unknown[] {
  return [
    ...(s.targetList ?? []),
    ...(s.distinctClause ?? []),
    ...(s.groupClause ?? []),
    ...(s.windowClause ?? []),
    ...(s.sortClause ?? []),
    ...(s.valuesLists ?? []),
  ];
}
