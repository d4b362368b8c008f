import { DAY_US, daysFromCivil } from '../../values/civil.ts';
import type { Datum } from '../../values/datum.ts';
import { SqlValueError } from '../../values/sql-error.ts';
import { DATE, INTERVAL } from '../../values/types.ts';
import { resolveFunction } from '../../functions/registry.ts';
import { isInstant, usesColumns, usesNow } from '../clock-flow.ts';
import { evaluate } from '../evaluate.ts';
import type { Expr } from '../expr.ts';
import { children, withChildren } from '../expr.ts';
import { renderExpr } from '../render-expr.ts';
import { exprKey } from '../expr-key.ts';
import { WindowRefusal } from './window-refusal.ts';

/** The longest window, in days. */
export const MAX_WINDOW_DAYS = 400;
/** How far into the future a window may end, in days. */
const MAX_AHEAD_DAYS = 400;
/** Offsets far outside of every window that is allowed. */
const FAR_DAYS = [-30_000, -3_000, 3_000, 30_000];

/** A condition on the clock, as a function of how many days ago the row's day is. */
export interface DayCondition {
  readonly condition: Expr;
  /** The row's day, a DATE. */
  readonly day: Expr;
  /** By offset from -MAX_AHEAD_DAYS to MAX_WINDOW_DAYS: the condition for a row whose day is that many days ago. */
  readonly byDaysAgo: readonly Datum[];
  /** The condition for a row without a day. */
  readonly withoutDay: Datum;
}

/** Returns the place of an offset in {@link DayCondition.byDaysAgo}. */
export const placeOf = (days_ago: number): number => days_ago + MAX_AHEAD_DAYS;
/** Returns the offset at a place of {@link DayCondition.byDaysAgo}. */
export const offsetAt = (place: number): number => place - MAX_AHEAD_DAYS;

/**
 * Reads a condition on the clock as one on days: `watch_date > CURRENT_DATE - 7` holds for days -400 to 6 days ago. It
 * is tried out rather than taken apart, so that every spelling is understood: the condition must have the same value
 * whenever the row's day is equally many days before the clock's day. This is probed around each day on which the value
 * changes, and between, for months of every length and at different times of the day.
 *
 * Throws WindowRefusal for a condition that depends on more, such as the time of day or the length of a month.
 */
export function dayCondition(condition: Expr): DayCondition {
  const parts = rowParts(condition);
  const keys = new Set(parts.map(exprKey));
  const [part] = parts;
  if (part === undefined || keys.size > 1 || !isInstant(part)) throw notByDay(condition);
  for (const rounding of roundingsOf(part)) {
    const found = probe(condition, part, rounding);
    if (found !== undefined) return { condition, day: rounding.day(part), ...found };
  }
  throw notByDay(condition);
}

function notByDay(condition: Expr): WindowRefusal {
  return new WindowRefusal(
    `the condition ${renderExpr(condition)} does not depend on days alone`,
    'compare a day with CURRENT_DATE: watch_date > CURRENT_DATE - 7, or watched_at >= CURRENT_DATE - 6',
    condition.span,
  );
}

/** Returns the largest parts of a condition that use the row and no clock. */
function rowParts(e: Expr): Expr[] {
  if (!usesNow(e)) return usesColumns(e) ? [withoutDayCast(e)] : [];
  return children(e).flatMap(rowParts);
}

/** `date::timestamp` is the date's midnight: the date itself is the row's day. */
function withoutDayCast(e: Expr): Expr {
  return e.kind === 'cast' && isInstant(e) && e.arg.type.kind === 'date' ? e.arg : e;
}

/** How a time of a row becomes a day: which times of which days count as the same. */
interface Rounding {
  /** Microseconds after the midnight that begins day 0, at which the condition must be the same. */
  readonly times_us: readonly number[];
  day(part: Expr): Expr;
}

const toDate = (part: Expr): Expr =>
  part.type.kind === 'date'
    ? part
    : { kind: 'cast', type: DATE, nullable: part.nullable, arg: part, span: part.span };

/** All times of a day are alike: `ts >= midnight`. */
const DOWN: Rounding = { times_us: [0, 1, DAY_US / 2, DAY_US - 1], day: toDate };
/** A day begins after its midnight and ends with the next one: `ts > midnight`. */
const UP: Rounding = {
  times_us: [1, DAY_US / 2, DAY_US - 1, DAY_US],
  day: (part) => toDate(minusMicrosecond(part)),
};
/** The time is always midnight. */
const WHOLE: Rounding = { times_us: [0], day: toDate };

