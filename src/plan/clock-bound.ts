import { DAY_US } from '../values/civil.ts';
import type { Datum } from '../values/datum.ts';
import type { Edges } from './clock-chain.ts';
import { clockFlow, lengthOf, usesNow } from './clock-flow.ts';
import type { ClockFlow } from './clock-flow.ts';
import { ageSince } from './clock-step.ts';
import { MIRRORED } from './expr.ts';
import type { CompareOp, Expr } from './expr.ts';

/** A comparison of a value of the row with a time derived from the clock. */
export interface Bound {
  /** The compared value, then the parameters of the clock's steps. None of them uses the clock. */
  readonly values: readonly Expr[];
  /** The operator of `value op clock`. */
  readonly op: CompareOp;
  /** True if it flips only at instants that many rows have in common. */
  readonly stepwise: boolean;
  /** True if the clock's side never decreases. */
  readonly rises: boolean;
  /**
   * Returns the first instant after `now_us` at which the comparison flips, or an earlier one; Infinity if it never
   * does.
   */
  next(values: readonly Datum[], now_us: number): number;
}

/** Returns the bound of `value op clock` or `clock op value`; undefined for any other comparison. */
export function boundOf(op: CompareOp, left: Expr, right: Expr): Bound | undefined {
  if (!usesNow(right)) return usesNow(left) ? boundOf(MIRRORED[op], right, left) : undefined;
  if (usesNow(left)) return undefined;
  const flow = isTime(left) ? clockFlow(right) : undefined;
  if (flow !== undefined) return bound(left, op, flow);
  return boundOfDifference(op, left, right) ?? boundOfAge(op, left, right) ?? boundOfField(op, left, right);
}

function isTime(e: Expr): boolean {
  return ['date', 'time', 'timestamp', 'timestamptz'].includes(e.type.kind);
}

function bound(value: Expr, op: CompareOp, flow: ClockFlow, edgesOf = lengthEdges(value)): Bound {
  return {
    values: [value, ...flow.params],
    op,
    stepwise: flow.stepwise,
    rises: flow.rises,
    next: (values, now_us) => {
      if (values[0] === null) return Infinity;
      const chain = flow.chain(values.slice(1));
      return chain === undefined ? Infinity : chain.nextFlip(op, edgesOf(values[0]!), now_us);
    },
  };
}

/** Returns the bound of `amount op (clock - row)` or `amount op (row - clock)`: a number of days, or an interval. */
function boundOfDifference(op: CompareOp, amount: Expr, difference: Expr): Bound | undefined {
  if (difference.kind !== 'call' || difference.fn.name !== '-' || difference.args.length !== 2)
    return undefined;
  const [a, b] = difference.args as readonly [Expr, Expr];
  if (!isTime(a) || !isTime(b)) return undefined;
  // c op g - x  <=>  x op g - c;  c op x - g  <=>  x mirrored(op) g + c
  if (!usesNow(b)) {
    const flow = clockFlow(a)?.minus(amount);
    return flow === undefined ? undefined : bound(b, op, flow);
  }
  if (usesNow(a)) return undefined;
  const flow = clockFlow(b)?.minus(amount, -1);
  return flow === undefined ? undefined : bound(a, MIRRORED[op], flow);
}

/** Returns the bound of `interval op age(clock, row)`. */
function boundOfAge(op: CompareOp, length: Expr, age: Expr): Bound | undefined {
  if (age.kind !== 'call' || age.fn.name !== 'age') return undefined;
  const [of, since] = age.args as readonly [Expr, Expr];
  if (usesNow(since)) return undefined;
  const flow = clockFlow(of)?.followedBy([since], ([x]) => [ageSince(x as number)], {
    stepwise: false,
    rises: false,
  });
  return flow === undefined ? undefined : bound(length, op, flow);
}

/**
 * Returns the bound of `number op EXTRACT(EPOCH FROM clock)`, or of a number compared with the seconds or days of
 * `clock - row`, as in `number op DATE_PART('day', clock - row)`.
 */
function boundOfField(op: CompareOp, number: Expr, e: Expr): Bound | undefined {
  if (e.kind !== 'call' || (e.fn.name !== 'extract' && e.fn.name !== 'date_part')) return undefined;
  const [field, of] = e.args as readonly [Expr, Expr];
  const name = field.kind === 'const' ? String(field.value).trim().toLowerCase() : '';
  const ago = flowOfAgo(of);
  if (ago !== undefined && /^d(?:ays?)?$/.test(name)) {
    return bound(number, op, ago, (c) => {
      const [floor, ceil] = wholes(c as number | bigint, 0);
      return { reached: firstOfDays(ceil), passed: firstOfDays(floor + 1) };
    });
  }
  // Only numeric seconds: a double may lie between two microseconds.
  if (name !== 'epoch' || e.type.kind !== 'numeric') return undefined;
  const flow = clockFlow(of) ?? ago;
  if (flow === undefined) return undefined;
  return bound(number, op, flow, (c) => {
    const [floor, ceil] = wholes(c as bigint, 6);
    return { reached: ceil, passed: floor + 1 };
  });
}

/**
 * Returns the shortest length of time, in microseconds, of `days` days or more. The days of a negative length are
 * truncated towards zero.
 */
const firstOfDays = (days: number): number => (days >= 1 ? days * DAY_US : (days - 1) * DAY_US + 1);

/** Returns `clock - row` as a flow of microseconds. */
function flowOfAgo(e: Expr): ClockFlow | undefined {
  if (e.kind !== 'call' || e.fn.name !== '-' || e.type.kind !== 'interval') return undefined;
  const [clock, row] = e.args as readonly [Expr, Expr];
  return row === undefined || !isTime(clock) || usesNow(row) ? undefined : clockFlow(clock)?.minus(row);
}

/** Returns the whole numbers around a double, or around a numeric datum times 10^digits. */
function wholes(x: number | bigint, digits: number): [floor: number, ceil: number] {
  if (typeof x === 'number') return [Math.floor(x), Math.ceil(x)];
  const unit = 10n ** BigInt(28 - digits);
  const rest = x % unit;
  const floor = Number(x / unit) - (rest < 0n ? 1 : 0);
  return [floor, rest === 0n ? floor : floor + 1];
}

function lengthEdges(value: Expr): (x: Datum) => Edges {
  return (x) => {
    const us = lengthOf(value, x);
    return { reached: us, passed: us + 1 };
  };
}
