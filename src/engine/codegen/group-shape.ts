import type { Expr } from '../../plan/expr.ts';
import type { AggregateCall, PlanColumn } from '../../plan/nodes.ts';
import type { FieldAggregate, FieldCode } from '../aggregates/aggregate.ts';
import type { KeyWords } from './key-words.ts';

/** The layout of a DistinctSet (state/distinct-set.ts). */
export interface DistinctPlan {
  /** Its index in the operator's list. */
  readonly index: number;
  readonly valueWords: number;
  readonly counted: boolean;
  /** Words of an entry. */
  readonly stride: number;
}

/** How one aggregate call is computed, and where its numbers lie. */
export interface CallPlan {
  readonly call: AggregateCall;
  /** Numbers per group; undefined: `ordered` (by index in the operator's list). */
  readonly fields: FieldAggregate | undefined;
  readonly ordered: number;
  /** Position of its first number in the group's. */
  readonly start: number;
  /** Its DistinctSet, where the call has DISTINCT and that matters. */
  readonly distinct: DistinctPlan | undefined;
}

/** What one row contributes, as expressions over some input. */
export interface RowExprs {
  readonly predicate: Expr | undefined;
  readonly keys: readonly Expr[];
  /** Per call. */
  readonly args: readonly (readonly Expr[])[];
  readonly filters: readonly (Expr | undefined)[];
  readonly orderKeys: readonly (readonly Expr[])[];
}

export interface GroupShape {
  /** The operator's id. */
  readonly id: string;
  readonly keys: readonly PlanColumn[];
  readonly calls: readonly CallPlan[];
  readonly columns: readonly PlanColumn[];
  readonly bag: boolean;
  /** Numbers per group; number 0 is the number of rows. */
  readonly stride: number;
  readonly keyWords: KeyWords;
}

/** The numbers of one call in a group that starts at `base`. */
export function fieldCode(array: string, base: string, plan: CallPlan): FieldCode {
  return {
    array,
    at: `${base}+${plan.start}`,
    f: (k) => `${array}[${base}+${plan.start + k}]`,
    rows: `${array}[${base}]`,
  };
}
