import type { Node } from '@pgsql/types';
import { clockIn, clocksInConditions, walk } from './query.ts';
import { refused } from './target-rule.ts';
import type { TargetRule } from './target-rule.ts';

const COMPARISONS = new Set(['=', '<', '<=', '>', '>=']);

/** There, the clock is on one side of a comparison and the columns are on the other. */
export const CLOCK_SIDE: TargetRule = {
  code: 'R010',
  about: 'a comparison with now() and a column on the same side',
  source:
    'src/frontend/src/expr/mod.rs of its repository, and "... in the form of `input_expr cmp now_expr`" on 2.8.4',
  check: ({ queries }) =>
    clocksInConditions(queries, (part) =>
      clockIn(sidesOf(part).find((s) => clockIn(s) !== undefined && hasColumn(s))),
    ).map((span) =>
      refused(
        'R010',
        'RisingWave wants now() on one side of a comparison, and columns on the other alone',
        "move the column over: instead of now() - at < INTERVAL '1 day' write at > now() - INTERVAL '1 day'",
        span,
      ),
    ),
};

function sidesOf(node: Node): readonly Node[] {
  if (!('A_Expr' in node)) return [];
  const { name = [], lexpr, rexpr } = node.A_Expr;
  const [operator] = name;
  const isComparison =
    operator !== undefined && 'String' in operator && COMPARISONS.has(operator.String.sval ?? '');
  return isComparison ? [lexpr, rexpr].filter((side) => side !== undefined) : [];
}

function hasColumn(part: Node): boolean {
  let has = false;
  walk(part, (kind) => {
    if (kind === 'ColumnRef') has = true;
    return kind !== 'SelectStmt';
  });
  return has;
}
