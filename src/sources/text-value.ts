import { castDatum } from '../values/cast.ts';
import { DAY_US, MAX_DAY, MIN_DAY } from '../values/civil.ts';
import type { Datum } from '../values/datum.ts';
import { SqlValueError } from '../values/sql-error.ts';
import { type SqlType, TIMESTAMPTZ, typeName, VARCHAR } from '../values/types.ts';
import { Misfit, quote } from './misfit.ts';

/** No number, date or interval is written longer than this; longer text is refused before it is looked at. */
const MAX_SCALAR_TEXT = 1000;
const INTEGER_TEXT = /^[+-]?[0-9]+$/;
const INTEGER_LIMITS = {
  smallint: [-(2n ** 15n), 2n ** 15n - 1n],
  integer: [-(2n ** 31n), 2n ** 31n - 1n],
  bigint: [-(2n ** 63n), 2n ** 63n - 1n],
} as const;

/**
 * Text from a record (a JSON string, a CSV field) as a datum of `type`, by the rules of a SQL cast, with two
 * exceptions: times never mean the present (`now`, `today`), and a TIMESTAMP with an offset is converted to UTC.
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
      return integerFromText(text, type.kind, type);
    case 'date':
    case 'timestamp':
    case 'timestamptz':
      if (!/^[0-9]/.test(text)) return misfit(type, text);
      return cast(text, type.kind === 'date' ? type : TIMESTAMPTZ, type);
    default:
      return cast(text, type, type);
  }
}

function integerFromText(
  text: string,
  kind: 'smallint' | 'integer' | 'bigint',
  type: SqlType,
): Datum | Misfit {
  if (!INTEGER_TEXT.test(text)) return misfit(type, text);
  const value = BigInt(text[0] === '+' ? text.slice(1) : text);
  const [low, high] = INTEGER_LIMITS[kind];
  if (value < low || value > high)
    return new Misfit('out_of_range', `${quote(text)} is out of range for ${typeName(type)}`);
  return kind === 'bigint' ? value : Number(value);
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
 * An integer count since 1970-01-01 as a timestamp in microseconds. The unit is guessed from the size, as RisingWave
 * does: below 1e11 seconds, below 1e14 milliseconds, below 1e17 microseconds, else nanoseconds (rounded down).
 */
export function epochToTimestamp(digits: string, type: SqlType): Datum | Misfit {
  const n = BigInt(digits.slice(0, 40)); // more digits are out of range however they go on
  const size = n < 0n ? -n : n;
  let us: bigint;
  if (size < 100_000_000_000n) us = n * 1_000_000n;
  else if (size < 100_000_000_000_000n) us = n * 1000n;
  else if (size < 100_000_000_000_000_000n) us = n;
  else us = n < 0n ? -((-n + 999n) / 1000n) : n / 1000n;
  const exact = Number(us);
  if (BigInt(exact) !== us || exact < MIN_DAY * DAY_US || exact >= (MAX_DAY + 1) * DAY_US) {
    return new Misfit('out_of_range', `${quote(digits)} is out of range for ${typeName(type)}`);
  }
  return exact;
}
