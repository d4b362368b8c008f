import { castDatum } from '../values/cast.ts';
import { DAY_US, MAX_DAY, MIN_DAY, timestampFrom } from '../values/civil.ts';
import type { Datum } from '../values/datum.ts';
import { SqlValueError } from '../values/sql-error.ts';
import { type SqlType, TIMESTAMPTZ, typeName, VARCHAR } from '../values/types.ts';
import { Misfit, quote } from './misfit.ts';

/** Longer text, in characters, is no number, date or interval, and is refused unparsed. */
const MAX_SCALAR_TEXT = 1000;
/** A decimal number: sign, digits before and after the point, exponent. */
const DECIMAL_TEXT = /^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?$/;
/**
 * Nine digits or more are a count since 1970; fewer may be a date such as `20260315`. Fourteen digits are tried first
 * as a time such as `20260315201530`: counts of these centuries have thirteen (milliseconds) or sixteen (microseconds).
 */
const EPOCH_TEXT = /^[+-]?[0-9]{9,}(?:\.[0-9]*)?$/;
const DIGITS_OF_TIME = /^([0-9]{8})([0-9]{6}(?![0-9]).*)$/;
const DAY = BigInt(DAY_US);
const INTEGER_LIMITS = {
  smallint: [-(2n ** 15n), 2n ** 15n - 1n],
  integer: [-(2n ** 31n), 2n ** 31n - 1n],
  bigint: [-(2n ** 63n), 2n ** 63n - 1n],
} as const;

/**
 * Converts text from a record (a JSON string, a CSV field) to a datum of `type` by the rules of a SQL cast, except that
 *  - words for a time (`now`, `today`) are refused, and a TIMESTAMP with an offset is converted to UTC;
 *  - a whole number may be written as `600.0` or `6e2`, and a time as a count since 1970.
 * White space around a value is ignored, except in VARCHAR.
 */
export function textToDatum(text: string, type: SqlType): Datum | Misfit {
  if (type.kind === 'varchar') return text;
  if (
    text.length > MAX_SCALAR_TEXT &&
    type.kind !== 'jsonb' &&
    type.kind !== 'bytea' &&
    type.kind !== 'array'
  ) {
    return misfit(type, text);
  }
  switch (type.kind) {
    case 'smallint':
    case 'integer':
    case 'bigint':
      return integerFromText(text.trim(), type.kind, type);
    case 'date':
    case 'timestamp':
    case 'timestamptz':
      return timeFromText(text.trim(), type);
    default:
      return cast(text, type, type);
  }
}

function integerFromText(
  text: string,
  kind: 'smallint' | 'integer' | 'bigint',
  type: SqlType,
): Datum | Misfit {
  const value = wholeNumber(text);
  if (value === undefined) return misfit(type, text);
  const [low, high] = INTEGER_LIMITS[kind];
  if (value < low || value > high)
    return new Misfit('out_of_range', `${quote(text)} is out of range for ${typeName(type)}`);
  return kind === 'bigint' ? value : Number(value);
}

/** Returns the integer written as `600`, `600.0` or `6e2`; undefined if `text` is not a number, or has a fraction. */
export function wholeNumber(text: string): bigint | undefined {
  const scaled = scaledDecimal(text, 0);
  return scaled === undefined || scaled.rest ? undefined : scaled.value;
}

/**
 * Returns the decimal number times 10^digits, rounded towards negative infinity, and in `rest` whether that was
 * inexact. Returns undefined if `text` is not a number. A magnitude beyond 10^60 becomes some number beyond 10^60.
 */
function scaledDecimal(text: string, digits: number): { value: bigint; rest: boolean } | undefined {
  const m = DECIMAL_TEXT.exec(text);
  if (m === null) return undefined;
  const [whole, fraction] = [m[2]!, m[3] ?? ''];
  if (whole === '' && fraction === '') return undefined;
  const all = (whole + fraction).replace(/^0+/, '');
  if (all === '') return { value: 0n, rest: false };
  /** Number of digits before the point, after scaling. */
  const before = all.length - fraction.length + Number(m[4] ?? 0) + digits;
  const kept = all.slice(0, Math.max(0, before));
  const rest = /[1-9]/.test(all.slice(kept.length));
  const size = before > 60 ? 10n ** 61n : BigInt(kept.padEnd(before, '0') || '0');
  return { value: m[1] === '-' ? -size - (rest ? 1n : 0n) : size, rest };
}

function timeFromText(text: string, type: SqlType): Datum | Misfit {
  const digits = DIGITS_OF_TIME.exec(text);
  if (digits !== null) {
    const time = cast(`${digits[1]}T${digits[2]}`, type, type);
    if (!(time instanceof Misfit)) return time;
  }
  if (type.kind !== 'date' && EPOCH_TEXT.test(text)) return epochToTimestamp(text, type);
  // A time begins with a digit or with the name of a day or month; `now`, `epoch` and the like are refused.
  if (!/^(?:[0-9]|[A-Za-z]{3,9}[.,]*\s)/.test(text)) return misfit(type, text);
  return cast(text, type.kind === 'date' ? type : TIMESTAMPTZ, type);
}

function cast(text: string, type: SqlType, shown: SqlType): Datum | Misfit {
  try {
    return castDatum(text, VARCHAR, type);
  } catch (error) {
    if (!(error instanceof SqlValueError)) throw error;
    const outOfRange = error.code === '22003' || error.code === '22008';
    return outOfRange ? new Misfit('out_of_range', error.message) : misfit(shown, text);
  }
}

export function misfit(type: SqlType, text: string): Misfit {
  return new Misfit('wrong_type', `expected ${typeName(type)}, got ${quote(text)}`);
}

/**
 * Converts a count since 1970-01-01 (`1773576000`, `1773576000.25`, `1.773576e9`) to a timestamp in microseconds,
 * rounded down. The magnitude decides the unit, as in RisingWave: seconds below 1e11, milliseconds below 1e14,
 * microseconds below 1e17, otherwise nanoseconds.
 */
export function epochToTimestamp(text: string, type: SqlType): Datum | Misfit {
  const whole = scaledDecimal(text, 0);
  if (whole === undefined) return misfit(type, text);
  const size = whole.value < 0n ? -whole.value : whole.value;
  return countToTimestamp(
    text,
    size < 10n ** 11n ? 's' : size < 10n ** 14n ? 'ms' : size < 10n ** 17n ? 'us' : 'ns',
    type,
  );
}

/** The power of ten that makes microseconds of a count in a unit. */
const TO_US = { s: 6, ms: 3, us: 0, ns: -3 } as const;
export type TimeUnit = keyof typeof TO_US;

/** Converts a count of `unit` since 1970-01-01 to a timestamp in microseconds, rounded down. */
export function countToTimestamp(text: string, unit: TimeUnit, type: SqlType): Datum | Misfit {
  const us = scaledDecimal(text, TO_US[unit])?.value;
  if (us === undefined) return misfit(type, text);
  const day = us / DAY - (us % DAY < 0n ? 1n : 0n);
  if (day < MIN_DAY || day > MAX_DAY) {
    return new Misfit('out_of_range', `${quote(text)} is out of range for ${typeName(type)}`);
  }
  return timestampFrom(Number(day), Number(us - day * DAY));
}
