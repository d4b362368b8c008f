import type { Datum } from '../values/datum.ts';
import type { SqlType } from '../values/types.ts';

/**
 * One overload of a scalar function or operator. Overloads of a name live in one file per family and are found by
 * `resolveFunction` (registry.ts) with PostgreSQL's rules: exact match first, then implicit casts.
 *
 * Contract: `impl` is pure and synchronous. With `strict` it is never called with a NULL. It returns a datum of
 * `returns` (values/datum.ts) and throws SqlValueError for bad values, nothing else.
 */
export interface ScalarFunction {
  /** Lower-case SQL name, or the operator's sign: `date_trunc`, `+`, `->>`. */
  readonly name: string;
  /** Unique over the whole registry, e.g. `add(bigint,bigint)`; generated code is looked up by it. */
  readonly id: string;
  readonly args: readonly SqlType[];
  /** The last argument may repeat (concat, jsonb_build_object). */
  readonly variadic?: boolean;
  readonly returns: SqlType;
  /** NULL in, NULL out, without a call. */
  readonly strict: boolean;
  readonly impl: (...args: Datum[]) => Datum;
  /**
   * Throws SqlValueError if no row could have a result with this value as its argument at `position` (from 0): a
   * unit, a zone, a pattern that is none. The binder asks for arguments that are constants, so that they are errors
   * of the SQL instead of a column of NULLs.
   */
  readonly check?: ((position: number, value: NonNullable<Datum>) => void) | undefined;
}

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
  | 'last_value';
