import {
  civilFromDays,
  DAY_US,
  dayOf,
  exactMicros,
  daysFromCivil,
  HOUR_US,
  isoWeekday,
  MINUTE_US,
  SECOND_US,
  timeOf,
  timestampFrom,
} from './civil.ts';
import { unitNamed } from './date-unit.ts';
import type { DateUnit } from './date-unit.ts';
import type { Interval } from './datum.ts';
import { makeInterval } from './interval.ts';
import { SqlValueError } from './sql-error.ts';

export type { DateUnit };

/** Returns the unit that `date_trunc` knows by a name. Throws 22023 for an unknown name. */
export function truncUnit(name: string): DateUnit {
  const unit = unitNamed(name);
  if (unit === undefined) throw new SqlValueError('22023', `unit ${JSON.stringify(name)} not recognized`);
  return unit;
}

function floorTo(us: number, step: number): number {
  const time = timeOf(us); // every step below divides a day
  return timestampFrom(dayOf(us), time - (time % step));
}

/** Returns the first day of the unit in which `day` lies. `unit` is a week or longer. */
function truncDay(unit: DateUnit, day: number): number {
  if (unit === 'week') return day - isoWeekday(day) + 1;
  const { year, month } = civilFromDays(day);
  switch (unit) {
    case 'month':
      return daysFromCivil(year, month, 1);
    case 'quarter':
      return daysFromCivil(year, month - ((month - 1) % 3), 1);
    case 'year':
      return daysFromCivil(year, 1, 1);
    case 'decade':
      return daysFromCivil(year - (year % 10), 1, 1);
    case 'century':
      return daysFromCivil(year - ((year - 1) % 100), 1, 1);
    default:
      return daysFromCivil(year - ((year - 1) % 1000), 1, 1);
  }
}

/**
 * Returns the start of the unit in which an instant lies, on the UTC calendar. Weeks start on Monday. Throws 22008 if
 * the start is before year 1.
 */
export function dateTrunc(unit: DateUnit, us: number): number {
  switch (unit) {
    case 'day':
      return dayOf(us) * DAY_US;
    case 'hour':
      return floorTo(us, HOUR_US);
    case 'minute':
      return floorTo(us, MINUTE_US);
    case 'second':
      return floorTo(us, SECOND_US);
    case 'millisecond':
      return floorTo(us, 1000);
    case 'microsecond':
      return us;
    default:
      return timestampFrom(truncDay(unit, dayOf(us)), 0);
  }
}

/** Returns the interval with all fields below the unit set to zero, as `date_trunc` does. Throws 0A000 for weeks. */
export function intervalTrunc(unit: DateUnit, x: Interval): Interval {
  const months = (step: number): Interval => makeInterval(x.months - (x.months % step), 0, 0);
  const time = (step: number): Interval => makeInterval(x.months, x.days, x.us - (x.us % step));
  switch (unit) {
    case 'microsecond':
      return x;
    case 'millisecond':
      return time(1000);
    case 'second':
      return time(SECOND_US);
    case 'minute':
      return time(MINUTE_US);
    case 'hour':
      return time(HOUR_US);
    case 'day':
      return makeInterval(x.months, x.days, 0);
    case 'week':
      throw new SqlValueError('0A000', 'unit "week" not supported for type interval');
    case 'month':
      return months(1);
    case 'quarter':
      return months(3);
    case 'year':
      return months(12);
    case 'decade':
      return months(120);
    case 'century':
      return months(1200);
    case 'millennium':
      return months(12_000);
  }
}

/**
 * Returns the start of the bin in which `us` lies; bins have width `stride` and are aligned to `origin`. Throws 0A000
 * for a stride with months, and 22008 for one that is not positive or for a result out of range.
 */
export function dateBin(stride: Interval, us: number, origin: number): number {
  if (stride.months !== 0) {
    throw new SqlValueError('0A000', 'timestamps cannot be binned into intervals containing months or years');
  }
  const step = stride.days * DAY_US + stride.us;
  if (step <= 0) throw new SqlValueError('22008', 'stride must be greater than zero');
  if (!Number.isSafeInteger(step)) throw new SqlValueError('22008', 'interval out of range');
  const diff = us - origin;
  if ([us, origin, diff].every(Number.isSafeInteger)) {
    const rest = diff % step;
    return timestampFrom(0, us - rest - (rest < 0 ? step : 0));
  }
  const width = BigInt(step);
  const rest = (exactMicros(us) - exactMicros(origin)) % width;
  const bin = exactMicros(us) - rest - (rest < 0n ? width : 0n);
  const day = bin / BigInt(DAY_US);
  return timestampFrom(Number(day), Number(bin - day * BigInt(DAY_US)));
}
