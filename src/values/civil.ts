import { SqlValueError } from './sql-error.ts';

/** Proleptic Gregorian calendar arithmetic on days and microseconds since 1970-01-01. */
export const DAY_US = 86_400_000_000;
export const HOUR_US = 3_600_000_000;
export const MINUTE_US = 60_000_000;
export const SECOND_US = 1_000_000;

/** 0001-01-01 and 9999-12-31, the range of DATE and of both timestamp types. */
export const MIN_DAY = -719_162;
export const MAX_DAY = 2_932_896;

export interface CivilDate {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
}

/** Returns the days since 1970-01-01. `month` must be 1 to 12; `day` may lie outside the month. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

export function civilFromDays(days: number): CivilDate {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

export function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeapYear(year) ? 29 : MONTH_DAYS[month - 1]!;
}

/** Returns the day of an instant, in days since 1970-01-01. */
export function dayOf(us: number): number {
  const day = Math.floor(us / DAY_US);
  const rest = us - day * DAY_US; // exact, while the quotient above may have been rounded to the wrong day
  return rest < 0 ? day - 1 : rest >= DAY_US ? day + 1 : day;
}

/**
 * Instants within this distance from 1970 (years 1684 to 2255) are exact to the microsecond; others to the millisecond.
 */
const EXACT_US = 2 ** 53;

/** Returns the microseconds since midnight of an instant, 0 <= t < DAY_US. */
export function timeOf(us: number): number {
  const time = us - dayOf(us) * DAY_US;
  return us <= EXACT_US && us >= -EXACT_US ? time : Math.round(time / 1000) * 1000;
}

/** Returns the ISO weekday of a day: 1 for Monday to 7 for Sunday. */
export function isoWeekday(day: number): number {
  return ((((day + 3) % 7) + 7) % 7) + 1;
}

/** Returns the Monday with which an ISO year begins. */
function isoYearStart(year: number): number {
  const fourth = daysFromCivil(year, 1, 4);
  return fourth - isoWeekday(fourth) + 1;
}

/** Returns the ISO 8601 week-numbering year and week (1 to 53) of a day. */
export function isoWeek(day: number): { readonly year: number; readonly week: number } {
  let year = civilFromDays(day).year;
  if (day >= isoYearStart(year + 1)) year++;
  else if (day < isoYearStart(year)) year--;
  return { year, week: Math.floor((day - isoYearStart(year)) / 7) + 1 };
}

/** Returns the day. Throws 22008 if it is outside 0001-01-01 to 9999-12-31. */
export function checkDay(day: number): number {
  if (!(day >= MIN_DAY && day <= MAX_DAY))
    throw new SqlValueError('22008', 'date out of range (years 1 to 9999)');
  return day;
}

/**
 * Returns the timestamp of a day and microseconds, which must be within 2^53 but need not lie within the day. Before
 * 1684 and after 2255, where doubles are up to 32 microseconds apart, it is truncated to whole milliseconds and
 * represented by the nearest double, from which `timeOf` recovers the millisecond. Midnights and whole seconds are
 * exact in all years. Throws 22008 outside the years 1 to 9999.
 */
export function timestampFrom(day: number, us: number): number {
  const carried = us >= 0 && us < DAY_US ? 0 : dayOf(us);
  const base = (day + carried) * DAY_US;
  const rest = us - carried * DAY_US;
  if (!(day + carried >= MIN_DAY && day + carried <= MAX_DAY)) {
    throw new SqlValueError('22008', 'timestamp out of range (years 1 to 9999)');
  }
  const result = base + rest;
  return result <= EXACT_US && result >= -EXACT_US ? result : base + Math.floor(rest / 1000) * 1000;
}

/** Returns the instant `by` microseconds later. Throws 22008 outside the years 1 to 9999. */
export function laterBy(us: number, by: number): number {
  return timestampFrom(dayOf(us), timeOf(us) + by);
}

/** Returns the microseconds since 1970 as a bigint, as exact as the timestamp in all years. */
export function exactMicros(us: number): bigint {
  return BigInt(dayOf(us)) * BigInt(DAY_US) + BigInt(timeOf(us));
}