function roundingsOf(part: Expr): readonly Rounding[] {
  return part.type.kind === 'date' || isTruncated(part) ? [WHOLE] : [DOWN, UP];
}

function isTruncated(e: Expr): boolean {
  if (e.kind !== 'call' || e.fn.name !== 'date_trunc' || e.args.length !== 2) return false;
  const [unit] = e.args;
  return unit?.kind === 'const' && unit.value === 'day' && e.type.kind !== 'interval';
}

function minusMicrosecond(part: Expr): Expr {
  const found = resolveFunction('-', [part.type, INTERVAL]);
  if (!('fn' in found)) throw new Error('times have a difference');
  const microsecond: Expr = {
    kind: 'const',
    type: INTERVAL,
    nullable: false,
    value: { months: 0, days: 0, us: 1 },
  };
  return { kind: 'call', type: part.type, nullable: part.nullable, fn: found.fn, args: [part, microsecond] };
}

/** Days of the clock: ends of months of every length, a leap day, days on which zones change their offset. */
const CLOCK_DAYS: readonly number[] = [
  [2023, 3, 1],
  [2023, 12, 31],
  [2024, 2, 29],
  [2024, 3, 31],
  [2025, 3, 9],
  [2025, 5, 31],
  [2025, 7, 1],
  [2025, 11, 2],
  [2026, 1, 30],
  [2026, 10, 25],
].map(([year, month, day]) => daysFromCivil(year!, month!, day!));

const CLOCK_TIMES_US = [0, 1, DAY_US / 2 + 12_345_678, DAY_US - 1];

type Probed = Pick<DayCondition, 'byDaysAgo' | 'withoutDay'>;

function probe(condition: Expr, part: Expr, { times_us }: Rounding): Probed | undefined {
  const read = reader(condition);
  const at = (days_ago: number, today: number, clock_us: number, time_us: number): Datum => {
    const day = today - days_ago;
    return read(part.type.kind === 'date' ? day : day * DAY_US + time_us, today * DAY_US + clock_us);
  };
  const today = CLOCK_DAYS[0]!;
  const count = MAX_AHEAD_DAYS + MAX_WINDOW_DAYS + 1;
  const isAlikeOn = (day: number, days_ago: number, value: Datum): boolean =>
    CLOCK_TIMES_US.every((clock) => times_us.every((time) => at(days_ago, day, clock, time) === value));
  const isAlike = (days_ago: number, value: Datum): boolean =>
    CLOCK_DAYS.every((day) => isAlikeOn(day, days_ago, value));
  const byDaysAgo = Array.from({ length: count }, (_, place) =>
    at(offsetAt(place), today, CLOCK_TIMES_US[0]!, times_us[0]!),
  );
  if (!byDaysAgo.every((value, place) => isAlikeOn(today, offsetAt(place), value))) return undefined;
  const probed = byDaysAgo.flatMap((value, place) => {
    const isEdge = [-2, -1, 1, 2].some((by) => (byDaysAgo[place + by] ?? value) !== value);
    return isEdge || place % 25 === 0 ? [place] : [];
  });
  const isByDay =
    probed.every((place) => isAlike(offsetAt(place), byDaysAgo[place]!)) &&
    FAR_DAYS.every((far) => isAlike(far, byDaysAgo[far < 0 ? 0 : count - 1]!));
  return isByDay ? { byDaysAgo, withoutDay: read(null, today * DAY_US) } : undefined;
}

/** Returns a function that evaluates a condition for a value of its part and an instant; an error is NULL. */
function reader(condition: Expr): (part: Datum, now_us: number) => Datum {
  const replaced = overPart(condition);
  return (part, now_us) => {
    try {
      return evaluate(replaced, () => part, now_us);
    } catch (error) {
      if (error instanceof SqlValueError) return null;
      throw error;
    }
  };
}

/** Returns a condition over its part alone, which is column 0. */
function overPart(e: Expr): Expr {
  if (usesNow(e)) return withChildren(e, children(e).map(overPart));
  if (!usesColumns(e)) return e;
  const { type } = withoutDayCast(e);
  const part: Expr = { kind: 'column', type, nullable: true, index: 0, name: 'part' };
  return withoutDayCast(e) === e ? part : withChildren(e, [part]);
}
