import type { Interval } from '../../values/datum.ts';
import type { CompareExpr, CompareOp, ConstExpr, Expr } from '../../plan/expr.ts';
import { MIRRORED, OPPOSITE, children, someExpr } from '../../plan/expr.ts';
import { renderExpr } from '../../plan/render-expr.ts';

/** A comparison of a time with the clock, shifted by some days: `value op now - days`. */
export interface ClockBound {
  readonly compare: CompareExpr;
  /** What is compared with the clock, without the casts that give both sides one type. */
  readonly value: Expr;
  /** The operator of `value op now - days`. */
  readonly op: CompareOp;
  /** How far back the bound lies, in days; a month counts as 30. Negative if the bound lies ahead. */
  readonly days: number;
  /** Whether the clock is cut to the start of its day, so that the bound moves only at midnight. */
  readonly fromMidnight: boolean;
  /** The time zone of that day, as SQL; undefined for UTC. */
  readonly zone: string | undefined;
  /** Whether the SQL gives the days as an integer, 7, and not as INTERVAL '7 days'. */
  readonly asInteger: boolean;
}

/** Returns whether a bound is a moving lower bound: rows count until they reach some age. */
export function isRolling({ op, days }: ClockBound): boolean {
  return (op === '>' || op === '>=') && days > 0;
}

/**
 * Returns the comparisons with the clock in an expression, in any form: `day >= CURRENT_DATE - 7`,
 * `CURRENT_DATE - day <= 7`, `day + 7 >= CURRENT_DATE`, `NOT day < CURRENT_DATE - 7`.
 */
export function clockBounds(e: Expr): ClockBound[] {
  if (e.kind === 'not' && e.arg.kind === 'compare') {
    const { arg } = e;
    const own = boundOf(arg, OPPOSITE[arg.op]);
    return own === undefined ? children(arg).flatMap(clockBounds) : [own];
  }
  const own = e.kind === 'compare' ? boundOf(e, e.op) : undefined;
  return own === undefined ? children(e).flatMap(clockBounds) : [own];
}

/** Returns the moving lower bounds in an expression. */
export function rollingBounds(e: Expr): ClockBound[] {
  return clockBounds(e).filter(isRolling);
}

/** An expression in the form `clock * now + sign * value + days`. */
interface Sum {
  readonly clock: number;
  readonly value: Expr | undefined;
  readonly sign: number;
  readonly days: number;
  readonly fromMidnight: boolean;
  readonly zone: string | undefined;
  readonly asInteger: boolean;
}
const NOTHING: Sum = {
  clock: 0,
  value: undefined,
  sign: 0,
  days: 0,
  fromMidnight: false,
  zone: undefined,
  asInteger: false,
};

function boundOf(compare: CompareExpr, op: CompareOp): ClockBound | undefined {
  const [left, right] = [sumOf(compare.left), sumOf(compare.right)];
  const sum = left === undefined || right === undefined ? undefined : added(left, right, -1);
  if (sum?.value === undefined || sum.clock !== -sum.sign) return undefined;
  const { value, sign, days, fromMidnight, zone, asInteger } = sum;
  // -value + now + days < 0 is value > now + days.
  return {
    compare,
    value,
    op: sign > 0 ? op : MIRRORED[op],
    days: sign > 0 ? days : days === 0 ? 0 : -days,
    fromMidnight,
    zone,
    asInteger,
  };
}

function sumOf(e: Expr): Sum | undefined {
  if (e.kind === 'now') return { ...NOTHING, clock: 1 };
  if (e.kind === 'const') {
    const days = daysOf(e);
    return days === undefined ? undefined : { ...NOTHING, days, asInteger: e.type.kind !== 'interval' };
  }
  if (e.kind === 'cast' && isCast(e.type.kind)) {
    const inner = sumOf(e.arg);
    return e.type.kind === 'date' ? ofDay(e, inner) : inner;
  }
  if (e.kind === 'call') {
    const [first, second] = e.args;
    if ((e.fn.name === '+' || e.fn.name === '-' || e.fn.name === 'age') && second !== undefined) {
      const [left, right] = [sumOf(first!), sumOf(second)];
      const sum = left && right && added(left, right, e.fn.name === '+' ? 1 : -1);
      if (sum !== undefined) return sum;
    }
    if (e.fn.name === 'date_trunc' && isDayUnit(first!)) return ofDay(e, sumOf(second!));
    if (e.fn.name === 'timezone' && hasClock(second!)) {
      const inner = sumOf(second!);
      return inner && { ...inner, zone: renderExpr(first!) };
    }
  }
  return hasClock(e) ? undefined : { ...NOTHING, value: e, sign: 1 };
}

/** Returns the sum of `e`, the start of the day of `inner`. Without a clock `e` is a value of its own. */
function ofDay(e: Expr, inner: Sum | undefined): Sum | undefined {
  if (!hasClock(e)) return { ...NOTHING, value: e, sign: 1 };
  return inner?.value === undefined ? inner && { ...inner, fromMidnight: true } : undefined;
}

/** Types to which a cast keeps the time, or, for DATE, the start of its day. */
const isCast = (kind: string): boolean =>
  ['date', 'timestamp', 'timestamptz', 'smallint', 'integer', 'bigint', 'numeric', 'interval'].includes(kind);
const isDayUnit = (unit: Expr): boolean => unit.kind === 'const' && /^days?$/i.test(String(unit.value));
const hasClock = (e: Expr): boolean => someExpr(e, (x) => x.kind === 'now');

/** Returns `a + factor * b`; undefined if both hold a value. */
function added(a: Sum, b: Sum, factor: 1 | -1): Sum | undefined {
  if (a.value !== undefined && b.value !== undefined) return undefined;
  return {
    clock: a.clock + factor * b.clock,
    value: a.value ?? b.value,
    sign: a.value === undefined ? factor * b.sign : a.sign,
    days: a.days + factor * b.days,
    fromMidnight: a.fromMidnight || b.fromMidnight,
    zone: a.zone ?? b.zone,
    asInteger: a.asInteger || b.asInteger,
  };
}

/** Returns a constant length of time in days; undefined for other constants, such as a date. */
function daysOf({ type, value }: ConstExpr): number | undefined {
  if (type.kind === 'smallint' || type.kind === 'integer' || type.kind === 'bigint') return Number(value);
  if (type.kind !== 'interval' || value === null) return undefined;
  const { months, days, us } = value as Interval;
  return months * 30 + days + us / 86_400_000_000;
}
