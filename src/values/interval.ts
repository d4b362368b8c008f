import {
  checkDay,
  civilFromDays,
  DAY_US,
  dayOf,
  daysFromCivil,
  daysInMonth,
  HOUR_US,
  MINUTE_US,
  SECOND_US,
  timeOf,
  timestampFrom,
} from './civil.ts';
import type { Interval } from './datum.ts';
import { roundHalfEven } from './datetime.ts';
import { SqlValueError } from './sql-error.ts';

const MAX_INT32 = 2_147_483_647;

/** Returns an interval of whole fields. Throws 22008 if a field is out of range. */
export function makeInterval(months: number, days: number, us: number): Interval {
  if (
    !(Math.abs(months) <= MAX_INT32 && Math.abs(days) <= MAX_INT32) ||
    !(Math.abs(us) <= Number.MAX_SAFE_INTEGER)
  ) {
    throw new SqlValueError('22008', 'interval out of range');
  }
  return { months: months + 0, days: days + 0, us: us + 0 }; // + 0: never -0
}

/** Compares by PostgreSQL's normalised length: a month is 30 days, a day 24 hours. */
export function intervalCompare(a: Interval, b: Interval): number {
  const aDays = dayOf(a.us);
  const bDays = dayOf(b.us);
  const days = a.months * 30 + a.days + aDays - (b.months * 30 + b.days + bDays);
  return days !== 0 ? days : a.us - aDays * DAY_US - (b.us - bDays * DAY_US);
}

export function intervalAdd(a: Interval, b: Interval): Interval {
  return makeInterval(a.months + b.months, a.days + b.days, a.us + b.us);
}
export function intervalNegate(a: Interval): Interval {
  return makeInterval(-a.months, -a.days, -a.us);
}
export function intervalSub(a: Interval, b: Interval): Interval {
  return makeInterval(a.months - b.months, a.days - b.days, a.us - b.us);
}

function roundMicro(x: number): number {
  return roundHalfEven(x * 1e6) / 1e6;
}

/** Scales each field with `apply`. Fractions of months spill into days (30 a month), those of days into time. */
function scale(x: Interval, apply: (n: number) => number): Interval {
  const months = Math.trunc(apply(x.months));
  const days = Math.trunc(apply(x.days));
  const spilledDays = roundMicro((apply(x.months) - months) * 30);
  let wholeDays = days;
  let seconds = roundMicro((apply(x.days) - days + spilledDays - Math.trunc(spilledDays)) * 86_400);
  if (Math.abs(seconds) >= 86_400) {
    wholeDays += Math.trunc(seconds / 86_400);
    seconds -= Math.trunc(seconds / 86_400) * 86_400;
  }
  wholeDays += Math.trunc(spilledDays);
  return makeInterval(months, wholeDays, roundHalfEven(apply(x.us) + seconds * SECOND_US));
}
export function intervalMul(x: Interval, factor: number): Interval {
  return scale(x, (n) => n * factor);
}
/** Returns x / divisor. Throws 22012 for a zero divisor. */
export function intervalDiv(x: Interval, divisor: number): Interval {
  if (divisor === 0) throw new SqlValueError('22012', 'division by zero');
  return scale(x, (n) => n / divisor);
}

/** Moves a day by whole months. The day of the month is clamped to the month's length. */
export function addMonths(day: number, months: number): number {
  if (months === 0) return day;
  const date = civilFromDays(day);
  const total = date.year * 12 + date.month - 1 + months;
  const year = Math.floor(total / 12);
  const month = total - year * 12 + 1;
  return checkDay(daysFromCivil(year, month, Math.min(date.day, daysInMonth(year, month))));
}

/** Returns `timestamp + interval`: adds months (clamped), then days, then time. Throws 22008 out of range. */
export function addInterval(us: number, x: Interval): number {
  const day = dayOf(us);
  return timestampFrom(addMonths(day, x.months) + x.days, timeOf(us) + x.us);
}
/** Returns `timestamp - interval`. Throws 22008 out of range. */
export function subInterval(us: number, x: Interval): number {
  const day = dayOf(us);
  return timestampFrom(addMonths(day, -x.months) - x.days, timeOf(us) - x.us);
}
/** Returns `date + interval`, a timestamp. Throws 22008 out of range. */
export function addIntervalToDate(day: number, x: Interval): number {
  return timestampFrom(addMonths(day, x.months) + x.days, x.us);
}
/** Returns `time + interval`, which wraps at midnight; months and days are ignored. */
export function addIntervalToTime(time: number, x: Interval): number {
  return timeOf(time + timeOf(x.us));
}

