import { OPPOSITE } from '../../../../plan/expr.ts';
import type { CompareOp } from '../../../../plan/expr.ts';
import type { DateUnit } from '../../../../values/date-unit.ts';
import type { ClockForm } from './clock-form.ts';

/** What a row is compared with the clock by: SQL of a TIMESTAMP or a TIMESTAMPTZ over the columns of the row. */
export interface RowTime {
  /** An expression that can stand beside a comparison. */
  readonly sql: string;
  readonly type: 'timestamp' | 'timestamptz';
  /** False if it is never NULL. */
  readonly nullable: boolean;
  /** The unit to which its values are cut; undefined if they can be any time. */
  readonly grid: DateUnit | undefined;
}

/** `row op clock`: true from some instant on, or until some instant; NULL if the time of the row is NULL. */
export interface Cut {
  readonly kind: 'cut';
  readonly row: RowTime;
  readonly op: CompareOp;
  readonly clock: ClockForm;
}

/** A condition on the clock, taken apart into comparisons that RisingWave can filter by. */
export type Condition =
  | Cut
  /** A condition without the clock. It can be an operand of AND, OR and NOT. */
  | { readonly kind: 'sql'; readonly sql: string }
  | { readonly kind: 'and' | 'or'; readonly args: readonly Condition[] }
  | { readonly kind: 'not'; readonly arg: Condition };

/** Returns all comparisons with the clock in a condition. */
export function cutsOf(c: Condition): readonly Cut[] {
  switch (c.kind) {
    case 'cut':
      return [c];
    case 'sql':
      return [];
    case 'not':
      return cutsOf(c.arg);
    default:
      return c.args.flatMap(cutsOf);
  }
}

/** Renders a condition; `cut` renders each of its comparisons as an operand of AND, OR and NOT. */
export function renderCondition(c: Condition, cut: (cut: Cut) => string): string {
  switch (c.kind) {
    case 'cut':
      return cut(c);
    case 'sql':
      return c.sql;
    case 'not':
      return `NOT (${renderCondition(c.arg, cut)})`;
    default: {
      const word = c.kind === 'and' ? ' AND ' : ' OR ';
      return `(${c.args.map((arg) => renderCondition(arg, cut)).join(word)})`;
    }
  }
}

/** Returns an equal condition without `not` around comparisons with the clock; `=` and `<>` stay. */
export function pushedDown(c: Condition, negate = false): Condition {
  switch (c.kind) {
    case 'cut':
      return negate ? { ...c, op: OPPOSITE[c.op] } : c;
    case 'sql':
      return negate ? { kind: 'not', arg: c } : c;
    case 'not':
      return pushedDown(c.arg, !negate);
    default: {
      const kind = negate ? (c.kind === 'and' ? 'or' : 'and') : c.kind;
      const args = c.args.map((arg) => pushedDown(arg, negate));
      return { kind, args: args.flatMap((arg) => (arg.kind === kind ? arg.args : [arg])) };
    }
  }
}

/** Returns the conjuncts of a condition. */
export function conjunctsOf(c: Condition): readonly Condition[] {
  return c.kind === 'and' ? c.args.flatMap(conjunctsOf) : [c];
}

/** Returns whether RisingWave filters by a condition as it is: comparisons with the clock, joined by AND. */
export function isFilter(c: Condition): boolean {
  return conjunctsOf(c).every(
    (each) => (each.kind === 'cut' && each.op !== '<>') || cutsOf(each).length === 0,
  );
}
