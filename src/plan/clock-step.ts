import { DAY_US, dayOf, HOUR_US, MINUTE_US, SECOND_US } from '../values/civil.ts';
import { dateTrunc } from '../values/date-trunc.ts';
import type { DateUnit } from '../values/date-unit.ts';
import type { Interval } from '../values/datum.ts';
import { addInterval } from '../values/interval.ts';
import { SqlValueError } from '../values/sql-error.ts';

/**
 * One step from the clock to the value that a query compares with. Steps never decrease when their input grows,
 * so the instant at which a comparison flips can be computed backwards from the compared value.
 *
 * Both functions are total: compared values come from events, and one of the year 9999 must not stop a stream.
 */
export interface Step {
  /** Infinite where the result lies outside the calendar. */
  readonly apply: (u: number) => number;
  /** The smallest u with apply(u) >= y. */
  readonly inverse: (y: number) => number;
  /** The value stays the same for a while (a date, a truncated time), it does not flow with the clock. */
  readonly steps: boolean;
  /** Whether results are whole days: always, never, or as the input was. */
  readonly wholeDays: 'always' | 'never' | 'kept';
}

export const TO_DATE: Step = {
  apply: dayOf,
  inverse: (day) => day * DAY_US,
  steps: true,
  wholeDays: 'always',
};

export const FROM_DATE: Step = {
  apply: (day) => day * DAY_US,
  inverse: firstDayAtLeast,
  steps: false,
  wholeDays: 'always',
};

/** Shifts by a constant, in the unit of the value. */
export function plain(amount: number): Step {
  const wholeDays = amount % DAY_US === 0 ? 'kept' : 'never';
  return { apply: (u) => u + amount, inverse: (y) => y - amount, steps: false, wholeDays };
}

/** Shifts midnights by an interval with months; a flowing time so shifted would go back at the end of months. */
export function monthShift(by: Interval): Step {
  const apply = withinCalendar(
    (u) => addInterval(u, by),
    (u) => u + (by.months * 30 + by.days) * DAY_US + by.us,
  );
  // Days that surely lie before and after the one whose shifted midnight reaches y.
  const reach = Math.abs(by.months) * 31 + Math.abs(by.days) + Math.ceil(Math.abs(by.us) / DAY_US) + 40;
  return {
    apply,
    inverse: (y) => searchDay(apply, y, dayOf(y) - reach, dayOf(y) + reach) * DAY_US,
    steps: false,
    wholeDays: by.us % DAY_US === 0 ? 'kept' : 'never',
  };
}

/** `date_trunc`. */
export function truncation(unit: DateUnit): Step {
  const apply = withinCalendar(
    (u) => dateTrunc(unit, u),
    (u) => u,
  );
  const width = FIXED_US[unit];
  if (width === undefined) {
    return {
      apply,
      inverse: (y) => {
        const day = firstDayAtLeast(y);
        return searchDay(apply, y, day, day + 366) * DAY_US;
      },
      steps: true,
      wholeDays: 'always',
    };
  }
  return {
    apply,
    inverse: (y) => {
      const start = apply(y);
      return start < y && start > -Infinity ? start + width : y;
    },
    steps: width >= SECOND_US, // a barrier passes many milliseconds: to it they flow
    wholeDays: width >= DAY_US ? 'always' : 'never',
  };
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
