import type { AggregateCall } from '../../plan/nodes.ts';
import type { ExprCompiler } from '../codegen/expr-compiler.ts';
import type { Reg } from '../codegen/reg.ts';

/** Where one aggregate's accumulators of one group lie, in generated code. */
export interface FieldCode {
  /** The array, and the position of the aggregate's first number in it. */
  readonly array: string;
  readonly at: string;
  /** Code that reads or is assigned the k-th number. */
  f(k: number): string;
  /** Code that reads the number of rows in the group. */
  readonly rows: string;
  /** Code of the operator's WideSums (state/wide-sums.ts). */
  readonly wide: string;
}

/**
 * An aggregate whose state is a few accumulators per group, updated and retracted in O(1) by generated code. Groups
 * start as zeros. The result depends only on the multiset of rows in the group, never on the order or on past
 * rows.
 */
export interface FieldAggregate {
  /** Accumulators per group. */
  readonly count: number;
  /** Which of them is the number of a part of the operator's WideSums, if one is. */
  readonly wide?: number;
  /** Emits the change for one row whose arguments are all non-null; `w` is +1 or -1. */
  update(x: ExprCompiler, fields: FieldCode, row: { w: string; args: readonly Reg[] }): void;
  /** Emits the result, which may fail (Reg.failure) and is NULL then. */
  result(x: ExprCompiler, fields: FieldCode): Reg;
}

/** Whether rows with a NULL argument are left out (all but count(*) and those that collect values). */
export function skipsNulls(call: AggregateCall): boolean {
  return !['array_agg', 'jsonb_agg', 'jsonb_object_agg', 'first_value', 'last_value'].includes(call.name);
}
