import type { CompareOp, Expr } from '../../../../plan/expr.ts';
import type { Interval } from '../../../../values/datum.ts';
import type { Condition, RowTime } from './condition.ts';
import type { QueryText } from './query-text.ts';

/** Every form of a condition ends in a comparison of a time of the row with a time of the clock. */
export interface Solver {
  readonly text: QueryText;
  /** Returns `row op e`, for a time `e` that uses the clock and may use the row as well. */
  time(row: RowTime, op: CompareOp, e: Expr): Condition;
  /** Returns `row op clock + by`, for a constant length without months. */
  shifted(row: RowTime, op: CompareOp, clock: Expr, by: Interval): Condition;
}
