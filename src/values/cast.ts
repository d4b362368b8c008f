import { checkDay, DAY_US, dayOf, timeOf } from './civil.ts';
import type { Datum, Interval } from './datum.ts';
import { roundHalfEven } from './datetime.ts';
import { realFromDecimal, toReal } from './double.ts';
import { makeInterval } from './interval.ts';
import { JsonNumber, jsonTypeOf, parseJson } from './json.ts';
import {
  numericFromBigint,
  numericFormat,
  numericFromDouble,
  numericParse,
  numericToBigint,
  numericToDouble,
} from './numeric.ts';
import { parseDatum } from './parse.ts';
import { SqlValueError } from './sql-error.ts';
import { formatDatum } from './text.ts';
import { sameType, typeName } from './types.ts';
import type { ScalarKind, SqlType } from './types.ts';

/**
 * Where PostgreSQL applies a cast: `implicit` in any expression, `assignment` only when a value is stored into a
 * column, `explicit` only if the cast is written.
 */
export type CastKind = 'implicit' | 'assignment' | 'explicit';

type Casts = Partial<Record<ScalarKind, CastKind>>;
const I: CastKind = 'implicit';
const A: CastKind = 'assignment';
const E: CastKind = 'explicit';

/** PostgreSQL's pg_cast for our types. `castKind` handles casts to and from text. */
const CASTS: Record<ScalarKind, Casts> = {
  boolean: { integer: E },
  smallint: { integer: I, bigint: I, numeric: I, real: I, double: I },
  integer: { boolean: E, smallint: A, bigint: I, numeric: I, real: I, double: I },
  bigint: { smallint: A, integer: A, numeric: I, real: I, double: I },
  numeric: { smallint: A, integer: A, bigint: A, real: I, double: I },
  real: { smallint: A, integer: A, bigint: A, numeric: A, double: I },
  double: { smallint: A, integer: A, bigint: A, numeric: A, real: A },
  varchar: {},
  bytea: {},
  date: { timestamp: I, timestamptz: I },
  time: { interval: I },
  timestamp: { date: A, time: A, timestamptz: I },
  timestamptz: { date: A, time: A, timestamp: A },
  interval: { time: A },
  jsonb: { boolean: E, smallint: E, integer: E, bigint: E, numeric: E, real: E, double: E },
};

/** Returns where PostgreSQL applies the cast between two types; undefined if there is no such cast. */
export function castKind(from: SqlType, to: SqlType): CastKind | undefined {
  if (sameType(from, to) || from.kind === 'unknown') return I;
  if (to.kind === 'unknown') return undefined;
  if (to.kind === 'varchar') return A;
  if (from.kind === 'varchar') return E;
  if (from.kind === 'array' || to.kind === 'array') {
    return from.kind === 'array' && to.kind === 'array' ? castKind(from.element, to.element) : undefined;
  }
  return CASTS[from.kind][to.kind];
}

function outOfRange(type: string): SqlValueError {
  return new SqlValueError('22003', `${type} out of range`);
}

/** Returns an integer as a datum of an integer type. Throws 22003 if it does not fit. */
export function integerDatum(value: bigint, to: SqlType): Datum {
  if (to.kind === 'bigint') {
    if (BigInt.asIntN(64, value) !== value) throw outOfRange('bigint');
    return value;
  }
  const bits = to.kind === 'smallint' ? 16 : 32;
  if (BigInt.asIntN(bits, value) !== value) throw outOfRange(typeName(to).toLowerCase());
  return Number(value);
}

function fromInteger(value: number | bigint, to: SqlType): Datum | undefined {
  switch (to.kind) {
    case 'smallint':
      if (!(value >= -32_768 && value <= 32_767)) throw outOfRange('smallint');
      return Number(value);
    case 'integer':
      if (!(value >= -2_147_483_648 && value <= 2_147_483_647)) throw outOfRange('integer');
      return Number(value);
    case 'bigint':
      return BigInt(value);
    case 'numeric':
      return numericFromBigint(BigInt(value));
    case 'real':
      return realFromDecimal(String(value));
    case 'double':
      return Number(value);
    case 'boolean':
      return Number(value) !== 0;
    default:
      return undefined;
  }
}

