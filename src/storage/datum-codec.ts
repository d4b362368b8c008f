import type { Datum, Interval } from '../values/datum.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';

const NULL = 0;
const FALSE = 1;
const TRUE = 2;
const NUMBER = 3;
const BIGINT = 4;
const TEXT = 5;
const BYTES = 6;
const INTERVAL = 7;
const ARRAY = 8;

/** Writes a tagged datum, readable without its SQL type. Equal datums give equal bytes. */
export function writeDatum(to: ByteWriter, value: Datum): void {
  if (value === null) {
    to.u8(NULL);
  } else if (typeof value === 'boolean') {
    to.u8(value ? TRUE : FALSE);
  } else if (typeof value === 'number') {
    to.u8(NUMBER);
    to.f64(value);
  } else if (typeof value === 'bigint') {
    to.u8(BIGINT);
    to.text(value.toString(36));
  } else if (typeof value === 'string') {
    to.u8(TEXT);
    to.text(value);
  } else if (value instanceof Uint8Array) {
    to.u8(BYTES);
    to.sized(value);
  } else if (isInterval(value)) {
    to.u8(INTERVAL);
    to.f64(value.months);
    to.f64(value.days);
    to.f64(value.us);
  } else {
    to.u8(ARRAY);
    writeDatums(to, value);
  }
}

export function writeDatums(to: ByteWriter, values: readonly Datum[]): void {
  to.u32(values.length);
  for (const value of values) writeDatum(to, value);
}

/** Reads what {@link writeDatum} wrote. Throws RangeError for other bytes. */
export function readDatum(from: ByteReader): Datum {
  const tag = from.u8();
  switch (tag) {
    case NULL:
      return null;
    case FALSE:
      return false;
    case TRUE:
      return true;
    case NUMBER:
      return from.f64();
    case BIGINT:
      return parseBase36(from.text());
    case TEXT:
      return from.text();
    case BYTES:
      return from.sized().slice();
    case INTERVAL:
      return { months: from.f64(), days: from.f64(), us: from.f64() };
    case ARRAY:
      return readDatums(from);
    default:
      throw new RangeError(`unknown datum tag ${tag}`);
  }
}

export function readDatums(from: ByteReader): Datum[] {
  const n = from.u32();
  const values: Datum[] = [];
  for (let i = 0; i < n; i++) values.push(readDatum(from));
  return values;
}

function isInterval(value: readonly Datum[] | Interval): value is Interval {
  return !Array.isArray(value);
}

/** Parses ten digits at a time, which a double holds exactly, so that most keys take one step. */
function parseBase36(text: string): bigint {
  const negative = text.startsWith('-');
  const digits = negative ? text.slice(1) : text;
  let value = 0n;
  for (let at = 0; at < digits.length; at += 10) {
    const part = digits.slice(at, at + 10);
    value = value * 36n ** BigInt(part.length) + BigInt(parseInt(part, 36));
  }
  return negative ? -value : value;
}
