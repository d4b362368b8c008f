import {
  civilFromDays,
  DAY_US,
  dayOf,
  daysFromCivil,
  exactMicros,
  HOUR_US,
  isoWeek,
  isoWeekday,
  MINUTE_US,
  timeOf,
} from './civil.ts';
import { unitNamed } from './date-unit.ts';
import type { DateUnit } from './date-unit.ts';
import type { Interval } from './datum.ts';
import { fitRatio, ONE } from './numeric.ts';
import { SqlValueError } from './sql-error.ts';

export type ExtractField =
  | DateUnit
  | 'dow'
  | 'doy'
  | 'epoch'
  | 'isodow'
  | 'isoyear'
  | 'julian'
  | 'timezone'
  | 'timezone_hour'
  | 'timezone_minute';

const SPECIAL = new Set(
  'dow doy epoch isodow isoyear julian timezone timezone_hour timezone_minute'.split(' '),
) as ReadonlySet<string>;

/** Returns the field that EXTRACT and date_part know by a name. Throws 22023 for an unknown name. */
export function extractField(name: string): ExtractField {
  const word = name.trim().toLowerCase();
  if (SPECIAL.has(word)) return word as ExtractField;
  const unit = unitNamed(word);
  if (unit === undefined) throw new SqlValueError('22023', `unit ${JSON.stringify(name)} not recognized`);
  return unit;
}

function unsupported(field: ExtractField, type: string): SqlValueError {
  return new SqlValueError('0A000', `unit "${field}" not supported for type ${type}`);
}

/** Returns n / 10^digits as a numeric datum. */
function decimal(n: number, digits: number): bigint {
  return BigInt(n) * 10n ** BigInt(28 - digits);
}

function fromDay(field: ExtractField, day: number): bigint | undefined {
  switch (field) {
    case 'dow':
      return decimal(isoWeekday(day) % 7, 0);
    case 'isodow':
      return decimal(isoWeekday(day), 0);
    case 'week':
      return decimal(isoWeek(day).week, 0);
    case 'isoyear':
      return decimal(isoWeek(day).year, 0);
    case 'julian':
      return decimal(day + 2_440_588, 0);
    default:
  }
  const { year, month, day: ofMonth } = civilFromDays(day);
  switch (field) {
    case 'day':
      return decimal(ofMonth, 0);
    case 'doy':
      return decimal(day - daysFromCivil(year, 1, 1) + 1, 0);
    case 'month':
      return decimal(month, 0);
    case 'quarter':
      return decimal(Math.ceil(month / 3), 0);
    case 'year':
      return decimal(year, 0);
    case 'decade':
      return decimal(Math.floor(year / 10), 0);
    case 'century':
      return decimal(Math.ceil(year / 100), 0);
    case 'millennium':
      return decimal(Math.ceil(year / 1000), 0);
    default:
      return undefined;
  }
}

/** Returns a field of a time of day, or of an interval's time, which may be negative or longer than a day. */
function fromTime(field: ExtractField, us: number): bigint | undefined {
  switch (field) {
    case 'hour':
      return decimal(Math.trunc(us / HOUR_US), 0);
    case 'minute':
      return decimal(Math.trunc((us % HOUR_US) / MINUTE_US), 0);
    case 'second':
      return decimal(us % MINUTE_US, 6);
    case 'millisecond':
      return decimal(us % MINUTE_US, 3);
    case 'microsecond':
      return decimal(us % MINUTE_US, 0);
    default:
      return undefined;
  }
}

/**
 * Returns EXTRACT from a TIMESTAMP, or with `zoned` from a TIMESTAMPTZ, as a numeric datum. Throws 0A000 for a field
 * that the type does not have.
 */
export function extractTimestamp(field: ExtractField, us: number, zoned: boolean): bigint {
  if (field === 'epoch') return exactMicros(us) * 10n ** 22n;
  const day = dayOf(us);
  const time = timeOf(us);
  if (field === 'julian') {
    const julian_us = BigInt(day + 2_440_588) * BigInt(DAY_US) + BigInt(time);
    return fitRatio(julian_us * ONE, BigInt(DAY_US));
  }
  if (zoned && field.startsWith('timezone')) return 0n;
  const value = fromTime(field, time) ?? fromDay(field, day);
  if (value === undefined)
    throw unsupported(field, zoned ? 'timestamp with time zone' : 'timestamp without time zone');
  return value;
}

/** Returns EXTRACT from a DATE. Throws 0A000 for fields of a time. */
export function extractDate(field: ExtractField, day: number): bigint {
  if (field === 'epoch') return decimal(day * 86_400, 0);
  const value = fromDay(field, day);
  if (value === undefined) throw unsupported(field, 'date');
  return value;
}

/** Returns EXTRACT from a TIME. Throws 0A000 for fields of a day. */
export function extractTime(field: ExtractField, us: number): bigint {
  if (field === 'epoch') return decimal(us, 6);
  const value = fromTime(field, us);
  if (value === undefined) throw unsupported(field, 'time without time zone');
  return value;
}

/**
 * Returns EXTRACT from an INTERVAL. The epoch counts a year as 365.25 days and a month as 30. Throws 0A000 for fields
 * that an interval does not have.
 */
export function extractInterval(field: ExtractField, x: Interval): bigint {
  switch (field) {
    case 'epoch': {
      const years = Math.trunc(x.months / 12);
      const seconds = years * 31_557_600 + (x.months % 12) * 2_592_000 + x.days * 86_400;
      return decimal(seconds, 0) + decimal(x.us, 6);
    }
    case 'day':
      return decimal(x.days, 0);
    case 'month':
      return decimal(x.months % 12, 0);
    case 'week':
      return decimal(Math.trunc(x.days / 7), 0);
    case 'quarter': {
      const quarter = Math.floor(Math.abs(x.months % 12) / 3) + 1;
      return decimal(x.months % 12 < 0 ? -quarter : quarter, 0);
    }
    case 'year':
      return decimal(Math.trunc(x.months / 12), 0);
    case 'decade':
      return decimal(Math.trunc(x.months / 120), 0);
    case 'century':
      return decimal(Math.trunc(x.months / 1200), 0);
    case 'millennium':
      return decimal(Math.trunc(x.months / 12_000), 0);
    default: {
      const value = fromTime(field, x.us);
      if (value === undefined) throw unsupported(field, 'interval');
      return value;
    }
  }
}
