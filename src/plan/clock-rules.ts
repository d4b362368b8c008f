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
 * When the value of an expression changes for a row because time passes. All rules of an expression together: between
 * `now` and the earliest instant that they tell, it stays as it is.
 *
 * The model: an expression with the clock either stays the same until an instant that its row tells, or it flows.
 * A time that flows goes up in pieces (clock-step.ts), so that the instant at which it passes a value of the row is
 * computed backwards; numbers and lengths of time that flow are searched (clock-search.ts). What flows must end in
 * something that stays: a comparison, a field, a text.
 */
export interface ClockRule {
  /** What the rule reads of a row; nothing if it is of the clock alone. */
  readonly values: readonly Expr[];
  /** True if many rows change at the same instants. */
  readonly stepwise: boolean;
  /** The first instant after `now_us` at which the value may change; Infinity if it never will. */
  next(values: readonly Datum[], now_us: number): number;
}

/** How often in a row a value that stays equal is passed over before a row, or all of them, are looked at again. */
const MAX_EQUAL = 64;
const MAX_EQUAL_OF_ALL = 2000;

/** The rules of some expressions; empty if they don't use the clock. Throws ContinuousClockError. */
export function clockRules(exprs: readonly Expr[]): ClockRule[] {
  const found: Found = { rules: [], seen: new Set() };
  for (const e of exprs) collect(e, found, e.span);
  return found.rules;
}

interface Found {
  readonly rules: ClockRule[];
  /** Expressions that several places share have one rule. */
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
  // What goes in steps within it takes more of them: seconds, of which only minutes show.
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
      // The whole is watched: a choice may pass the other side without being equal to it (`GREATEST(1, 2) = 1`).
      else if (usesNow(a) || usesNow(b)) found.rules.push(watched(e, pairCourse(op, a, b)!));
    }
  }
}

/**
 * A rule that looks where the course of an expression leads and passes over instants at which its value stays equal.
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

/** Of the clock alone: what was told holds until it comes. */
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

/** Throws for the part of an expression that flows, with the place of its clock. */
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
 * Whether a filter only lets rows in as time passes (`ts <= now()`): each of its conjuncts that uses the clock is
 * an upper bound by something that never falls back. Over rows that are never taken away, none ever is.
 */
export function onlyLetsIn(predicate: Expr): boolean {
  if (!usesNow(predicate)) return true;
  if (predicate.kind === 'and') return predicate.args.every(onlyLetsIn);
  if (predicate.kind !== 'compare') return false;
  const bound = boundOf(predicate.op, predicate.left, predicate.right);
  return bound !== undefined && bound.rises && (bound.op === '<' || bound.op === '<=');
}
