import { DAY_US, dayOf, HOUR_US, MAX_DAY, MINUTE_US, SECOND_US, timeOf } from '../values/civil.ts';
import { dateBin, dateTrunc } from '../values/date-trunc.ts';
import type { DateUnit } from '../values/date-unit.ts';
import type { Interval } from '../values/datum.ts';
import { addInterval, timestampAge } from '../values/interval.ts';
import { SqlValueError } from '../values/sql-error.ts';
import { utcToZone, zoneOf, zoneOffset, zoneToUtc } from '../values/time-zone.ts';

/**
 * One step from the clock to the value that a query compares with: microseconds in, microseconds out (a date is its
 * midnight). A step rises in pieces: within a piece a later input never has a smaller result. Between pieces (after an
 * hour that occurs twice, at the end of a month) the result may decrease.
 *
 * All functions are total: compared values come from events, and a date in the year 9999 must not stop the stream.
 */
export interface Step {
  /** Returns the result; infinite if it lies outside the calendar. */
  readonly apply: (u: number) => number;
  /** Returns the end of the piece in which u lies, or an earlier instant; Infinity if it has no end. */
  readonly until: (u: number) => number;
  /** Returns the first input from `from` on, within its piece, whose result is at least `y`, or Infinity. */
  readonly reach: (y: number, from: number) => number;
  /** Returns an input before which no result is at least `y`. */
  readonly earliest: (y: number) => number;
  /** Returns an input from which on all results are at least `y`. */
  readonly settled: (y: number) => number;
  /** True if the result is constant for a while (a date, a truncated time), false if it flows. */
  readonly steps: boolean;
  /** True if there is only one piece. */
  readonly rises: boolean;
}

const never = (): number => Infinity;

/** Returns a step of one piece. `inverse` returns the first input whose result is at least y. */
function rising(apply: (u: number) => number, inverse: (y: number) => number, steps: boolean): Step {
  return {
    apply,
    until: never,
    reach: (y, from) => (from === Infinity ? inverse(y) : Math.max(from, inverse(y))),
    earliest: inverse,
    settled: inverse,
    steps,
    rises: true,
  };
}

/** Returns a step that adds an offset, which is constant until `until(u)` and always between `low` and `high`. */
function shifting(of: {
  offset: (u: number) => number;
  until: (u: number) => number;
  low: number;
  high: number;
}): Step {
  const { offset, until, low, high } = of;
  return {
    apply: (u) => u + offset(u),
    until,
    reach: (y, from) => {
      const u = Math.max(from, y - offset(from));
      return u < until(from) ? u : Infinity;
    },
    earliest: (y) => y - high,
    settled: (y) => y - low,
    steps: false,
    rises: false,
  };
}

const nextMidnight = (u: number): number => (dayOf(u) + 1) * DAY_US;
const finite = (u: number): boolean => u > -Infinity && u < Infinity;

/** Returns a step that adds a number of microseconds. */
export function plain(amount: number): Step {
  return rising(
    (u) => u + amount,
    (y) => y - amount,
    false,
  );
}

/** Returns a step that adds an interval. Calendar months make the result decrease at the ends of some months. */
export function intervalShift(by: Interval): Step {
  const rest = by.days * DAY_US + by.us;
  if (by.months === 0) return plain(rest);
  const guess = by.months * 30.436875 * DAY_US + rest;
  const shifted = withinCalendar(
    (u) => addInterval(u, by),
    (u) => u + guess,
  );
  return shifting({
    // A date is clamped to the length of its month, so all times of one day have the same offset.
    offset: (u) => (finite(u) ? shifted(u) - u : 0),
    until: (u) => (finite(u) ? nextMidnight(u) : Infinity),
    low: guess - 5 * DAY_US,
    high: guess + 5 * DAY_US,
  });
}

/** How far ahead the changes of a zone's offset are searched. */
const ZONE_AHEAD_US = 400 * DAY_US;

/** Returns the next change of a zone's offset after an instant, or an earlier instant; Infinity if there is none. */
function zoneUntil(u: number, zone: string): number {
  const found = zoneOf(zone);
  if (typeof found === 'number' || !finite(u) || dayOf(u) > MAX_DAY - 800) return Infinity;
  return Math.min(found.nextTransition(u, u + ZONE_AHEAD_US), u + ZONE_AHEAD_US);
}

/** Returns the step from an instant to the wall time of a zone. Throws SqlValueError 22023 for an unknown zone. */
export function toZone(zone: string): Step {
  zoneOf(zone);
  return shifting({
    offset: (u) => (finite(u) ? zoneOffset(u, zone) : 0),
    until: (u) => zoneUntil(u, zone),
    low: -DAY_US,
    high: DAY_US,
  });
}

/** Returns the step from the wall time of a zone to the instant. Throws SqlValueError 22023 for an unknown zone. */
export function fromZone(zone: string): Step {
  zoneOf(zone);
  const instant = withinCalendar(
    (u) => zoneToUtc(u, zone),
    (u) => u,
  );
  return shifting({
    offset: (u) => (finite(u) ? instant(u) - u : 0),
    until: (u) => {
      // A change has two wall times, by the offset before it and by the one after it: a piece ends at each of them.
      for (let from = u - 2 * DAY_US; ;) {
        const change = zoneUntil(from, zone);
        if (change === Infinity) return Infinity;
        const walls = [change - 1, change].map((t) => change + zoneOffset(t, zone));
        const end = Math.min(...walls.filter((wall) => wall > u));
        if (end < Infinity) return end;
        from = change;
      }
    },
    low: -DAY_US,
    high: DAY_US,
  });
}

