import { parseTemplate } from '../functions/date-template.ts';
import type { DateField } from '../functions/date-template.ts';
import { compareDatum } from '../values/compare.ts';
import type { DateUnit } from '../values/date-unit.ts';
import type { Datum } from '../values/datum.ts';
import type { SqlType } from '../values/types.ts';
import { boundOf } from './clock-bound.ts';
import { clockFlow, fieldUnit, lengthOf, usesNow } from './clock-flow.ts';
import type { ClockFlow } from './clock-flow.ts';
import { firstChange } from './clock-search.ts';
import { ageUntil, truncation, unitWidth } from './clock-step.ts';
import { nextStep } from './clock-stepping.ts';
import { evaluate } from './evaluate.ts';
import type { RowReader } from './evaluate.ts';
import type { CallExpr, CompareOp, Expr } from './expr.ts';
import { children } from './expr.ts';

/** How the value of an expression changes with time, for a given row. */
export interface Course {
  /** True if the value changes with every tick. Otherwise it is constant until an instant that can be computed. */
  readonly flows: boolean;
  /**
   * Returns an instant after `t_us` up to which the value is constant or, if it flows, monotone; Infinity if it stays
   * so for ever. The result may be too early, but never too late.
   */
  readonly until: (row: RowReader, t_us: number) => number;
}

const STILL: Course = { flows: false, until: () => Infinity };
const courses = new WeakMap<Expr, Course | undefined>();
const monotones = new WeakMap<Expr, Course | undefined>();

/** Returns the course of an expression; undefined if it is not known. */
export function courseOf(e: Expr): Course | undefined {
  if (!courses.has(e)) courses.set(e, usesNow(e) ? findCourse(e) : STILL);
  return courses.get(e);
}

/** Evaluates an expression for a row. A part that fails is NULL; it is counted where the row itself is computed. */
export function valueAt(e: Expr, row: RowReader, t_us: number): Datum {
  return evaluate(e, row, t_us, () => {});
}

function findCourse(e: Expr): Course | undefined {
  const flow = clockFlow(e);
  if (flow !== undefined) return courseOfFlow(flow);
  switch (e.kind) {
    case 'compare':
      return comparison(e.op, e.left, e.right);
    case 'distinct_from':
      return comparison('=', e.left, e.right);
    case 'call':
      return courseOfCall(e);
    case 'cast': {
      const arg = courseOf(e.arg);
      if (arg?.flows !== true) return arg;
      if (!isNumber(e.type) || !isNumber(e.arg.type)) return undefined;
      return isInteger(e.type) ? stepping(e) : arg;
    }
    default:
      return together(children(e));
  }
}

const isNumber = (type: SqlType): boolean =>
  ['smallint', 'integer', 'bigint', 'numeric', 'real', 'double'].includes(type.kind);

const isInteger = (type: SqlType): boolean => ['smallint', 'integer', 'bigint'].includes(type.kind);

/**
 * Returns the course of an expression that flows, or that changes in steps because a part of it flows (`FLOOR(x)`,
 * `x::int / 60`): `until` tells until when it is monotone. Returns undefined for all other expressions.
 */
export function monotoneOf(e: Expr): Course | undefined {
  if (!monotones.has(e)) monotones.set(e, usesNow(e) ? findMonotone(e) : undefined);
  return monotones.get(e);
}

function findMonotone(e: Expr): Course | undefined {
  const course = courseOf(e);
  if (course?.flows === true) return course;
  if (e.kind === 'cast') return isNumber(e.type) && isNumber(e.arg.type) ? monotoneOf(e.arg) : undefined;
  return e.kind === 'call' ? monotoneCall(e) : undefined;
}

function monotoneCall(e: CallExpr): Course | undefined {
  const at = MONOTONE.get(e.fn.name);
  const moving = e.args.flatMap((arg, i) => (monotoneOf(arg) === undefined ? [] : [i]));
  if (at === undefined || moving.length !== 1 || (at !== 'any' && at !== moving[0])) return undefined;
  const all = e.args.map((arg) => monotoneOf(arg) ?? courseOf(arg));
  return all.includes(undefined) ? undefined : { flows: true, until: earliestOf(all as Course[]) };
}

/** Returns the course of an expression that changes in steps: it is constant until the next step, which is searched. */
function stepping(e: Expr): Course | undefined {
  const inner = e.kind === 'cast' ? monotoneOf(e.arg) : e.kind === 'call' ? monotoneCall(e) : undefined;
  if (inner === undefined) return undefined;
  return { flows: false, until: (row, t) => nextStep(e, row, t, inner.until(row, t)) };
}

/** Returns the course of a value that is constant while all `parts` are. */
function together(parts: readonly Expr[]): Course | undefined {
  const all = parts.map(courseOf);
  if (all.some((c) => c === undefined || c.flows)) return undefined;
  return { flows: false, until: earliestOf(all as Course[]) };
}

