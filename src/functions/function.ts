import type { Datum } from '../values/datum.ts';
import type { SqlType } from '../values/types.ts';

/**
 * One overload of a scalar function or operator. `resolveFunction` (registry.ts) finds it by PostgreSQL's rules: an
 * exact match first, then implicit casts.
 *
 * Contract: `impl` is pure and synchronous. With `strict` it is never called with a NULL. It returns a datum of
 * `returns` (values/datum.ts). The only error that it throws is SqlValueError, for bad values.
 */
export interface ScalarFunction {
  /** The SQL name in lower case, or the operator: `date_trunc`, `+`, `->>`. */
  readonly name: string;
  /** Unique in the registry, such as `add(bigint,bigint)`. Plans and generated code refer to the function by it. */
  readonly id: string;
  readonly args: readonly SqlType[];
  /** Whether the last argument may repeat. */
  readonly variadic?: boolean;
  readonly returns: SqlType;
  /** Whether a NULL argument gives NULL without a call. */
  readonly strict: boolean;
  readonly impl: (...args: Datum[]) => Datum;
  /**
   * Throws SqlValueError if the call fails in every row with this value as its argument at `position` (from 0), such as
   * an unknown unit, zone or pattern. The binder checks constant arguments with it, so that a mistake is an error of
   * the SQL, and not a column of NULLs.
   */
  readonly check?: ((position: number, value: NonNullable<Datum>) => void) | undefined;
}

/** The aggregates, as plans name them. */
export type AggregateName =
  | 'count'
  | 'sum'
  | 'avg'
  | 'min'
  | 'max'
  | 'bool_and'
  | 'bool_or'
  | 'array_agg'
  | 'string_agg'
  | 'jsonb_agg'
  | 'jsonb_object_agg'
  | 'first_value'
  | 'last_value'
  /** Internal: sums by day, as the bytes of values/day-buckets.ts. SQL cannot name it. */
  | 'day_buckets';
