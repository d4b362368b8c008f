import type { Interval } from '../../values/datum.ts';
import type { CompareExpr, Expr } from '../../plan/expr.ts';
import { children, someExpr } from '../../plan/expr.ts';

/** A moving lower bound: rows count while `value` is after (or at) now, less some time. */
export interface RollingBound {
  readonly compare: CompareExpr;
  /** What is compared, without casts. */
  readonly value: Expr;
  /** `>=` rather than `>`. */
  readonly inclusive: boolean;
  /** How far back, in days; months count as 30. */
  readonly days: number;
  /** Is now cut down to the start of the day? Then the bound moves at midnight only. */
  readonly fromMidnight: boolean;
  /** How the time is written: 7 or INTERVAL '7 days'. */
  readonly asInteger: boolean;
}

/** The rolling bounds in an expression. */
export function rollingBounds(e: Expr): RollingBound[] {
  const own = e.kind === 'compare' ? boundOf(e) : undefined;
  return own === undefined ? children(e).flatMap(rollingBounds) : [own];
}

function boundOf(e: CompareExpr): RollingBound | undefined {
  const after = e.op === '>' || e.op === '>=';
  const before = e.op === '<' || e.op === '<=';
  if (!after && !before) return undefined;
  const [value, limit] = after ? [e.left, e.right] : [e.right, e.left];
  if (someExpr(value, (x) => x.kind === 'now') || !someExpr(limit, (x) => x.kind === 'now')) return undefined;
  const moved = movedNow(limit);
  if (moved === undefined || moved.days <= 0) return undefined;
  return { compare: e, value: withoutCasts(value), inclusive: e.op === '>=' || e.op === '<=', ...moved };
}

export function withoutCasts(e: Expr): Expr {
  return e.kind === 'cast' ? withoutCasts(e.arg) : e;
}

function movedNow(e: Expr): { days: number; fromMidnight: boolean; asInteger: boolean } | undefined {
  if (e.kind === 'now') return { days: 0, fromMidnight: false, asInteger: false };
  if (e.kind === 'cast') {
    const inner = movedNow(e.arg);
    return inner === undefined || e.type.kind !== 'date' ? inner : { ...inner, fromMidnight: true };
  }
  if (e.kind !== 'call') return undefined;
  if (e.fn.name === 'date_trunc') {
    const [unit, time] = e.args;
    const inner = time === undefined ? undefined : movedNow(time);
    const byDay = unit?.kind === 'const' && unit.value === 'day';
    return inner === undefined ? undefined : { ...inner, fromMidnight: inner.fromMidnight || byDay };
  }
  if (e.fn.name !== '-' || e.args.length !== 2) return undefined;
  const [from, by] = e.args as [Expr, Expr];
  const inner = movedNow(from);
  const amount = by.kind === 'const' ? daysOf(by.value) : undefined;
  if (inner === undefined || amount === undefined) return undefined;
  return {
    days: inner.days + amount,
    fromMidnight: inner.fromMidnight,
    asInteger: typeof (by as { value?: unknown }).value === 'number',
  };
}

function daysOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'object' || value === null || !('months' in value)) return undefined;
  const { months, days, us } = value as Interval;
  return months * 30 + days + us / 86_400_000_000;
}