function earliestOf(all: readonly Course[]): Course['until'] {
  const clocked = all.filter((c) => c !== STILL);
  return (row, t) => clocked.reduce((end, c) => Math.min(end, c.until(row, t)), Infinity);
}

function courseOfFlow(flow: ClockFlow): Course {
  return {
    flows: !flow.stepwise,
    until: (row, t) => {
      const chain = flow.chain(flow.params.map((p) => valueAt(p, row, t)));
      if (chain === undefined) return Infinity;
      return flow.stepwise ? chain.nextStep(t) : chain.until(t);
    },
  };
}

/**
 * Returns the expressions among which GREATEST, LEAST, COALESCE or CASE choose (`of`), and the conditions that decide
 * (`by`). Any other expression is its own only choice.
 */
export function choices(e: Expr): { readonly of: readonly Expr[]; readonly by: readonly Expr[] } {
  const chosen = (of: readonly Expr[], by: readonly Expr[]): ReturnType<typeof choices> => {
    const all = of.map(choices);
    return { of: all.flatMap((c) => c.of), by: [...by, ...all.flatMap((c) => c.by)] };
  };
  if (!usesNow(e)) return { of: [e], by: [] };
  if (e.kind === 'coalesce') return chosen(e.args, []);
  if (e.kind === 'case')
    return chosen(
      [...e.arms.map((a) => a.then), e.otherwise],
      e.arms.map((a) => a.when),
    );
  if (e.kind === 'call' && (e.fn.name === 'greatest' || e.fn.name === 'least')) return chosen(e.args, []);
  return { of: [e], by: [] };
}

/** Returns the course of a comparison: it is constant while the comparisons of all pairs of choices are. */
function comparison(op: CompareOp, left: Expr, right: Expr): Course | undefined {
  const [l, r] = [choices(left), choices(right)];
  const parts = l.of.flatMap((a) => r.of.map((b) => pairCourse(op, a, b)));
  const all = [...parts, ...[...l.by, ...r.by].map(courseOf)];
  if (all.some((c) => c === undefined || c.flows)) return undefined;
  return { flows: false, until: earliestOf(all as Course[]) };
}

/** Returns the course of a comparison without choices. */
export function pairCourse(op: CompareOp, left: Expr, right: Expr): Course | undefined {
  if (!usesNow(left) && !usesNow(right)) return STILL;
  const bound = boundOf(op, left, right);
  if (bound !== undefined) {
    const next = (row: RowReader, t: number): number =>
      bound.next(
        bound.values.map((e) => valueAt(e, row, t)),
        t,
      );
    return { flows: false, until: next };
  }
  const [a, b] = [courseOf(left), courseOf(right)];
  if (a === undefined || b === undefined || (a.flows && b.flows)) return undefined;
  const [m, n] = [monotoneOf(left), monotoneOf(right)];
  // If both sides change in steps, the comparison is looked at with each step of either side.
  if ((m === undefined) === (n === undefined))
    return a.flows || b.flows ? undefined : { flows: false, until: earliestOf([a, b]) };
  const until = earliestOf([m ?? a, n ?? b]);
  const moving = m === undefined ? right : left;
  const { type } = left;
  return {
    flows: false,
    until: (row, t) => {
      const sides = (at: number): [Datum, Datum] => [valueAt(left, row, at), valueAt(right, row, at)];
      const sign = (at: number): number => {
        const [x, y] = sides(at);
        return x === null || y === null ? NaN : Math.sign(compareDatum(type, x, y));
      };
      const difference = (at: number): number => {
        const [x, y] = sides(at);
        return x === null || y === null ? NaN : magnitude(left, x) - magnitude(left, y);
      };
      const end = until(row, t);
      if (valueAt(moving, row, t) === null) return nextStep(moving, row, t, end);
      return firstChange({ sign, difference, from: t, until: end });
    },
  };
}

function magnitude(e: Expr, value: Datum): number {
  return isNumber(e.type) ? Number(value) : lengthOf(e, value);
}

/** Functions that are monotone in a flowing argument: the argument's index, or any of them. */
const MONOTONE = new Map<string, number | 'any'>([
  ['+', 'any'],
  ['-', 'any'],
  ['*', 'any'],
  ['/', 0],
  ['floor', 0],
  ['ceil', 0],
  ['ceiling', 0],
  ['round', 0],
  ['trunc', 0],
]);
/** Those of them that change in steps. */
const STEPPING: ReadonlySet<string> = new Set(['floor', 'ceil', 'ceiling', 'round', 'trunc']);

