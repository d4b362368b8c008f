import { isInstant } from '../../../../plan/clock-flow.ts';
import type { Expr } from '../../../../plan/expr.ts';
import { DAY_US, HOUR_US, MINUTE_US, SECOND_US } from '../../../../values/civil.ts';
import type { Interval } from '../../../../values/datum.ts';
import { unitNamed } from '../../../../values/date-unit.ts';
import type { DateUnit } from '../../../../values/date-unit.ts';
import { truncWord } from '../unit-words.ts';
import { formatInterval } from '../../../../values/interval.ts';

/** One step from now() to a time that RisingWave can filter by: it never falls while the clock rises. */
export type ClockOp =
  | { readonly kind: 'trunc'; readonly unit: DateUnit }
  | { readonly kind: 'shift'; readonly by: Interval };

/**
 * A time that depends on the clock alone: steps from now(), on UTC wall time. A date is its midnight. Truncations come
 * before shifts where the order does not matter, and shifts are added up.
 */
export interface ClockForm {
  readonly ops: readonly ClockOp[];
}

/** Lengths of the units that are all of one length, in microseconds. A week is one, and begins on a Monday. */
const UNIT_US: ReadonlyMap<DateUnit, number> = new Map<DateUnit, number>([
  ['second', SECOND_US],
  ['minute', MINUTE_US],
  ['hour', HOUR_US],
  ['day', DAY_US],
  ['week', 7 * DAY_US],
]);

/** Returns the length of a unit in microseconds; undefined for months and longer ones, and for parts of a second. */
export function unitLength(unit: DateUnit): number | undefined {
  return UNIT_US.get(unit);
}

/**
 * Returns a bound time as a clock form; undefined if it is not one. A cast between DATE, TIMESTAMP and TIMESTAMPTZ
 * keeps the instant, because times of the pipeline are UTC.
 */
export function clockForm(e: Expr): ClockForm | undefined {
  switch (e.kind) {
    case 'now':
      return { ops: [] };
    case 'cast': {
      const form = clockForm(e.arg);
      if (form === undefined || !isInstant(e) || !isInstant(e.arg)) return undefined;
      return e.type.kind === 'date' ? withOp(form, { kind: 'trunc', unit: 'day' }) : form;
    }
    case 'call':
      return formOfCall(e.fn.name, e.args);
    default:
      return undefined;
  }
}

/** Returns whether an expression is the zone UTC, in which wall time and instant are the same number. */
export function isUtc(zone: Expr | undefined): boolean {
  return zone?.kind === 'const' && typeof zone.value === 'string' && zone.value.toUpperCase() === 'UTC';
}

function formOfCall(name: string, [first, second, third]: readonly Expr[]): ClockForm | undefined {
  if (first === undefined || second === undefined) return undefined;
  switch (name) {
    case 'date_trunc': {
      const unit =
        first.kind === 'const' && typeof first.value === 'string' ? unitNamed(first.value) : undefined;
      const form = clockForm(second);
      if (unit === undefined || form === undefined || (third !== undefined && !isUtc(third)))
        return undefined;
      return withOp(form, { kind: 'trunc', unit });
    }
    case 'timezone':
      return isUtc(first) ? clockForm(second) : undefined;
    case '+':
      return shifted(first, second, 1) ?? shifted(second, first, 1);
    case '-':
      return shifted(first, second, -1);
    default:
      return undefined;
  }
}

function shifted(time: Expr, by: Expr, sign: 1 | -1): ClockForm | undefined {
  const length = constantLength(by);
  const form = length === undefined ? undefined : clockForm(time);
  return form && length && withOp(form, { kind: 'shift', by: times(length, sign) });
}

/** Returns a constant length of time: an interval, or a number of days; undefined for anything else. */
export function constantLength(e: Expr): Interval | undefined {
  if (e.kind !== 'const' || e.value === null) return undefined;
  if (e.type.kind === 'interval') return e.value as Interval;
  return e.type.kind === 'integer' ? { months: 0, days: e.value as number, us: 0 } : undefined;
}

export function times(by: Interval, sign: 1 | -1): Interval {
  return sign === 1 ? by : { months: -by.months, days: -by.days, us: -by.us };
}

/** Returns the form plus a constant length of time. */
export function shiftForm(form: ClockForm, by: Interval): ClockForm {
  return withOp(form, { kind: 'shift', by });
}