/**
 * Returns the step of `date_trunc` by a unit shorter than a day on the wall clock of a zone. Throws SqlValueError 22023
 * for an unknown zone.
 */
export function truncationInZone(unit: DateUnit, zone: string): Step {
  zoneOf(zone);
  const wall = truncation(unit);
  const offset = (u: number): number => (finite(u) ? zoneOffset(u, zone) : 0);
  return {
    apply: withinCalendar(
      (u) => (finite(u) ? dateTrunc(unit, utcToZone(u, zone)) - offset(u) : u),
      (u) => u,
    ),
    until: (u) => zoneUntil(u, zone),
    reach: (y, from) => {
      const by = offset(from);
      const u = wall.reach(y + by, from + by) - by;
      return u < zoneUntil(from, zone) ? u : Infinity;
    },
    earliest: (y) => y - DAY_US,
    settled: (y) => y + 2 * DAY_US,
    steps: wall.steps,
    rises: false,
  };
}

/** The step from a time to its time of day. */
export const TIME_OF_DAY: Step = {
  apply: (u) => (finite(u) ? timeOf(u) : u),
  until: (u) => (finite(u) ? nextMidnight(u) : Infinity),
  reach: (y, from) => {
    const u = Math.max(from, dayOf(from) * DAY_US + y);
    return u < nextMidnight(from) ? u : Infinity;
  },
  earliest: (y) => (y < DAY_US ? -Infinity : Infinity),
  settled: (y) => (y <= 0 ? -Infinity : Infinity),
  steps: false,
  rises: false,
};

/** Returns the step to the length of `age(u, since)`, with months of 30 days, as in comparisons of intervals. */
export function ageSince(since: number): Step {
  const length = withinCalendar(
    (u) => {
      const { months, days, us } = timestampAge(u, since);
      return (months * 30 + days) * DAY_US + us;
    },
    (u) => u - since,
  );
  const offset = (u: number): number => (finite(u) ? length(u) - u : -since);
  const until = (u: number): number => ageUntil(u, since);
  /** A year of an age counts as 360 days, and takes up to 366 days of the calendar. */
  const LONGER = 366.5 / 360;
  return {
    ...shifting({ offset, until, low: 0, high: 0 }),
    earliest: (y) => since + Math.min(y, y * LONGER) - 5 * DAY_US,
    settled: (y) => since + Math.max(y, y * LONGER) + 5 * DAY_US,
  };
}

/** Returns until when `age(u, since)` grows like time: the next midnight, or `since`'s time of day if that is first. */
export function ageUntil(u: number, since: number): number {
  if (!finite(u)) return Infinity;
  const anew = dayOf(u) * DAY_US + timeOf(since);
  // If `since` lies ahead, the age is counted anew just after that time of day.
  return anew > u ? anew : anew === u ? u + 1 : nextMidnight(u);
}

/** The units of fixed length, in microseconds. */
const FIXED_US: Partial<Record<DateUnit, number>> = {
  microsecond: 1,
  millisecond: 1000,
  second: SECOND_US,
  minute: MINUTE_US,
  hour: HOUR_US,
  day: DAY_US,
  week: 7 * DAY_US,
};

/** Returns the length of a unit in microseconds; a day for units of no fixed length, which end with a day. */
export function unitWidth(unit: DateUnit): number {
  return FIXED_US[unit] ?? DAY_US;
}

/** Returns the step of `date_trunc`. */
export function truncation(unit: DateUnit): Step {
  const apply = withinCalendar(
    (u) => dateTrunc(unit, u),
    (u) => u,
  );
  const width = FIXED_US[unit];
  if (width !== undefined) return bins(apply, width);
  const inverse = (y: number): number => {
    const day = firstDayAtLeast(y);
    return finite(day) ? searchDay(apply, y, day, day + 366) * DAY_US : y;
  };
  return rising(apply, inverse, true);
}

/** Returns the step of `date_bin`; undefined for a stride that it does not accept. */
export function binning(stride: Interval, origin: number): Step | undefined {
  const width = stride.days * DAY_US + stride.us;
  if (stride.months !== 0 || width <= 0 || !Number.isSafeInteger(width)) return undefined;
  const apply = withinCalendar(
    (u) => dateBin(stride, u, origin),
    (u) => u,
  );
  return bins(apply, width);
}

function bins(start: (u: number) => number, width: number): Step {
  const apply = (u: number): number => (finite(u) ? start(u) : u);
  const inverse = (y: number): number => {
    const bin = apply(y);
    return bin < y && bin > -Infinity ? bin + width : y;
  };
  return rising(apply, inverse, width >= SECOND_US); // shorter bins count as flowing: a barrier passes many of them
}

function firstDayAtLeast(y: number): number {
  const day = dayOf(y);
  return day * DAY_US < y ? day + 1 : day;
}

/** Returns f with an infinite result where it throws: outside the calendar, on the side that `guess` tells. */
function withinCalendar(f: (u: number) => number, guess: (u: number) => number): (u: number) => number {
  return (u) => {
    try {
      return f(u);
    } catch (error) {
      if (!(error instanceof SqlValueError)) throw error;
      return guess(u) < 0 ? -Infinity : Infinity;
    }
  };
}

/**
 * Returns the first day from `low` on for whose midnight the result of f is at least `y`. f never decreases, and is
 * Infinity after the calendar's end. `high` is only a guess.
 */
function searchDay(f: (u: number) => number, y: number, low: number, high: number): number {
  let [a, b] = [low, high];
  for (let width = high - low + 1; f(b * DAY_US) < y; width *= 2) b += width;
  while (a < b) {
    const middle = Math.floor((a + b) / 2);
    if (f(middle * DAY_US) >= y) b = middle;
    else a = middle + 1;
  }
  return a;
}
