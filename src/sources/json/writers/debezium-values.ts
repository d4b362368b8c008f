import { DAY_US } from '../../../values/civil.ts';
import type { Datum } from '../../../values/datum.ts';
import { makeInterval } from '../../../values/interval.ts';
import { type SqlType, typeName } from '../../../values/types.ts';
import { Misfit } from '../../misfit.ts';
import {
  countToTimestamp,
  epochToTimestamp,
  misfit,
  textToDatum,
  type TimeUnit,
  wholeNumber,
} from '../../text-value.ts';
import { type JsonReader, NUMBER, OBJECT, STRING } from '../reader.ts';
import { readDatum, type ReadValue, token } from '../value.ts';
import { base64Bytes, fromBase64 } from './base64.ts';
import type { ConnectSchema, FieldSchema } from './connect-schema.ts';
import { numbersAs, type WrittenValue } from './written-value.ts';

/** What Debezium sends for a large value of PostgreSQL that an update left alone. */
const UNAVAILABLE = '__debezium_unavailable_value';
const UNAVAILABLE_BASE64 = Buffer.from(UNAVAILABLE).toString('base64');
/** Digits after the point that are read: NUMERIC has 28. */
const MAX_SCALE = 1000;

/** The units of logical types of times, by the names in the schema. */
const TIME_UNITS: Readonly<Record<string, TimeUnit>> = {
  'io.debezium.time.Time': 'ms',
  'io.debezium.time.MicroTime': 'us',
  'io.debezium.time.NanoTime': 'ns',
  'org.apache.kafka.connect.data.Time': 'ms',
  'io.debezium.time.Timestamp': 'ms',
  'io.debezium.time.MicroTimestamp': 'us',
  'io.debezium.time.NanoTimestamp': 'ns',
  'org.apache.kafka.connect.data.Timestamp': 'ms',
};
const DECIMAL = 'org.apache.kafka.connect.data.Decimal';

/**
 * Returns a reader of values as Debezium writes them; undefined for types in their usual form. The schema of the record
 * gives units of times and scales of decimals. Without one, TIME counts microseconds, the size of a TIMESTAMP tells its
 * unit, and NUMERIC must be text or a number (`decimal.handling.mode` `string` or `double`).
 */
export function debeziumValue(
  type: SqlType,
  place: { readonly column: string; readonly schema: ConnectSchema } | undefined,
): WrittenValue | undefined {
  const schema = (): FieldSchema | undefined => place?.schema.of(place.column);
  const unit = (): TimeUnit | undefined => TIME_UNITS[schema()?.name ?? ''];
  const only = (read: ReadValue): WrittenValue => ({ read, scanned: 'none' });
  switch (type.kind) {
    case 'boolean':
      return { read: (reader) => bit(reader, type), scanned: 'all' };
    case 'smallint':
    case 'integer':
      return { read: (reader) => decimal(reader, type, schema()), scanned: 'all' };
    case 'bigint':
    case 'numeric':
      return only((reader) => decimal(reader, type, schema())); // digits in quotes may be base64
    case 'time':
      return numbersAs(type, (digits) => timeOfDay(digits, unit() ?? 'us', type));
    case 'timestamp':
    case 'timestamptz':
      return numbersAs(type, (digits) => {
        const known = unit();
        return known === undefined ? epochToTimestamp(digits, type) : countToTimestamp(digits, known, type);
      });
    case 'interval':
      return numbersAs(type, (digits) => duration(digits, type));
    case 'bytea':
      return only((reader) => unsent(reader, UNAVAILABLE_BASE64) ?? base64Bytes(reader, type));
    case 'varchar':
      return only((reader) => unsent(reader, UNAVAILABLE) ?? readDatum(reader, type));
    case 'jsonb':
      return only((reader) => {
        if (reader.kind !== STRING) return readDatum(reader, type);
        return unsent(reader, UNAVAILABLE) ?? textToDatum(reader.text(), type);
      });
    default:
      return undefined;
  }
}

/** Returns a misfit if the value is the mark of a value that Debezium has not sent. */
function unsent(reader: JsonReader, mark: string): Misfit | undefined {
  if (reader.kind !== STRING || reader.valueEnd - reader.valueStart !== mark.length) return undefined;
  if (reader.text() !== mark) return undefined;
  return new Misfit('wrong_type', 'Debezium did not send the value; set REPLICA IDENTITY FULL on the table');
}

/** MySQL's TINYINT(1) is a number. */
function bit(reader: JsonReader, type: SqlType): Datum | Misfit {
  if (reader.kind === NUMBER) {
    const digits = token(reader);
    if (digits === '0' || digits === '1') return digits === '1';
  }
  return readDatum(reader, type);
}

function timeOfDay(digits: string, unit: TimeUnit, type: SqlType): Datum | Misfit {
  const us = countToTimestamp(digits, unit, type);
  if (us instanceof Misfit) return us;
  return (us as number) >= 0 && (us as number) <= DAY_US
    ? us
    : new Misfit('out_of_range', `${digits} is out of range for ${typeName(type)}`);
}

function duration(digits: string, type: SqlType): Datum | Misfit {
  const us = wholeNumber(digits);
  return us === undefined ? misfit(type, digits) : makeInterval(0, 0, Number(us));
}

/** Reads a number, its text, its digits as base64 with a scale from the schema, or `{"scale": n, "value": base64}`. */
function decimal(reader: JsonReader, type: SqlType, schema: FieldSchema | undefined): Datum | Misfit {
  if (reader.kind === STRING) {
    const written = reader.text();
    if (schema?.name === DECIMAL) return fromDigits(written, schema.scale ?? 0, type);
    const read = readDatum(reader, type);
    if (!(read instanceof Misfit) || !/^[A-Za-z0-9+/]+={0,2}$/.test(written)) return read;
    return new Misfit(
      'wrong_type',
      `${read.message}; if these are bytes of a decimal, set decimal.handling.mode=string, or send schemas`,
    );
  }
  if (reader.kind !== OBJECT) return readDatum(reader, type);
  const { value, scale } = JSON.parse(token(reader)) as {
    readonly value?: unknown;
    readonly scale?: unknown;
  };
  if (typeof value !== 'string' || typeof scale !== 'number') return readDatum(reader, type);
  return fromDigits(value, scale, type);
}

/** Converts an unscaled number, a two's complement in big-endian base64, and its scale. */
function fromDigits(base64: string, scale: number, type: SqlType): Datum | Misfit {
  const bytes = fromBase64(base64);
  if (bytes === undefined || bytes.length === 0 || !(Math.abs(scale) <= MAX_SCALE))
    return misfit(type, base64);
  const unscaled = BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
  return textToDatum(`${unscaled}e${-scale}`, type);
}
