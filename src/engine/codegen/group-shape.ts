import type { Expr } from '../../plan/expr.ts';
import type { AggregateCall, PlanColumn } from '../../plan/nodes.ts';
import type { FieldAggregate, FieldCode } from '../aggregates/aggregate.ts';
import type { KeyWords } from './key-words.ts';

/** The layout of a DistinctSet (state/distinct-set.ts). */
export interface DistinctPlan {
  /** Index in `Groups.distinct`. */
  readonly index: number;
  readonly valueWords: number;
  readonly counted: boolean;
  /** Words of an entry. */
  readonly stride: number;
}

/** How one aggregate call is computed, and where its accumulators lie. */
export interface CallPlan {
  readonly call: AggregateCall;
  /** The aggregate over accumulators; undefined for an ordered aggregate. */
  readonly fields: FieldAggregate | undefined;
  /** Index of an ordered aggregate in `Groups.ordered`, otherwise -1. */
  readonly ordered: number;
  /** Position of the call's first accumulator among those of the group. */
  readonly start: number;
  /** The set of a call whose DISTINCT makes a difference. */
  readonly distinct: DistinctPlan | undefined;
}

/** The expressions, over some input, of what one row contributes to its group. */
export interface RowExprs {
  readonly predicate: Expr | undefined;
  readonly keys: readonly Expr[];
  /** Per call. */
  readonly args: readonly (readonly Expr[])[];
  readonly filters: readonly (Expr | undefined)[];
  readonly orderKeys: readonly (readonly Expr[])[];
}

/** What is known of a GROUP BY when its code is generated: keys, calls, and the layout of a group's memory. */
export interface GroupShape {
  /** The operator's id. */
  readonly id: string;
  readonly keys: readonly PlanColumn[];
  readonly calls: readonly CallPlan[];
  /** Output columns: the keys, then the calls. */
  readonly columns: readonly PlanColumn[];
  /** True if the groups are the distinct rows of a view without a key, each with its multiplicity. */
  readonly multiset: boolean;
  /** Accumulators per group; accumulator 0 is the number of rows. */
  readonly stride: number;
  readonly keyWords: KeyWords;
  readonly layout: RowLayout;
}

/**
 * A group's memory: the words of its key, then its accumulators, adjacent in one buffer, so that a group takes few
 * cache lines. The buffer is viewed as doubles (F) and as int32 words (KW). Sizes are in doubles.
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

/** Returns code of the position in F at which the accumulators of group `slot` start. */
export function accumulatorsAt({ layout }: GroupShape, slot: string): string {
  return `${slot}*${layout.size}+${layout.accumulators}`;
}

/** Returns code of the position in KW at which the key of group `slot` starts. */
export function keyAt({ layout }: GroupShape, slot: string): string {
  return `${slot}*${layout.size * 2}`;
}

/** Returns code of the mark of group `slot`, see {@link KeyWords.mark}. */
export function markOf(shape: GroupShape, slot: string): string {
  return `KW[${keyAt(shape, slot)}+${shape.keyWords.mark}]`;
}

/** Returns the code of one call's accumulators in a group whose accumulators start at `base` in `array`. */
export function fieldCode(array: string, base: string, plan: CallPlan): FieldCode {
  return {
    array,
    at: `${base}+${plan.start}`,
    f: (k) => `${array}[${base}+${plan.start + k}]`,
    rows: `${array}[${base}]`,
    wide: 'op.wide',
  };
}
