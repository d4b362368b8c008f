import { DAY_US } from '../values/civil.ts';
import type { Interval } from '../values/datum.ts';
import type { ClockChain } from './clock-chain.ts';
import { clockChain, stepsOf } from './clock-chain.ts';
import type { CompareOp, Expr, Span } from './expr.ts';
import { children, someExpr } from './expr.ts';

export const usesNow = (e: Expr): boolean => someExpr(e, (x) => x.kind === 'now');
export const usesColumns = (e: Expr): boolean => someExpr(e, (x) => x.kind === 'column');

/**
 * When the value of an expression changes for a row because time passes.
 *
 * - `bound`: it compares `value` (of the row; a DATE or a timestamp) with a function of the clock, and flips where
 *   that function passes the value;
 * - `every`: it uses a stepwise function of the clock as such (CURRENT_DATE in the select list), and may change at
 *   each of its steps.
 */
export type ClockRule =
  | { readonly kind: 'bound'; readonly value: Expr; readonly op: CompareOp; readonly chain: ClockChain }
  | { readonly kind: 'every'; readonly chain: ClockChain };

/** An expression that changes with every tick of the clock, so that no row would ever be up to date. */
export class ContinuousClockError extends Error {
  readonly span: Span | undefined;
  readonly hint =
    "compare a column with it (ts >= now() - INTERVAL '1 hour'), or make it stepwise: " +
    "CURRENT_DATE, date_trunc('minute', now())";
  constructor(span: Span | undefined) {
    super('now() is used here as a value that changes continuously');
    this.name = 'ContinuousClockError';
    this.span = span;
  }
}

/** The rules of some expressions; empty if they don't use the clock. Throws ContinuousClockError. */
export function clockRules(exprs: readonly Expr[]): ClockRule[] {
  const rules: ClockRule[] = [];
  const seen = new Set<Expr>();
  for (const e of exprs) collect(e, { rules, seen }, e.span);
  return rules;
}

interface Found {
  readonly rules: ClockRule[];
  /** Expressions that several places share have one rule. */
  readonly seen: Set<Expr>;
}

function collect(e: Expr, found: Found, span: Span | undefined): void {
  const { rules, seen } = found;
  if (seen.has(e) || !usesNow(e)) return;
  seen.add(e);
  const here = e.span ?? span;
  if (e.kind === 'compare') {
    const rule = boundOf(e.op, e.left, e.right);
    if (rule !== undefined) {
      rules.push(rule);
      return;
    }
  }
  const chain = stepsOf(e);
  if (chain !== undefined) {
    rules.push({ kind: 'every', chain });
    return;
  }
  if (e.kind === 'now') throw new ContinuousClockError(here);
  for (const child of children(e)) collect(child, found, here);
}

const MIRRORED: Readonly<Record<CompareOp, CompareOp>> = {
  '=': '=',
  '<>': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

/** `row-value op clock-value`, in whichever way it is written. */
function boundOf(op: CompareOp, left: Expr, right: Expr): ClockRule | undefined {
  if (!usesNow(right)) return usesNow(left) ? boundOf(MIRRORED[op], right, left) : undefined;
  if (usesNow(left)) return undefined;
  // left has no clock, right has.
  if (!usesColumns(right)) {
    const chain = isInstant(left) ? clockChain(right) : undefined;
    return chain === undefined ? undefined : { kind: 'bound', value: left, op, chain };
  }
  // constant op (clock - row) or (row - clock)
  const amount = constantAmount(left);
  if (amount === undefined || right.kind !== 'call' || right.fn.name !== '-' || right.args.length !== 2)
    return undefined;
  const [a, b] = right.args as [Expr, Expr];
  if (!isInstant(a) || !isInstant(b)) return undefined;
  if (!usesColumns(a) && !usesNow(b)) {
    // c op g - x  <=>  x op g - c
    const chain = clockChain(a);
    return chain === undefined ? undefined : { kind: 'bound', value: b, op, chain: chain.plus(-amount) };
  }
  if (!usesNow(a) && !usesColumns(b)) {
    // c op x - g  <=>  x mirrored(op) g + c
    const chain = clockChain(b);
    return chain === undefined
      ? undefined
      : { kind: 'bound', value: a, op: MIRRORED[op], chain: chain.plus(amount) };
  }
  return undefined;
}

/**
 * Whether a filter only lets rows in as time passes (`ts <= now()`): each of its conjuncts that uses the clock is
 * an upper bound. Over rows that are never taken away, none ever is.
 */
export function onlyLetsIn(predicate: Expr): boolean {
  if (!usesNow(predicate)) return true;
  if (predicate.kind === 'and') return predicate.args.every(onlyLetsIn);
  if (predicate.kind !== 'compare') return false;
  const rule = boundOf(predicate.op, predicate.left, predicate.right);
  return rule?.kind === 'bound' && (rule.op === '<' || rule.op === '<=');
}

function isInstant(e: Expr): boolean {
  return e.type.kind === 'date' || e.type.kind === 'timestamp' || e.type.kind === 'timestamptz';
}

/** A constant difference: days for integers, microseconds for intervals (as PostgreSQL compares them). */
function constantAmount(e: Expr): number | undefined {
  if (e.kind !== 'const' || e.value === null) return undefined;
  if (e.type.kind === 'integer') return e.value as number;
  if (e.type.kind !== 'interval') return undefined;
  const { months, days, us } = e.value as Interval;
  return (months * 30 + days) * DAY_US + us;
}

/** The first instant after `now_us` at which a rule's comparison with `x` flips, or Infinity. */
export function nextFlip(rule: ClockRule & { kind: 'bound' }, x: number, now_us: number): number {
  const { op, chain } = rule;
  let next = Infinity;
  // x > g and x <= g change where g reaches x; x >= g and x < g where g passes it; equality at both.
  if (op !== '>=' && op !== '<') {
    const t = chain.firstAtLeast(x);
    if (t > now_us) next = t;
  }
  if (op !== '>' && op !== '<=') {
    const t = chain.firstAtLeast(x + 1);
    if (t > now_us && t < next) next = t;
  }
  return next;
}

/** The first instant after `now_us` at which a stepwise chain has another value, or Infinity. */
export function nextStep(chain: ClockChain, now_us: number): number {
  const value = chain.at(now_us);
  return Number.isFinite(value) ? chain.firstAtLeast(value + 1) : Infinity;
}
