import {
  civilFromDays,
  dayOf,
  isoWeek,
  isoWeekday,
  daysFromCivil,
  HOUR_US,
  MINUTE_US,
  SECOND_US,
  timeOf,
} from '../values/civil.ts';
import { formatDouble } from '../values/double.ts';
import { numericFromBigint } from '../values/numeric.ts';
import { SqlValueError } from '../values/sql-error.ts';
import {
  BIGINT,
  DATE,
  DOUBLE,
  INTEGER,
  NUMERIC,
  REAL,
  TIMESTAMP,
  TIMESTAMPTZ,
  VARCHAR,
} from '../values/types.ts';
import type { SqlType } from '../values/types.ts';
import { checkAt, define } from './define.ts';
import type { ScalarFunction } from './function.ts';
import { MONTHS, parseTemplate, ROMAN_MONTHS } from './date-template.ts';
import type { DateField, TemplateNode } from './date-template.ts';
import { checkReadable, readDateTime } from './date-template-read.ts';
import { doubleToChar, numberToChar } from './to-char-number.ts';

/** to_char of timestamps and numbers, and to_date / to_timestamp with a template. */

const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

function inCase(name: string, like: string): string {
  if (like === like.toLowerCase()) return name.toLowerCase();
  return like[1] === like[1]!.toUpperCase() ? name.toUpperCase() : name;
}

function pad(n: number, width: number, fill: boolean): string {
  const text = String(Math.abs(n));
  return `${n < 0 ? '-' : ''}${fill ? text.padStart(width, '0') : text}`;
}

function ordinal(n: number): string {
  if (n % 100 >= 11 && n % 100 <= 13) return 'th';
  return ['th', 'st', 'nd', 'rd'][n % 10] ?? 'th';
}

interface Moment {
  readonly day: number;
  readonly time: number;
  readonly zoned: boolean;
}

const NUMBER_FIELDS: Partial<Record<DateField, readonly [width: number, get: (m: Moment) => number]>> = {
  HH24: [2, (m) => Math.floor(m.time / HOUR_US)],
  HH12: [2, (m) => ((Math.floor(m.time / HOUR_US) + 11) % 12) + 1],
  MI: [2, (m) => Math.floor(m.time / MINUTE_US) % 60],
  SS: [2, (m) => Math.floor(m.time / SECOND_US) % 60],
  SSSS: [0, (m) => Math.floor(m.time / SECOND_US)],
  YYYY: [4, (m) => civilFromDays(m.day).year],
  YYY: [3, (m) => civilFromDays(m.day).year % 1000],
  YY: [2, (m) => civilFromDays(m.day).year % 100],
  Y: [1, (m) => civilFromDays(m.day).year % 10],
  IYYY: [4, (m) => isoWeek(m.day).year],
  IYY: [3, (m) => isoWeek(m.day).year % 1000],
  IY: [2, (m) => isoWeek(m.day).year % 100],
  I: [1, (m) => isoWeek(m.day).year % 10],
  MM: [2, (m) => civilFromDays(m.day).month],
  DDD: [3, dayOfYear],
  IDDD: [3, (m) => (isoWeek(m.day).week - 1) * 7 + isoWeekday(m.day)],
  DD: [2, (m) => civilFromDays(m.day).day],
  D: [1, (m) => (isoWeekday(m.day) % 7) + 1],
  ID: [1, (m) => isoWeekday(m.day)],
  W: [1, (m) => Math.floor((civilFromDays(m.day).day - 1) / 7) + 1],
  WW: [2, (m) => Math.floor((dayOfYear(m) - 1) / 7) + 1],
  IW: [2, (m) => isoWeek(m.day).week],
  CC: [2, (m) => Math.ceil(civilFromDays(m.day).year / 100)],
  J: [0, (m) => m.day + 2_440_588],
  Q: [0, (m) => Math.ceil(civilFromDays(m.day).month / 3)],
};

function dayOfYear(m: Moment): number {
  return m.day - daysFromCivil(civilFromDays(m.day).year, 1, 1) + 1;
}

/** Returns the first digits of the second's fraction. FM does not shorten them. */
function fraction(m: Moment, digits: number): string {
  const us = m.time % SECOND_US;
  return String(Math.floor(us / 10 ** (6 - digits))).padStart(digits, '0');
}

