import type { SqlType } from '../../values/types.ts';
import type { Expr } from '../expr.ts';
import type { PlanNode } from '../nodes.ts';

/** A column of a stored plan. Two columns are the same if they are the same object. */
export interface StoredColumn {
  readonly name: string;
  readonly type: SqlType;
}

/** The day buckets of one group: the sums of each series by day. */
export interface BucketGroup {
  /** BYTEA, as in values/day-buckets.ts. NULL if a left join found no row. */
  readonly buckets: StoredColumn;
  readonly series: readonly Series[];
  /** The rows before they are collected: the keys of a row, the day, and the value of each series. */
  readonly byDay: PlanNode;
}

/** The sums or counts of one expression by day. */
export interface Series {
  /** The type of the values. */
  readonly type: SqlType;
  /** What is added up, as text that changes with it. */
  readonly meaning: string;
  /** What is added up, as a name; names may repeat. */
  readonly label: string;
}

/** The days of a series that a window covers, as numbers of days before the reader's today; both ends are inside. */
export interface WindowPart {
  readonly series: Series;
  /** The newest day; undefined if days in the future count as well. Negative for a day in the future. */
  readonly from: number | undefined;
  /** The oldest day. */
  readonly to: number;
}

/** A value that is either stored, or that a reader computes from stored values for the day on which it reads. */
export type Late =
  | { readonly kind: 'stored'; readonly column: StoredColumn }
  | LateWindow
  /** `expr` over `args`: its column i is args[i]. */
  | { readonly kind: 'computed'; readonly expr: Expr; readonly args: readonly Late[] }
  /** TRUE if a group has rows, FALSE if a left join found none. */
  | { readonly kind: 'exists'; readonly group: BucketGroup };

/** The sum or the count of rows in windows. */
export interface LateWindow {
  readonly kind: 'window';
  readonly of: 'sum' | 'count';
  readonly group: BucketGroup;
  readonly parts: readonly WindowPart[];
  /** The type of the result. */
  readonly type: SqlType;
  /**
   * For sums: rows outside of the windows add 0, so that the sum is 0 rather than NULL once there is one. `true` if
   * every row of the group adds something that is not NULL; else a DATE column with the oldest such row's day (NULL:
   * none), which adds 0 from `after` days ago.
   */
  readonly zero?: true | { readonly oldest: StoredColumn; readonly after: number } | undefined;
}
