import type { Datum } from '../values/datum.ts';
import { sameDatum } from '../values/identity.ts';
import { boundOf } from './clock-bound.ts';
import { choices, courseOf, monotoneOf, pairCourse, valueAt } from './clock-course.ts';
import type { Course } from './clock-course.ts';
import { ContinuousClockError } from './continuous-clock-error.ts';
import { usesColumns, usesNow } from './clock-flow.ts';
import type { ColumnExpr, CompareOp, Expr, Span } from './expr.ts';
import { children } from './expr.ts';

/**
 * Tells when the value of an expression changes for a row because time passes. An expression has one rule or several:
 * between `now` and the earliest instant of any of them, its value is constant.
 *
 * The model: an expression that uses the clock is either constant until an instant that can be computed from the row,
 * or it flows, that is, it changes with every tick. A time that flows rises in pieces (clock-step.ts), so that the
 * instant at which it passes a value of the row is computed backwards; numbers and lengths of time that flow are
 * searched (clock-search.ts). What flows must be part of something that stays constant for a while: a comparison, a
 * field, a text.
 */
export interface ClockRule {
  /** The expressions of the row that the rule reads; empty if it depends on the clock alone. */
  readonly values: readonly Expr[];
  /** True if many rows change at the same instants. */
  readonly stepwise: boolean;
  /** Returns the first instant after `now_us` at which the value may change; Infinity if it never will. */
  next(values: readonly Datum[], now_us: number): number;
}

/** A rule skips at most this many instants at which the value is unchanged; then it returns one of them. */
const MAX_EQUAL = 64;
const MAX_EQUAL_OF_ALL = 2000;

/**
 * Returns the rules of some expressions; none if they do not use the clock. Throws ContinuousClockError for an
 * expression that changes with every tick of the clock.
 */
export function clockRules(exprs: readonly Expr[]): ClockRule[] {
  const found: Found = { rules: [], seen: new Set() };
  for (const e of exprs) collect(e, found, e.span);
  return found.rules;
}

interface Found {
  readonly rules: ClockRule[];
  /** Expressions visited so far: one that several places share has one rule. */
  readonly seen: Set<Expr>;
}

const stays = (e: Expr): boolean => courseOf(e)?.flows === false;

function collect(e: Expr, found: Found, span: Span | undefined): void {
  if (found.seen.has(e) || !usesNow(e)) return;
  found.seen.add(e);
  const here = e.span ?? span;
  const course = courseOf(e);
  if (course === undefined || course.flows) refuse(e, here);
  else if (!usesColumns(e)) found.rules.push(watched(e, course));
  else if (e.kind === 'compare') collectComparison(e, e.op, found, here);
  else if (e.kind === 'distinct_from') collectComparison(e, '=', found, here);
  else if (e.kind === 'in_list') found.rules.push(watched(e, course));
  // A monotone expression is watched as a whole: its parts may change more often (seconds, of which only minutes show).
  else if (monotoneOf(e) === undefined && children(e).every(stays))
    for (const child of children(e)) collect(child, found, here);
  else found.rules.push(watched(e, course));
}

type Comparison = Extract<Expr, { readonly left: Expr }>;

function collectComparison(e: Comparison, op: CompareOp, found: Found, here: Span | undefined): void {
  const [left, right] = [choices(e.left), choices(e.right)];
  for (const by of [...left.by, ...right.by]) collect(by, found, here);
  for (const a of left.of) {
    for (const b of right.of) {
      const bound = boundOf(op, a, b);
      if (bound !== undefined) found.rules.push(bound);
      // The whole comparison is watched: a choice may meet the other side without effect (`GREATEST(1, 2) = 1`).
      else if (usesNow(a) || usesNow(b)) found.rules.push(watched(e, pairCourse(op, a, b)!));
    }
  }
}

/**
 * Returns a rule that follows the course of an expression and skips instants at which its value is unchanged.
 */
function watched(e: Expr, course: Course): ClockRule {
  const columns = columnsIn(e);
  const places = new Map(columns.map((c, i) => [c.index, i]));
  const ofAll = columns.length === 0;
  const next = (values: readonly Datum[], now_us: number): number => {
    const row = (index: number): Datum => values[places.get(index)!]!;
    const before = valueAt(e, row, now_us);
    let t = now_us;
    for (let k = ofAll ? MAX_EQUAL_OF_ALL : MAX_EQUAL; k > 0 && t < Infinity; k--) {
      t = course.until(row, t);
      if (t < Infinity && !sameDatum(e.type, before, valueAt(e, row, t))) return t;
    }
    return t;
  };
  return { values: columns, stepwise: ofAll, next: ofAll ? remembering(next) : next };
}

/** Caches the answer of a rule that depends on the clock alone: it holds until its instant has come. */
function remembering(next: ClockRule['next']): ClockRule['next'] {
  let [from, told] = [Infinity, -Infinity];
  return (values, now_us) => {
    if (now_us < from || now_us >= told) [from, told] = [now_us, next(values, now_us)];
    return told;
  };
}

function columnsIn(e: Expr): ColumnExpr[] {
  const found = new Map<number, ColumnExpr>();
  const visit = (x: Expr): void => {
    if (x.kind === 'column') found.set(x.index, x);
    children(x).forEach(visit);
  };
  visit(e);
  return [...found.values()];
}

/** Throws ContinuousClockError for the innermost part of an expression that flows, with the place of its clock. */
function refuse(e: Expr, span: Span | undefined): never {
  const here = e.span ?? span;
  const culprit = courseOf(e)?.flows === true ? undefined : children(e).find((child) => !stays(child));
  if (culprit !== undefined) refuse(culprit, here);
  throw new ContinuousClockError(e, placeOfClock(e, here));
}

function placeOfClock(e: Expr, span: Span | undefined): Span | undefined {
  const next = children(e).find(usesNow);
  return next === undefined ? (e.span ?? span) : placeOfClock(next, e.span ?? span);
}

/**
 * Returns whether the passing of time only lets rows into a filter (`ts <= now()`): each conjunct that uses the clock
 * is an upper bound that never decreases. Over append-only rows such a filter retracts none.
 */
export function onlyLetsIn(predicate: Expr): boolean {
  if (!usesNow(predicate)) return true;
  if (predicate.kind === 'and') return predicate.args.every(onlyLetsIn);
  if (predicate.kind !== 'compare') return false;
  const bound = boundOf(predicate.op, predicate.left, predicate.right);
  return bound !== undefined && bound.rises && (bound.op === '<' || bound.op === '<=');
}
