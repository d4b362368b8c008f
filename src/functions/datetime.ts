import {
  checkDay,
  DAY_US,
  dayOf,
  daysFromCivil,
  daysInMonth,
  HOUR_US,
  laterBy,
  MINUTE_US,
  SECOND_US,
  timeOf,
  timestampFrom,
} from '../values/civil.ts';
import type { Interval } from '../values/datum.ts';
import { dateBin, dateTrunc, intervalTrunc, truncUnit } from '../values/date-trunc.ts';
import type { DateUnit } from '../values/date-unit.ts';
import { roundHalfEven } from '../values/datetime.ts';
import {
  extractDate,
  extractField,
  extractInterval,
  extractTime,
  extractTimestamp,
} from '../values/extract.ts';
import * as interval from '../values/interval.ts';
import { numericToDouble } from '../values/numeric.ts';
import { SqlValueError } from '../values/sql-error.ts';
import { utcToZone, zoneOffset, zoneToUtc } from '../values/time-zone.ts';
import {
  DATE,
  DOUBLE,
  INTEGER,
  INTERVAL,
  NUMERIC,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  VARCHAR,
} from '../values/types.ts';
import type { SqlType } from '../values/types.ts';
import { checkAt, define } from './define.ts';
import type { ScalarFunction } from './function.ts';

/** Operators and functions of dates, times and intervals. The session time zone is UTC. */

const WITHIN_A_DAY = new Set<DateUnit>(['microsecond', 'millisecond', 'second', 'minute', 'hour']);
const BOTH_TIMESTAMPS = [TIMESTAMP, TIMESTAMPTZ] as const;
/** Seconds from 1970 to 2000, where PostgreSQL's time begins. */
const SECONDS_TO_2000 = 946_684_800;

function operators(): ScalarFunction[] {
  const addDays = (day: number, n: number): number => checkDay(day + n);
  const dateAndTime = (day: number, time: number): number => timestampFrom(day, time);
  return [
    define('+', [DATE, INTEGER], DATE, addDays),
    define('+', [INTEGER, DATE], DATE, (n: number, day: number) => addDays(day, n)),
    define('-', [DATE, INTEGER], DATE, (day: number, n: number) => addDays(day, -n)),
    define('-', [DATE, DATE], INTEGER, (a: number, b: number) => a - b),
    define('+', [DATE, TIME], TIMESTAMP, dateAndTime),
    define('+', [TIME, DATE], TIMESTAMP, (time: number, day: number) => dateAndTime(day, time)),
    define('+', [DATE, INTERVAL], TIMESTAMP, interval.addIntervalToDate),
    define('+', [INTERVAL, DATE], TIMESTAMP, (x: Interval, day: number) =>
      interval.addIntervalToDate(day, x),
    ),
    define('-', [DATE, INTERVAL], TIMESTAMP, (day: number, x: Interval) =>
      interval.subInterval(timestampFrom(day, 0), x),
    ),
    ...BOTH_TIMESTAMPS.flatMap((type) => [
      define('+', [type, INTERVAL], type, interval.addInterval),
      define('+', [INTERVAL, type], type, (x: Interval, us: number) => interval.addInterval(us, x)),
      define('-', [type, INTERVAL], type, interval.subInterval),
      define('-', [type, type], INTERVAL, interval.timestampDiff),
    ]),
    define('+', [TIME, INTERVAL], TIME, interval.addIntervalToTime),
    define('+', [INTERVAL, TIME], TIME, (x: Interval, time: number) => interval.addIntervalToTime(time, x)),
    define('-', [TIME, INTERVAL], TIME, (time: number, x: Interval) => timeOf(time - timeOf(x.us))),
    define('-', [TIME, TIME], INTERVAL, (a: number, b: number) => interval.makeInterval(0, 0, a - b)),
    define('+', [INTERVAL, INTERVAL], INTERVAL, interval.intervalAdd),
    define('-', [INTERVAL, INTERVAL], INTERVAL, interval.intervalSub),
    define('-', [INTERVAL], INTERVAL, interval.intervalNegate),
    define('*', [INTERVAL, DOUBLE], INTERVAL, interval.intervalMul),
    define('*', [DOUBLE, INTERVAL], INTERVAL, (n: number, x: Interval) => interval.intervalMul(x, n)),
    define('/', [INTERVAL, DOUBLE], INTERVAL, interval.intervalDiv),
  ];
}

const NO_TIME: Interval = { months: 0, days: 0, us: 0 };

function truncation(): ScalarFunction[] {
  const unit = { check: checkAt(0, truncUnit) };
  return [
    ...BOTH_TIMESTAMPS.map((type) =>
      define(
        'date_trunc',
        [VARCHAR, type],
        type,
        (name: string, us: number) => dateTrunc(truncUnit(name), us),
        unit,
      ),
    ),
    define(
      'date_trunc',
      [VARCHAR, INTERVAL],
      INTERVAL,
      (name: string, x: Interval) => intervalTrunc(truncUnit(name), x),
      { check: checkAt(0, (name) => intervalTrunc(truncUnit(name), NO_TIME)) },
    ),
    define(
      'date_trunc',
      [VARCHAR, TIMESTAMPTZ, VARCHAR],
      TIMESTAMPTZ,
      (name: string, us: number, zone: string) => truncInZone(truncUnit(name), us, zone),
      {
        check: (position, value) => {
          if (position === 0) truncUnit(value as string);
          if (position === 2) utcToZone(0, value as string);
        },
      },
    ),
    ...BOTH_TIMESTAMPS.map((type) => define('date_bin', [INTERVAL, type, type], type, dateBin)),
  ];
}

