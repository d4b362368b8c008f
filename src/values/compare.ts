import { compareText } from './compare-text.ts';
import type { Datum, Interval } from './datum.ts';
import { dayOf, DAY_US } from './civil.ts';
import { intervalCompare } from './interval.ts';
import { JsonNumber, isJsonArray, isJsonObject, parseJson, plainJson } from './json.ts';
import { plainNumber } from './json-number.ts';
import type { JsonValue } from './json.ts';
import type { SqlType } from './types.ts';

/** Compares numbers; NaN equals itself and is the largest, as in PostgreSQL. */
export function compareNumber(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a === b) return 0;
  return (Number.isNaN(a) ? 1 : 0) - (Number.isNaN(b) ? 1 : 0);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}

/** Compares canonical decimal texts of any length by value. */
function compareDecimalText(a: string, b: string): number {
  const aNegative = a.startsWith('-');
  const bNegative = b.startsWith('-');
  if (aNegative !== bNegative) return aNegative ? -1 : 1;
  if (aNegative) return compareDecimalText(b.slice(1), a.slice(1));
  const aPoint = a.indexOf('.');
  const bPoint = b.indexOf('.');
  const length = (aPoint < 0 ? a.length : aPoint) - (bPoint < 0 ? b.length : bPoint);
  if (length !== 0) return length;
  return a < b ? -1 : a > b ? 1 : 0;
}

const JSON_RANK = (v: JsonValue): number => {
  if (v === null) return 0;
  if (typeof v === 'string') return 1;
  if (v instanceof JsonNumber) return 2;
  if (typeof v === 'boolean') return 3;
  return isJsonArray(v) ? 4 : 5;
};

/**
 * Compares in jsonb's order: object > array > boolean > number > string > null; containers by size, then by members in
 * stored order.
 */
function compareJson(a: JsonValue, b: JsonValue): number {
  const rank = JSON_RANK(a) - JSON_RANK(b);
  if (rank !== 0) return rank;
  if (a === null || b === null) return 0;
  if (typeof a === 'string') return compareText(a, b as string);
  if (typeof a === 'boolean') return Number(a) - Number(b);
  if (a instanceof JsonNumber)
    return compareDecimalText(plainNumber(a.text), plainNumber((b as JsonNumber).text));
  if (isJsonArray(a)) {
    const other = b as readonly JsonValue[];
    if (a.length !== other.length) return a.length - other.length;
    for (let i = 0; i < a.length; i++) {
      const c = compareJson(a[i]!, other[i]!);
      if (c !== 0) return c;
    }
    return 0;
  }
  const x = [...(a as ReadonlyMap<string, JsonValue>)];
  const y = [...(b as ReadonlyMap<string, JsonValue>)];
  if (x.length !== y.length) return x.length - y.length;
  for (let i = 0; i < x.length; i++) {
    const c = compareText(x[i]![0], y[i]![0]) || compareJson(x[i]![1], y[i]![1]);
    if (c !== 0) return c;
  }
  return 0;
}

/** Compares documents. A document that is an empty array sorts before every scalar, as in PostgreSQL. */
function compareDocuments(a: JsonValue, b: JsonValue): number {
  const isEmpty = (v: JsonValue): boolean => isJsonArray(v) && v.length === 0;
  const isScalar = (v: JsonValue): boolean => !isJsonArray(v) && !isJsonObject(v);
  if (isEmpty(a) && isScalar(b)) return -1;
  return isEmpty(b) && isScalar(a) ? 1 : compareJson(a, b);
}

/**
 * Compares two datums of a type that are not NULL, in a total order; returns a negative number, zero or a positive
 * number. Texts compare by code points (C collation), intervals by normalised length, arrays element by element with
 * NULL elements largest.
 */
export function compareDatum(type: SqlType, a: Datum, b: Datum): number {
  switch (type.kind) {
    case 'boolean':
      return Number(a) - Number(b);
    case 'varchar':
      return compareText(a as string, b as string);
    case 'smallint':
    case 'integer':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return (a as number) - (b as number);
    case 'real':
    case 'double':
      return compareNumber(a as number, b as number);
    case 'bigint':
    case 'numeric':
      return (a as bigint) < (b as bigint) ? -1 : (a as bigint) > (b as bigint) ? 1 : 0;
    case 'bytea':
      return compareBytes(a as Uint8Array, b as Uint8Array);
    case 'interval':
      return intervalCompare(a as Interval, b as Interval);
    case 'jsonb':
      return a === b ? 0 : compareDocuments(parseJson(a as string), parseJson(b as string));
    case 'array': {
      const x = a as readonly Datum[];
      const y = b as readonly Datum[];
      const n = Math.min(x.length, y.length);
      for (let i = 0; i < n; i++) {
        const c = compareNullable(type.element, x[i]!, y[i]!);
        if (c !== 0) return c;
      }
      return x.length - y.length;
    }
    case 'unknown':
      throw new Error('a datum cannot have type UNKNOWN');
  }
}

/** Compares as {@link compareDatum}, with NULL equal to itself and larger than every value. */
export function compareNullable(type: SqlType, a: Datum, b: Datum): number {
  if (a === null || b === null) return (a === null ? 1 : 0) - (b === null ? 1 : 0);
  return compareDatum(type, a, b);
}

/** Returns whether two datums are equal in SQL, NULL included: IS NOT DISTINCT FROM. */
export function equalDatum(type: SqlType, a: Datum, b: Datum): boolean {
  if (a === null || b === null) return a === b;
  switch (type.kind) {
    case 'boolean':
    case 'varchar':
    case 'bigint':
    case 'numeric':
    case 'smallint':
    case 'integer':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return a === b;
    case 'jsonb':
      return a === b || plainJson(a as string) === plainJson(b as string);
    default:
      return compareDatum(type, a, b) === 0;
  }
}

/**
 * Returns a text that is the same for exactly the datums that are equal (`equalDatum`); `~` for NULL. Keys of several
 * columns are unambiguous if each is prefixed by its length ({@link rowKey}).
 */
export function datumKey(type: SqlType, v: Datum): string {
  if (v === null) return '~';
  switch (type.kind) {
    case 'varchar':
      return `'${v as string}`;
    case 'jsonb':
      return `'${plainJson(v as string)}`;
    case 'real':
    case 'double':
      return String((v as number) + 0);
    case 'bytea':
      return Buffer.from(v as Uint8Array).toString('hex');
    case 'interval': {
      const { months, days, us } = v as Interval;
      const extra = dayOf(us);
      return `${months * 30 + days + extra},${us - extra * DAY_US}`;
    }
    case 'array':
      return `[${(v as readonly Datum[]).map((e) => lengthPrefixed(datumKey(type.element, e))).join('')}`;
    default:
      return String(v);
  }
}

/** Returns a key prefixed by its length, so that several keys can be concatenated. */
export function lengthPrefixed(key: string): string {
  return `${key.length}:${key}`;
}

/** Returns the {@link datumKey} of a whole row. */
export function rowKey(types: readonly SqlType[], row: readonly Datum[]): string {
  return row.map((v, i) => lengthPrefixed(datumKey(types[i]!, v))).join('');
}