function writeField(m: Moment, node: TemplateNode & { kind: 'field' }): string {
  const number = NUMBER_FIELDS[node.field];
  if (number !== undefined) {
    const value = number[1](m);
    const text = pad(value, number[0], !node.fill);
    if (node.ordinal === '') return text;
    const suffix = ordinal(value);
    return text + (node.ordinal === 'TH' ? suffix.toUpperCase() : suffix);
  }
  const padded = (name: string): string => (node.fill ? name : name.padEnd(9));
  const hour = Math.floor(m.time / HOUR_US);
  switch (node.field) {
    case 'MONTH':
      return padded(inCase(MONTHS[civilFromDays(m.day).month - 1]!, node.text));
    case 'MON':
      return inCase(MONTHS[civilFromDays(m.day).month - 1]!.slice(0, 3), node.text);
    case 'RM': {
      const numeral = ROMAN_MONTHS[civilFromDays(m.day).month - 1]!.padEnd(node.fill ? 0 : 4);
      return node.text === 'rm' ? numeral.toLowerCase() : numeral;
    }
    case 'FX':
      return ''; // FX matters only for reading a text
    case 'DAY':
      return padded(inCase(DAYS[isoWeekday(m.day) % 7]!, node.text));
    case 'DY':
      return inCase(DAYS[isoWeekday(m.day) % 7]!.slice(0, 3), node.text);
    case 'AM': {
      const text = node.text.includes('.') ? (hour < 12 ? 'A.M.' : 'P.M.') : hour < 12 ? 'AM' : 'PM';
      return node.text === node.text.toLowerCase() ? text.toLowerCase() : text;
    }
    case 'AD': {
      const text = node.text.includes('.') ? 'A.D.' : 'AD';
      return node.text === node.text.toLowerCase() ? text.toLowerCase() : text;
    }
    case 'Y,YYY': {
      const { year } = civilFromDays(m.day);
      return `${Math.floor(year / 1000)},${String(year % 1000).padStart(3, '0')}`;
    }
    case 'MS':
      return fraction(m, 3);
    case 'US':
      return fraction(m, 6);
    case 'FF1':
    case 'FF2':
    case 'FF3':
    case 'FF4':
    case 'FF5':
    case 'FF6':
      return fraction(m, Number(node.field[2]));
    case 'TZ':
      if (!m.zoned) return '';
      return node.text === 'tz' ? 'utc' : 'UTC';
    case 'TZH':
      return '+00';
    case 'TZM':
      return '00';
    case 'OF':
      return '+00';
    default:
      throw new SqlValueError('0A000', `to_char pattern ${JSON.stringify(node.text)} is not supported`);
  }
}

/** Returns the time as the template says. An empty template gives NULL. */
function timestampToChar(us: number, template: string, zoned: boolean): string | null {
  if (template === '') return null;
  const moment: Moment = { day: dayOf(us), time: timeOf(us), zoned };
  return parseTemplate(template)
    .map((node) => (node.kind === 'literal' ? node.text : writeField(moment, node)))
    .join('');
}

function floatToChar(x: number, template: string, digits: number): string {
  if (!Number.isFinite(x)) throw new SqlValueError('22003', `to_char does not support ${formatDouble(x)}`);
  return doubleToChar(x, template, digits);
}

/** Returns to_char of a type. `sample` is any value of the type, to check a template with. */
function toChar<V>(
  type: SqlType,
  sample: V,
  write: (value: V, template: string) => string | null,
): ScalarFunction {
  const check = checkAt(1, (template) => write(sample, template));
  return define(
    'to_char',
    [type, VARCHAR],
    VARCHAR,
    write as (value: never, template: string) => string | null,
    {
      check,
    },
  );
}

export const TO_CHAR: readonly ScalarFunction[] = [
  toChar(TIMESTAMP, 0, (us, template) => timestampToChar(us, template, false)),
  toChar(TIMESTAMPTZ, 0, (us, template) => timestampToChar(us, template, true)),
  toChar(INTEGER, 0, (n, template) => numberToChar(numericFromBigint(BigInt(n)), template)),
  toChar(BIGINT, 0n, (n, template) => numberToChar(numericFromBigint(n), template)),
  toChar(NUMERIC, 0n, numberToChar),
  toChar(REAL, 0, (x, template) => floatToChar(x, template, 6)),
  toChar(DOUBLE, 0, (x, template) => floatToChar(x, template, 15)),
  define(
    'to_timestamp',
    [VARCHAR, VARCHAR],
    TIMESTAMPTZ,
    (text: string, t: string) => readDateTime(text, t),
    {
      check: checkAt(1, checkReadable),
    },
  ),
  define('to_date', [VARCHAR, VARCHAR], DATE, (text: string, t: string) => dayOf(readDateTime(text, t)), {
    check: checkAt(1, checkReadable),
  }),
];