/** EXTRACT returns NUMERIC, and date_part the same as DOUBLE. `sample` is any value of the type. */
function fields(): ScalarFunction[] {
  const one = <V>(type: SqlType, sample: V, get: (field: string, value: V) => bigint): ScalarFunction[] => {
    const check = { check: checkAt(0, (field) => get(field, sample)) };
    return [
      define('extract', [VARCHAR, type], NUMERIC, get as (field: string, value: never) => bigint, check),
      define(
        'date_part',
        [VARCHAR, type],
        DOUBLE,
        (field: string, value: never) => numericToDouble(get(field, value)),
        check,
      ),
    ];
  };
  return [
    ...one(TIMESTAMP, 0, (field, us) => extractTimestamp(extractField(field), us, false)),
    ...one(TIMESTAMPTZ, 0, (field, us) => extractTimestamp(extractField(field), us, true)),
    ...one(DATE, 0, (field, day) => extractDate(extractField(field), day)),
    ...one(TIME, 0, (field, us) => extractTime(extractField(field), us)),
    ...one(INTERVAL, NO_TIME, (field, x) => extractInterval(extractField(field), x)),
  ];
}

function makeDay(year: number, month: number, day: number): number {
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) {
    throw new SqlValueError('22008', `date field value out of range: ${year}-${month}-${day}`);
  }
  return checkDay(daysFromCivil(year, month, day));
}

function makeTime(hour: number, minute: number, seconds: number): number {
  const us = roundHalfEven(seconds * SECOND_US);
  const time = hour * HOUR_US + minute * MINUTE_US + us;
  if (!(hour >= 0 && minute >= 0 && minute < 60 && us >= 0 && us <= MINUTE_US && time <= DAY_US)) {
    throw new SqlValueError('22008', `time field value out of range: ${hour}:${minute}:${seconds}`);
  }
  return time;
}

function constructors(): ScalarFunction[] {
  const args = [INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, DOUBLE];
  const timestamp = (...[y, mo, d, h, mi, s]: [number, number, number, number, number, number]): number =>
    timestampFrom(makeDay(y, mo, d), makeTime(h, mi, s));
  return [
    define('make_date', [INTEGER, INTEGER, INTEGER], DATE, makeDay),
    define('make_time', [INTEGER, INTEGER, DOUBLE], TIME, makeTime),
    define('make_timestamp', args, TIMESTAMP, timestamp),
    define('make_timestamptz', args, TIMESTAMPTZ, timestamp),
    define('to_timestamp', [DOUBLE], TIMESTAMPTZ, (seconds: number) => {
      if (!Number.isFinite(seconds)) throw new SqlValueError('22008', 'timestamp out of range');
      // PostgreSQL counts from 2000, which decides how a double between two microseconds is rounded.
      const us = roundHalfEven((seconds - SECONDS_TO_2000) * SECOND_US);
      const day = dayOf(us);
      return timestampFrom(day + SECONDS_TO_2000 / 86_400, us - day * DAY_US);
    }),
  ];
}

function zones(): ScalarFunction[] {
  const check = { check: checkAt(0, (zone) => utcToZone(0, zone)) };
  return [
    define(
      'timezone',
      [VARCHAR, TIMESTAMP],
      TIMESTAMPTZ,
      (zone: string, us: number) => zoneToUtc(us, zone),
      check,
    ),
    define(
      'timezone',
      [VARCHAR, TIMESTAMPTZ],
      TIMESTAMP,
      (zone: string, us: number) => utcToZone(us, zone),
      check,
    ),
  ];
}

/**
 * Returns the start of the unit on the wall clock of `zone`. As in PostgreSQL, units within a day keep the offset of
 * the instant, so that the two hours of the same name in autumn stay apart.
 */
function truncInZone(unit: DateUnit, us: number, zone: string): number {
  const local = dateTrunc(unit, utcToZone(us, zone));
  return WITHIN_A_DAY.has(unit) ? laterBy(local, -zoneOffset(us, zone)) : zoneToUtc(local, zone);
}

function ages(): ScalarFunction[] {
  return [
    ...BOTH_TIMESTAMPS.map((type) => define('age', [type, type], INTERVAL, interval.timestampAge)),
    define('justify_hours', [INTERVAL], INTERVAL, interval.justifyHours),
    define('justify_days', [INTERVAL], INTERVAL, interval.justifyDays),
    define('justify_interval', [INTERVAL], INTERVAL, interval.justifyInterval),
  ];
}

export const DATETIME: readonly ScalarFunction[] = [
  ...operators(),
  ...truncation(),
  ...fields(),
  ...constructors(),
  ...zones(),
  ...ages(),
];
