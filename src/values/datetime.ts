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
import { quote } from './quote.ts';
import { SqlValueError } from './sql-error.ts';
import { fixedOffset, isTimeZone, zoneToUtc } from './time-zone.ts';

/**
 * The text of DATE, TIME, TIMESTAMP and TIMESTAMPTZ. Input: ISO 8601 with `T` or a space, also without dashes and
 * colons; dates with the month's name (RFC 1123: `Sun, 15 Mar 2026 12:00:00 GMT`); optional seconds and fraction
 * (rounded to microseconds); AM/PM; `epoch`. Output: as in PostgreSQL with DateStyle ISO and the session time zone UTC.
 */
const DATE_TIME =
  /^(?:(\d{4,6})-(\d{1,2})-(\d{1,2})|(\d{4})(\d{2})(\d{2})|(\d{4})\/(\d{1,2})\/(\d{1,2}))(?:[Tt\s]\s*(\d{1,2})(?::(\d{2})(?::(\d{2})(?:\.(\d*))?)?|(?<=\d\d)(\d{2})(?:(\d{2})(?:\.(\d*))?)?)\s*([AaPp][Mm](?![A-Za-z]))?)?\s*(.*)$/;
const TIME_ONLY = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d*))?)?\s*([AaPp][Mm](?![A-Za-z]))?\s*(.*)$/;
/** Longer texts are refused, because the patterns take time in proportion to a power of the length. */
const MAX_LENGTH = 128;

function match(pattern: RegExp, text: string): RegExpExecArray | null {
  const trimmed = text.trim();
  return trimmed.length > MAX_LENGTH ? null : pattern.exec(trimmed);
}

interface DateTimeParts {
  readonly day: number;
  /** Microseconds since midnight, at most one day. */
  readonly time: number;
  /** The text after the time: an offset or a zone's name; '' if there is none. */
  readonly zone: string;
}

export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest < 0.5) return floor;
  if (rest > 0.5) return floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

function invalid(type: string, text: string): SqlValueError {
  const word = text.trim().toLowerCase();
  if (word === 'infinity' || word === '-infinity') {
    return new SqlValueError('22008', `${type} does not support ${quote(word)}`);
  }
  return new SqlValueError('22007', `invalid input syntax for type ${type}: ${quote(text)}`);
}
function fieldOverflow(text: string): SqlValueError {
  return new SqlValueError('22008', `date/time field value out of range: ${quote(text)}`);
}

interface TimeFields {
  readonly hour: string;
  readonly minute: string;
  readonly second: string | undefined;
  readonly fraction: string | undefined;
  readonly half: string | undefined;
}

function timeFromFields(f: TimeFields, text: string): number {
  let hour = Number(f.hour);
  const minute = Number(f.minute);
  const second = f.second === undefined ? 0 : Number(f.second);
  if (f.half !== undefined) {
    if (hour > 12) throw fieldOverflow(text);
    hour = (hour % 12) + (f.half.toLowerCase() === 'pm' ? 12 : 0);
  }
  const fraction = f.fraction === undefined || f.fraction === '' ? 0 : fractionToMicros(f.fraction);
  const time = hour * HOUR_US + minute * MINUTE_US + second * SECOND_US + fraction;
  if (hour > 24 || minute > 59 || second > 60 || time > DAY_US) throw fieldOverflow(text);
  return time;
}

function fractionToMicros(digits: string): number {
  return digits.length <= 6 ? Number(digits.padEnd(6, '0')) : roundHalfEven(Number(`0.${digits}`) * 1e6);
}

/** `15 Mar 2026`, `15-Mar-2026` or `Mar 15, 2026`, with or without a weekday. */
const NAMED_MONTH =
  /^(?:([a-z]{3,9})\.?,?\s+)?(?:(\d{1,2})[\s-]([a-z]{3,9})\.?[\s,-]\s*|([a-z]{3,9})\.?\s+(\d{1,2}),?\s+)(\d{4})(?!\d)(.*)$/i;
const MONTHS = 'january february march april may june july august september october november december'.split(
  ' ',
);
const WEEKDAYS = 'monday tuesday wednesday thursday friday saturday sunday'.split(' ');

/** Returns the position of a name, in full or shortened to three letters; -1 if it is not in the list. */
function nameIndex(names: readonly string[], name: string): number {
  const word = name.toLowerCase();
  return names.findIndex((n) => n === word || n.slice(0, 3) === word);
}

