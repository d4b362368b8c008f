import { DAY_US, dayOf, HOUR_US, MAX_DAY, MINUTE_US, SECOND_US, timeOf } from '../values/civil.ts';
import { dateBin, dateTrunc } from '../values/date-trunc.ts';
import type { DateUnit } from '../values/date-unit.ts';
import type { Interval } from '../values/datum.ts';
import { addInterval, timestampAge } from '../values/interval.ts';
import { SqlValueError } from '../values/sql-error.ts';
import { utcToZone, zoneOf, zoneOffset, zoneToUtc } from '../values/time-zone.ts';

/**
 * One step from the clock to the value that a query compares with: microseconds in, microseconds out (a date is its
 * midnight). A step rises in pieces: within a piece a later input never has a smaller result. Where a piece ends
 * (an hour that comes twice, the end of a month) the result may fall back.
 *
 * All functions are total: compared values come from events, and one of the year 9999 must not stop a stream.
 */
export interface Step {
  /** Infinite where the result lies outside the calendar. */
  readonly apply: (u: number) => number;
  /** Where the piece in which u lies ends; Infinity if it goes on for ever. May be told too early. */
  readonly until: (u: number) => number;
  /** The first input from `from` on, in its piece, whose result is at least `y`; Infinity if there is none. */
  readonly reach: (y: number, from: number) => number;
  /** No input before this one has a result of at least `y`. */
  readonly earliest: (y: number) => number;
  /** All inputs from this one on have results of at least `y`. */
  readonly settled: (y: number) => number;
  /** The value stays the same for a while (a date, a truncated time), it does not flow with the clock. */
  readonly steps: boolean;
  /** There is one piece only. */
  readonly rises: boolean;
}

const never = (): number => Infinity;

/** A step that rises for ever: `inverse` is the first input with a result of at least y. */
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

/** Adds what stays the same until `until(u)`, and is never less than `low` nor more than `high`. */
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

/** Adds an amount of microseconds. */
export function plain(amount: number): Step {
  return rising(
    (u) => u + amount,
    (y) => y - amount,
    false,
  );
}

/** Adds an interval. Months are counted on the calendar, so that the result falls back at the ends of months. */
export function intervalShift(by: Interval): Step {
  const rest = by.days * DAY_US + by.us;
  if (by.months === 0) return plain(rest);
  const guess = by.months * 30.436875 * DAY_US + rest;
  const shifted = withinCalendar(
    (u) => addInterval(u, by),
    (u) => u + guess,
  );
  return shifting({
    // Dates are clamped to the length of a month: what is added is the same for all times of one day.
    offset: (u) => (finite(u) ? shifted(u) - u : 0),
    until: (u) => (finite(u) ? nextMidnight(u) : Infinity),
    low: guess - 5 * DAY_US,
    high: guess + 5 * DAY_US,
  });
}

/** How far ahead the changes of a zone's offset are looked for. */
const ZONE_AHEAD_US = 400 * DAY_US;

/** The end of the piece of a zone with changes in which an instant lies. */
function zoneUntil(u: number, zone: string): number {
  const found = zoneOf(zone);
  if (typeof found === 'number' || !finite(u) || dayOf(u) > MAX_DAY - 800) return Infinity;
  return Math.min(found.nextTransition(u, u + ZONE_AHEAD_US), u + ZONE_AHEAD_US);
}

/** From an instant to the wall time of a zone. Throws 22023 for an unknown zone. */
export function toZone(zone: string): Step {
  zoneOf(zone);
  return shifting({
    offset: (u) => (finite(u) ? zoneOffset(u, zone) : 0),
    until: (u) => zoneUntil(u, zone),
    low: -DAY_US,
    high: DAY_US,
  });
}

/** From the wall time of a zone to the instant. Throws 22023 for an unknown zone. */
export function fromZone(zone: string): Step {
  zoneOf(zone);
  const instant = withinCalendar(
    (u) => zoneToUtc(u, zone),
    (u) => u,
  );
  return shifting({
    offset: (u) => (finite(u) ? instant(u) - u : 0),
    until: (u) => {
      // Around a change, wall times are read with the offset before it or with the one after it.
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

/** `date_trunc` by a unit within a day on the wall clock of a zone. Throws 22023 for an unknown zone. */
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

/** The time of day. */
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

/** The length of `age(u, since)`, months counted as 30 days, as intervals are compared. */
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
  /** An age of a year has 360 days and up to 366 of the calendar. */
  const LONGER = 366.5 / 360;
  return {
    ...shifting({ offset, until, low: 0, high: 0 }),
    earliest: (y) => since + Math.min(y, y * LONGER) - 5 * DAY_US,
    settled: (y) => since + Math.max(y, y * LONGER) + 5 * DAY_US,
  };
}

/** An age grows as time does until the day or the time of day is passed at which it is counted anew. */
export function ageUntil(u: number, since: number): number {
  if (!finite(u)) return Infinity;
  const anew = dayOf(u) * DAY_US + timeOf(since);
  // Towards an instant that is still to come it is counted anew just behind that time of day.
  return anew > u ? anew : anew === u ? u + 1 : nextMidnight(u);
}

/** Units that are always of one length. */
const FIXED_US: Partial<Record<DateUnit, number>> = {
  microsecond: 1,
  millisecond: 1000,
  second: SECOND_US,
  minute: MINUTE_US,
  hour: HOUR_US,
  day: DAY_US,
  week: 7 * DAY_US,
};

/** The length of a unit in microseconds; of those that have no fixed one, a day, with whose ends they end. */
export function unitWidth(unit: DateUnit): number {
  return FIXED_US[unit] ?? DAY_US;
}

/** `date_trunc`. */
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

/** `date_bin`; undefined where the stride is none that it takes. */
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
  return rising(apply, inverse, width >= SECOND_US); // a barrier passes many milliseconds: to it they flow
}

function firstDayAtLeast(y: number): number {
  const day = dayOf(y);
  return day * DAY_US < y ? day + 1 : day;
}

/** f, but infinite where it fails: before the calendar or behind it, as a rough guess of its result tells. */
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
 * The first day from `low` on whose midnight f takes to `y` or later. f never decreases and is Infinity behind the
 * calendar's end; it is enough that `high` is a good guess.
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
