import type { AggregateCall } from '../../plan/nodes.ts';
import type { ExprCompiler } from '../codegen/expr-compiler.ts';
import type { Reg } from '../codegen/reg.ts';
import type { Datum } from '../../values/datum.ts';
import type { Batch } from '../batch.ts';
import type { Packer, Unpacker } from '../state/packer.ts';
import type { TextMarks } from '../text/text-marks.ts';

/** Generated code for the accumulators of one aggregate in one group. */
export interface FieldCode {
  /** Code of the array, and of the position of the aggregate's first accumulator in it. */
  readonly array: string;
  readonly at: string;
  /** Returns code that stands for the k-th accumulator, on either side of an assignment. */
  f(k: number): string;
  /** Code that reads the number of rows in the group. */
  readonly rows: string;
  /** Code of the operator's WideSums (state/wide-sums.ts). */
  readonly wide: string;
}

/**
 * An aggregate whose state is a few accumulators per group, to which generated code adds or retracts a row in O(1).
 * Groups start with zeros. The result depends only on the multiset of rows in the group, never on their order or on
 * rows that were retracted.
 */
export interface FieldAggregate {
  /** Accumulators per group. */
  readonly count: number;
  /** The position of the accumulator that holds the number of a part of the operator's WideSums, if there is one. */
  readonly wide?: number;
  /** Emits the update for one row whose arguments are not NULL; `w` is code of its weight, +1 or -1. */
  update(x: ExprCompiler, fields: FieldCode, row: { w: string; args: readonly Reg[] }): void;
  /** Emits the result, which is NULL if it fails (`Reg.failure`). */
  result(x: ExprCompiler, fields: FieldCode): Reg;
}

/** An aggregate whose state is kept apart for each group, and whose result is computed from it at barriers. */
export interface CollectingAggregate {
  /** Adds row `i` of `batch`, which holds the arguments and the ORDER BY keys, to a group (weight 1) or retracts it (-1). */
  apply(group: number, batch: Batch, i: number, weight: number): void;
  free(group: number): void;
  /** Returns the aggregate's value for a group. Throws SqlValueError if it has none. */
  result(group: number): Datum;
  /** Number of rows that are kept. */
  readonly liveRows: number;
  markTexts(marks: TextMarks): void;
  save(to: Packer): void;
  restore(from: Unpacker): void;
}

const COLLECTING: ReadonlySet<string> = new Set([
  'array_agg',
  'jsonb_agg',
  'jsonb_object_agg',
  'first_value',
  'last_value',
  'day_buckets',
]);

/** Returns whether an aggregate skips rows with a NULL argument. Those that collect values or pick a row do not. */
export function skipsNulls(call: AggregateCall): boolean {
  return !COLLECTING.has(call.name);
}