/** Replaces a leading date with the month's name by an ISO date; returns any other text unchanged. */
function monthInDigits(text: string): string {
  if (!/^\s*(?:\d{1,2}[\s-])?[A-Za-z]/.test(text)) return text;
  const m = match(NAMED_MONTH, text);
  if (m === null) return text;
  const month = nameIndex(MONTHS, m[3] ?? m[4]!);
  if (month < 0 || (m[1] !== undefined && nameIndex(WEEKDAYS, m[1]) < 0)) return text;
  return `${m[6]!}-${month + 1}-${m[2] ?? m[5]!}${m[7]!}`;
}

function parseDateTime(type: string, text: string): DateTimeParts {
  const m = match(DATE_TIME, monthInDigits(text));
  if (m === null) {
    if (text.trim().toLowerCase() === 'epoch') return { day: 0, time: 0, zone: '' };
    throw invalid(type, text);
  }
  const year = Number(m[1] ?? m[4] ?? m[7]);
  const month = Number(m[2] ?? m[5] ?? m[8]);
  const day = Number(m[3] ?? m[6] ?? m[9]);
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month))
    throw fieldOverflow(text);
  const time =
    m[10] === undefined
      ? 0
      : timeFromFields(
          {
            hour: m[10],
            minute: m[11] ?? m[14]!,
            second: m[12] ?? m[15],
            fraction: m[13] ?? m[16],
            half: m[17],
          },
          text,
        );
  const zone = m[18]!;
  // An offset directly after a date is refused, since it could be a part of the date.
  const isOffsetOfDay = m[10] === undefined && /^[+-]/.test(zone);
  if (zone !== '' && (isOffsetOfDay || !isTimeZone(zone))) throw invalid(type, text);
  return { day: daysFromCivil(year, month, day), time, zone };
}

/** Returns days since 1970-01-01. A time of day after the date is checked and ignored. Throws 22007, 22008. */
export function parseDate(text: string): number {
  return checkDay(parseDateTime('date', text).day);
}

function parseInstant(type: string, text: string): number {
  const { day, time, zone } = parseDateTime(type, text);
  if (zone === '') return timestampFrom(day, time);
  const fixed = fixedOffset(zone);
  // An offset after a name follows POSIX, which counts to the west.
  if (fixed !== undefined) return timestampFrom(day, /^[a-z<]/i.test(zone) ? time + fixed : time - fixed);
  return zoneToUtc(timestampFrom(day, time), zone);
}

/**
 * Returns microseconds since 1970-01-01 00:00:00. Text with `Z` or an offset is converted to UTC, so that ISO instants
 * are read as their producer means them (PostgreSQL ignores the offset). Throws 22007, 22008.
 */
export function parseTimestamp(text: string): number {
  return parseInstant('timestamp', text);
}
/** Returns microseconds since 1970-01-01 00:00:00 UTC. Text without an offset is UTC. Throws 22007, 22008. */
export function parseTimestamptz(text: string): number {
  return parseInstant('timestamp with time zone', text);
}
/**
 * Returns microseconds since midnight; 24:00:00 is allowed. A date before the time and an offset after it are ignored.
 * Throws 22007, 22008.
 */
export function parseTime(text: string): number {
  const m = match(TIME_ONLY, text);
  if (m === null) {
    const parts = match(DATE_TIME, text);
    if (parts === null || parts[10] === undefined) throw invalid('time', text);
    return parseDateTime('time', text).time;
  }
  if (m[6] !== '' && !isTimeZone(m[6]!)) throw invalid('time', text);
  return timeFromFields({ hour: m[1]!, minute: m[2]!, second: m[3], fraction: m[4], half: m[5] }, text);
}

const TWO: readonly string[] = Array.from({ length: 100 }, (_, i) => String(i).padStart(2, '0'));

/** Returns `YYYY-MM-DD`. */
export function formatDate(day: number): string {
  const d = civilFromDays(day);
  return `${String(d.year).padStart(4, '0')}-${TWO[d.month]!}-${TWO[d.day]!}`;
}
/** Returns `HH:MM:SS[.ffffff]`, without trailing zeros of the fraction. */
export function formatTime(us: number): string {
  const seconds = Math.floor(us / SECOND_US);
  const micros = us - seconds * SECOND_US;
  const text = `${TWO[Math.floor(seconds / 3600)]!}:${TWO[Math.floor(seconds / 60) % 60]!}:${TWO[seconds % 60]!}`;
  return micros === 0 ? text : `${text}.${String(micros).padStart(6, '0').replace(/0+$/, '')}`;
}
/** Returns PostgreSQL's text. In JSON, `separator` is `T`. */
export function formatTimestamp(us: number, separator = ' '): string {
  const day = dayOf(us);
  return `${formatDate(day)}${separator}${formatTime(timeOf(us))}`;
}
/** Returns PostgreSQL's text in the session time zone UTC: `2026-03-15 00:00:00+00`. */
export function formatTimestamptz(us: number): string {
  return `${formatTimestamp(us)}+00`;
}