function courseOfCall(e: CallExpr): Course | undefined {
  const { name } = e.fn;
  if (name === 'extract' || name === 'date_part') return courseOfField(e);
  if (STEPPING.has(name) || (name === '/' && isInteger(e.type))) {
    const steps = stepping(e);
    if (steps !== undefined) return steps;
  }
  const steady = together(e.args);
  if (steady !== undefined) return steady;
  if (name === 'to_char') return courseOfText(e);
  const all = e.args.map(courseOf);
  if (all.includes(undefined)) return undefined;
  const flowing = all.flatMap((c, i) => (c!.flows ? [i] : []));
  // A time of day wraps at midnight, so it is not monotone.
  if (flowing.length !== 1 || e.type.kind === 'time') return undefined;
  const until = earliestOf(all as Course[]);
  if (name === 'age')
    return { flows: true, until: (row, t) => Math.min(until(row, t), recounted(e, row, t)) };
  const at = MONOTONE.get(name);
  return at === 'any' || at === flowing[0] ? { flows: true, until } : undefined;
}

/** Returns the next instant at which an age is counted anew, see ageUntil. */
function recounted(age: CallExpr, row: RowReader, t: number): number {
  const [a, b] = age.args.map((x) => valueAt(x, row, t)) as [number | null, number | null];
  if (a === null || b === null) return Infinity;
  return t + (courseOf(age.args[0]!)!.flows ? ageUntil(a, b) - a : ageUntil(b, a) - b);
}

/** Returns the course of EXTRACT or date_part. */
function courseOfField(e: CallExpr): Course | undefined {
  const [field, of] = e.args as readonly [Expr, Expr];
  if (field.kind !== 'const') return together(e.args);
  if (field.value === null) return STILL; // NULL, whatever the clock says
  const unit = fieldUnit(field);
  if (of.type.kind === 'interval') return courseOfIntervalField(field.value as string, unit, of);
  const flow = clockFlow(of);
  if (flow === undefined) return undefined;
  if (unit !== undefined) return courseOfFlow(flow.with(truncation(unit)));
  const inner = courseOfFlow(flow);
  if (!inner.flows || isWhole(field.value as string)) return inner;
  return { flows: true, until: earliestOf([inner, courseOfFlow(flow.with(truncation('minute')))]) };
}

/** True for fields that grow for ever. Fields of seconds start again with each minute. */
const isWhole = (field: string): boolean => ['epoch', 'julian'].includes(field.trim().toLowerCase());

/** Returns the course of an interval's field, where the interval tells how long ago or how far ahead something is. */
function courseOfIntervalField(field: string, unit: DateUnit | undefined, of: Expr): Course | undefined {
  const inner = courseOf(of);
  if (inner === undefined || !inner.flows || isWhole(field)) return inner;
  if (of.kind !== 'call' || (of.fn.name !== '-' && of.fn.name !== 'age')) return undefined;
  const [a, b] = of.args as readonly [Expr, Expr];
  if (b === undefined || a.type.kind === 'interval') return undefined;
  const width = unitWidth(unit ?? 'minute');
  const grows = courseOf(a)!.flows;
  const passes = (row: RowReader, t: number): number => {
    const [x, y] = [valueAt(a, row, t), valueAt(b, row, t)] as [number | null, number | null];
    if (x === null || y === null) return Infinity;
    const gone = grows ? x - y : y - x;
    const next = Math.floor(gone / width) * width;
    // Fields are truncated towards zero: those of a negative length change just after a whole unit.
    return t + (next + 1 > gone && gone < 0 ? next + 1 : next + width) - gone;
  };
  return { flows: unit === undefined, until: (row, t) => Math.min(inner.until(row, t), passes(row, t)) };
}

const UNIT_OF_FIELD: Partial<Record<DateField, DateUnit>> = {
  HH24: 'hour',
  HH12: 'hour',
  AM: 'hour',
  MI: 'minute',
  SS: 'second',
  SSSS: 'second',
};
const FLOWING_FIELDS = new Set<DateField>(['MS', 'US', 'FF1', 'FF2', 'FF3', 'FF4', 'FF5', 'FF6']);
const FINEST: readonly DateUnit[] = ['second', 'minute', 'hour', 'day'];

/** Returns the course of to_char(time, template): the text changes with the finest field of the template. */
function courseOfText(e: CallExpr): Course | undefined {
  const [time, template] = e.args as readonly [Expr, Expr];
  const flow = clockFlow(time);
  if (flow === undefined || template.kind !== 'const' || template.value === null) return undefined;
  const fields = parseTemplate(template.value as string).flatMap((n) =>
    n.kind === 'field' ? [n.field] : [],
  );
  if (fields.some((f) => FLOWING_FIELDS.has(f))) return undefined;
  const units = new Set(fields.map((f) => UNIT_OF_FIELD[f] ?? 'day'));
  const unit = FINEST.find((u) => units.has(u));
  return unit === undefined ? STILL : courseOfFlow(flow.with(truncation(unit)));
}
