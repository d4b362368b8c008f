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

/** How one aggregate call is computed, and where its accumulators lie. */
export interface CallPlan {
  readonly call: AggregateCall;
  /** Accumulators per group; undefined: `ordered` (by index in the operator's list). */
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
  readonly multiset: boolean;
  /** Accumulators per group; accumulator 0 is the number of rows. */
  readonly stride: number;
  readonly keyWords: KeyWords;
  readonly layout: RowLayout;
}

/**
 * A group's memory: the words of its key, then its accumulators, side by side in one buffer that is seen as doubles
 * (F) and as int32 words (KW), so that a group takes as few cache lines as can be. In doubles.
 */
export interface RowLayout {
  readonly size: number;
  /** Where the accumulators start. */
  readonly accumulators: number;
}

export function layoutRow(keyWords: KeyWords, stride: number): RowLayout {
  const accumulators = Math.ceil(keyWords.stride / 2);
  return { size: accumulators + stride, accumulators };
}

/** Code of the position in F at which the accumulators of group `slot` start. */
export function accumulatorsAt({ layout }: GroupShape, slot: string): string {
  return `${slot}*${layout.size}+${layout.accumulators}`;
}

/** Code of the position in KW at which the key of group `slot` starts. */
export function keyAt({ layout }: GroupShape, slot: string): string {
  return `${slot}*${layout.size * 2}`;
}

/** Code of the mark of group `slot`, see {@link KeyWords.mark}. */
export function markOf(shape: GroupShape, slot: string): string {
  return `KW[${keyAt(shape, slot)}+${shape.keyWords.mark}]`;
}

/** The accumulators of one call in a group that starts at `base`. */
export function fieldCode(array: string, base: string, plan: CallPlan): FieldCode {
  return {
    array,
    at: `${base}+${plan.start}`,
    f: (k) => `${array}[${base}+${plan.start + k}]`,
    rows: `${array}[${base}]`,
    wide: 'op.wide',
  };
}