function fromDouble(value: number, from: SqlType, to: SqlType): Datum | undefined {
  switch (to.kind) {
    case 'smallint':
    case 'integer':
    case 'bigint': {
      const rounded = roundHalfEven(value);
      if (!Number.isFinite(rounded)) throw outOfRange(typeName(to).toLowerCase());
      return integerDatum(BigInt(rounded), to);
    }
    case 'numeric':
      return numericFromDouble(value, from.kind === 'real' ? 6 : 15);
    case 'real':
      return toReal(value);
    case 'double':
      return value;
    default:
      return undefined;
  }
}

function fromNumeric(value: bigint, to: SqlType): Datum | undefined {
  switch (to.kind) {
    case 'smallint':
    case 'integer':
    case 'bigint':
      return integerDatum(numericToBigint(value), to);
    case 'real':
      return realFromDecimal(numericFormat(value));
    case 'double':
      return numericToDouble(value);
    default:
      return undefined;
  }
}

function fromDateTime(value: number, from: SqlType, to: SqlType): Datum {
  if (from.kind === 'date') return value * DAY_US;
  if (from.kind === 'time') return makeInterval(0, 0, value);
  switch (to.kind) {
    case 'date':
      return checkDay(dayOf(value));
    case 'time':
      return timeOf(value);
    default:
      return value; // the session time zone is UTC, so timestamp and timestamptz have the same number
  }
}

function fromJson(text: string, to: SqlType): Datum {
  const value = parseJson(text);
  if (value === null) return null; // as PostgreSQL does since version 18
  if (typeof value === 'boolean' && to.kind === 'boolean') return value;
  if (value instanceof JsonNumber && to.kind !== 'boolean') {
    if (to.kind === 'double' || to.kind === 'real') return parseDatum(value.text, to);
    const exact = numericParse(value.text);
    return to.kind === 'numeric' ? exact : (fromNumeric(exact, to) ?? null);
  }
  throw new SqlValueError(
    '22023',
    `cannot cast jsonb ${jsonTypeOf(value)} to type ${typeName(to).toLowerCase()}`,
  );
}

/**
 * Converts a value as PostgreSQL's `CAST` does; NULL stays NULL. All types convert to and from text. Numbers are
 * checked for range (NUMERIC to integer rounds half away from zero, DOUBLE to integer half to even). Dates and
 * timestamps convert in the session time zone UTC, arrays element by element.
 *
 * Throws SqlValueError for a value that cannot be converted, and Error if {@link castKind} is undefined.
 */
export function castDatum(value: Datum, from: SqlType, to: SqlType): Datum {
  if (value === null) return null;
  if (from === to || sameType(from, to)) return value;
  if (from.kind === 'varchar' || from.kind === 'unknown') return parseDatum(value as string, to);
  if (to.kind === 'varchar') {
    return from.kind === 'boolean' ? (value === true ? 'true' : 'false') : formatDatum(from, value);
  }
  const result = convert(value, from, to);
  if (result === undefined) throw new Error(`no cast from ${typeName(from)} to ${typeName(to)}`);
  return result;
}

function convert(value: NonNullable<Datum>, from: SqlType, to: SqlType): Datum | undefined {
  switch (from.kind) {
    case 'boolean':
      return to.kind === 'integer' ? Number(value) : undefined;
    case 'smallint':
    case 'integer':
    case 'bigint':
      return fromInteger(value as number | bigint, to);
    case 'numeric':
      return fromNumeric(value as bigint, to);
    case 'real':
    case 'double':
      return fromDouble(value as number, from, to);
    case 'date':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return CASTS[from.kind][to.kind as ScalarKind] === undefined
        ? undefined
        : fromDateTime(value as number, from, to);
    case 'interval':
      return to.kind === 'time' ? timeOf((value as Interval).us) : undefined;
    case 'jsonb':
      return CASTS.jsonb[to.kind as ScalarKind] === undefined ? undefined : fromJson(value as string, to);
    case 'array':
      if (to.kind !== 'array') return undefined;
      return (value as readonly Datum[]).map((e) => castDatum(e, from.element, to.element));
    default:
      return undefined;
  }
}
