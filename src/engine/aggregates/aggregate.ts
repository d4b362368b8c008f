import type { AggregateCall } from '../../plan/nodes.ts';
import type { ExprCompiler } from '../codegen/expr-compiler.ts';
import type { Reg } from '../codegen/reg.ts';

/** The arrays of one aggregate's state, as identifiers in generated code. */
export interface FieldNames {
  readonly f: readonly string[];
  readonly i: readonly string[];
}

/**
 * An aggregate whose state is a few numbers per group, updated and retracted in O(1) by generated code. Groups start
 * as zeros. The result depends only on the multiset of rows in the group, never on the order or on past rows.
 */
export interface FieldAggregate {
  readonly f64Count: number;
  readonly i32Count: number;
  /** Emits the change for one row whose arguments are all non-null; `s` is the slot, `w` +1 or -1. */
  update(x: ExprCompiler, fields: FieldNames, row: { s: string; w: string; args: readonly Reg[] }): void;
  /** Emits the result for the group at index `i`. */
  result(x: ExprCompiler, fields: FieldNames, i: string): Reg;
}

/** Whether rows with a NULL argument are left out (all but count(*) and those that collect values). */
export function skipsNulls(call: AggregateCall): boolean {
  return !['array_agg', 'jsonb_agg', 'jsonb_object_agg', 'first_value', 'last_value'].includes(call.name);
}