function withOp(form: ClockForm, op: ClockOp): ClockForm {
  const { ops } = form;
  const last = ops.at(-1);
  if (op.kind === 'shift') {
    if (op.by.months === 0 && op.by.days === 0 && op.by.us === 0) return form;
    if (last?.kind === 'shift' && (op.by.months === 0 || isOnlyMonths(last.by))) {
      const by = sum(last.by, op.by);
      return withOp({ ops: ops.slice(0, -1) }, { kind: 'shift', by });
    }
    return { ops: [...ops, op] };
  }
  const length = unitLength(op.unit);
  // now() - 7 days, cut to the day, is the day of now() minus 7 days.
  if (
    last?.kind === 'shift' &&
    length !== undefined &&
    last.by.months === 0 &&
    lengthOf(last.by) % length === 0
  )
    return withOp(withOp({ ops: ops.slice(0, -1) }, op), last);
  if (last?.kind === 'trunc' && isCoarser(last.unit, op.unit)) return form;
  return { ops: [...ops, op] };
}

/** Returns whether a time that is cut to `unit` is also cut to `other`. */
function isCoarser(unit: DateUnit, other: DateUnit): boolean {
  if (unit === other) return true;
  const finer = unitLength(other);
  const length = unitLength(unit);
  if (finer === undefined) return false;
  return length === undefined ? other !== 'week' && !FRACTIONS.has(unit) : length % finer === 0;
}

const FRACTIONS: ReadonlySet<DateUnit> = new Set(['millisecond', 'microsecond']);

function isOnlyMonths({ days, us }: Interval): boolean {
  return days === 0 && us === 0;
}

function sum(a: Interval, b: Interval): Interval {
  return { months: a.months + b.months, days: a.days + b.days, us: a.us + b.us };
}

/** Returns the microseconds of an interval without months. */
export function lengthOf({ days, us }: Interval): number {
  return days * DAY_US + us;
}

/** Returns the last shift of a form, zero if there is none, and the form before it. */
export function splitShift({ ops }: ClockForm): { readonly base: ClockForm; readonly shift: Interval } {
  const last = ops.at(-1);
  if (last?.kind !== 'shift') return { base: { ops }, shift: { months: 0, days: 0, us: 0 } };
  return { base: { ops: ops.slice(0, -1) }, shift: last.by };
}

/** Returns the unit to which a form is cut, so that its values lie on the grid of that unit; undefined without one. */
export function gridOf(form: ClockForm): DateUnit | undefined {
  const { base, shift } = splitShift(form);
  const last = base.ops.at(-1);
  if (last?.kind !== 'trunc') return undefined;
  const length = unitLength(last.unit);
  const onGrid = length !== undefined && shift.months === 0 && lengthOf(shift) % length === 0;
  return onGrid || lengthOf(shift) + Math.abs(shift.months) === 0 ? last.unit : undefined;
}

/** Renders a form as a TIMESTAMP of UTC, as RisingWave wants it. */
export function renderClock({ ops }: ClockForm): string {
  let text = "now() AT TIME ZONE 'UTC'";
  ops.forEach((op, i) => {
    if (op.kind === 'trunc') text = `date_trunc('${truncWord(op.unit)}', ${text})`;
    else text = `${i === 0 ? `(${text})` : text}${renderShift(op.by)}`;
  });
  return text;
}

/** Renders a form without truncations as a TIMESTAMPTZ; undefined for other forms. */
export function renderInstant({ ops }: ClockForm): string | undefined {
  if (ops.some((op) => op.kind === 'trunc' || op.by.months !== 0)) return undefined;
  return `now()${ops.map((op) => (op.kind === 'shift' ? renderShift(op.by) : '')).join('')}`;
}

function renderShift(by: Interval): string {
  const negative = by.months < 0 || (by.months === 0 && (by.days < 0 || (by.days === 0 && by.us < 0)));
  return ` ${negative ? '-' : '+'} ${renderInterval(negative ? times(by, -1) : by)}`;
}

/** Renders an interval as people write it: in days, hours, minutes or seconds if one of them is enough. */
export function renderInterval(by: Interval): string {
  const { months, days, us } = by;
  const plural = (n: number, unit: string): string => `INTERVAL '${n} ${unit}${n === 1 ? '' : 's'}'`;
  if (months === 0 && us === 0) return plural(days, 'day');
  if (months === 0 && days === 0) {
    if (us % HOUR_US === 0) return plural(us / HOUR_US, 'hour');
    if (us % MINUTE_US === 0) return plural(us / MINUTE_US, 'minute');
    if (us % SECOND_US === 0) return plural(us / SECOND_US, 'second');
  }
  if (days === 0 && us === 0)
    return months % 12 === 0 ? plural(months / 12, 'year') : plural(months, 'month');
  return `INTERVAL '${formatInterval(by)}'`;
}
