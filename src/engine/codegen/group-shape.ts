import type { Expr } from '../../plan/expr.ts';
import type { AggregateCall, PlanColumn } from '../../plan/nodes.ts';
import type { FieldAggregate, FieldCode } from '../aggregates/aggregate.ts';
import type { CodeBuilder } from './builder.ts';
import type { ColumnCode } from './column-code.ts';
import { hoistColumn } from './column-code.ts';
import type { KeyWords } from './key-words.ts';
import { interned } from './key-words.ts';

/** How one aggregate call is computed, and where its numbers lie. */
export interface CallPlan {
  readonly call: AggregateCall;
  /** Numbers per group; undefined: `ordered` (by index in the operator's list). */
  readonly fields: FieldAggregate | undefined;
  readonly ordered: number;
  /** Position of its first number in the group's. */
  readonly start: number;
  /** Index of its DistinctSet in the operator's list, or -1. */
  readonly distinct: number;
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
  return { array, at: `${base}+${plan.start}`, f: (k) => `${array}[${base}+${plan.start + k}]` };
}

/** The columns of irregular keys, by key. */
export function irregularKeys(b: CodeBuilder, shape: GroupShape): (ColumnCode | undefined)[] {
  return shape.keys.map((k, i) =>
    interned(k) ? hoistColumn(b, `op.keyColumns[${i}]`, k.type, true) : undefined,
  );
}