/** Returns `timestamp - timestamp`, in days and time, never in months. */
export function timestampDiff(a: number, b: number): Interval {
  const days = dayOf(a) - dayOf(b);
  const time = timeOf(a) - timeOf(b);
  if (days > 0 && time < 0) return makeInterval(0, days - 1, time + DAY_US);
  if (days < 0 && time > 0) return makeInterval(0, days + 1, time - DAY_US);
  return makeInterval(0, days, time);
}

/** Returns `age(a, b)`: years, months, days and time from b to a, counted on the calendar. */
export function timestampAge(a: number, b: number): Interval {
  if (a < b) return intervalNegate(timestampAge(b, a));
  const from = civilFromDays(dayOf(b));
  const to = civilFromDays(dayOf(a));
  let months = (to.year - from.year) * 12 + to.month - from.month;
  let days = to.day - from.day;
  let time = timeOf(a) - timeOf(b);
  if (time < 0) {
    time += DAY_US;
    days--;
  }
  if (days < 0) {
    days += daysInMonth(from.year, from.month);
    months--;
  }
  return makeInterval(months, days, time);
}

/** The field that an INTERVAL type is limited to. */
export type IntervalField = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second';

/** Cuts off what is finer than the field, as PostgreSQL's `INTERVAL '...' DAY` does. */
export function truncateInterval(x: Interval, field: IntervalField): Interval {
  const toUnit = (us: number, unit: number): number => Math.trunc(us / unit) * unit;
  switch (field) {
    case 'year':
      return makeInterval(toUnit(x.months, 12), 0, 0);
    case 'month':
      return makeInterval(x.months, 0, 0);
    case 'day':
      return makeInterval(x.months, x.days, 0);
    case 'hour':
      return makeInterval(x.months, x.days, toUnit(x.us, HOUR_US));
    case 'minute':
      return makeInterval(x.months, x.days, toUnit(x.us, MINUTE_US));
    case 'second':
      return x;
  }
}

/** Converts each 24 hours of time to a day. */
export function justifyHours(x: Interval): Interval {
  const whole = Math.trunc(x.us / DAY_US);
  return sameSigns(x.months, x.days + whole, x.us - whole * DAY_US, false);
}
/** Converts each 30 days to a month. */
export function justifyDays(x: Interval): Interval {
  const whole = Math.trunc(x.days / 30);
  let months = x.months + whole;
  let days = x.days - whole * 30;
  if (months > 0 && days < 0) {
    days += 30;
    months--;
  } else if (months < 0 && days > 0) {
    days -= 30;
    months++;
  }
  return makeInterval(months, days, x.us);
}
/** Converts as `justifyHours` and `justifyDays`, and gives all fields one sign. */
export function justifyInterval(x: Interval): Interval {
  const whole = Math.trunc(x.us / DAY_US);
  const days = x.days + whole;
  const months = Math.trunc(days / 30);
  return sameSigns(x.months + months, days - months * 30, x.us - whole * DAY_US, true);
}

function sameSigns(months: number, days: number, us: number, withMonths: boolean): Interval {
  if (withMonths) {
    if (months > 0 && (days < 0 || (days === 0 && us < 0))) {
      days += 30;
      months--;
    } else if (months < 0 && (days > 0 || (days === 0 && us > 0))) {
      days -= 30;
      months++;
    }
  }
  if (days > 0 && us < 0) {
    us += DAY_US;
    days--;
  } else if (days < 0 && us > 0) {
    us -= DAY_US;
    days++;
  }
  return makeInterval(months, days, us);
}

/** Returns PostgreSQL's text: `1 year 2 mons 3 days 04:05:06.789`. */
export function formatInterval(x: Interval): string {
  let text = '';
  let before = false;
  const add = (value: number, unit: string): void => {
    if (value === 0) return;
    text += `${text === '' ? '' : ' '}${before && value > 0 ? '+' : ''}${value} ${unit}${value === 1 ? '' : 's'}`;
    before = value < 0;
  };
  add(Math.trunc(x.months / 12), 'year');
  add(x.months % 12, 'mon');
  add(x.days, 'day');
  if (x.us === 0 && text !== '') return text;
  const abs = Math.abs(x.us);
  const hours = Math.floor(abs / HOUR_US);
  const minutes = Math.floor((abs - hours * HOUR_US) / MINUTE_US);
  const seconds = Math.floor((abs - hours * HOUR_US - minutes * MINUTE_US) / SECOND_US);
  const micros = abs - hours * HOUR_US - minutes * MINUTE_US - seconds * SECOND_US;
  const sign = x.us < 0 ? '-' : before ? '+' : '';
  const two = (n: number): string => String(n).padStart(2, '0');
  const fraction = micros === 0 ? '' : `.${String(micros).padStart(6, '0').replace(/0+$/, '')}`;
  return `${text === '' ? '' : `${text} `}${sign}${two(hours)}:${two(minutes)}:${two(seconds)}${fraction}`;
}
