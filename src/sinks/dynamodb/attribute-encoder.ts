import type { Column } from '../../engine/column.ts';
import { formatDate, formatTime, formatTimestamp } from '../../values/datetime.ts';
import type { Datum, Interval } from '../../values/datum.ts';
import { formatInterval } from '../../values/interval.ts';
import { numericFormat } from '../../values/numeric.ts';
import type { SqlType } from '../../values/types.ts';
import { ItemError } from './item-error.ts';
import { MAX_DEPTH, jsonToAttribute } from './json-attribute.ts';
import { bigintText, doubleText, numericText, realText } from './number-text.ts';

/** Encodes row `i` of a column as the wire text of a DynamoDB value. Throws ItemError if DynamoDB cannot hold it. */
export type AttributeEncoder = (column: Column, i: number) => string;

const NULL_ATTRIBUTE = '{"NULL":true}';

/**
 * Returns the encoder of a SQL type. The mapping is RisingWave's (numbers N, text and times S, boolean BOOL, bytea B,
 * arrays L), except that JSONB becomes a document (objects M, arrays L) instead of text.
 */
export function attributeEncoder(type: SqlType): AttributeEncoder {
  const encode = notNullEncoder(type);
  return (column, i) => (column.nulls[i] === 1 ? NULL_ATTRIBUTE : encode(column, i));
}

function notNullEncoder(type: SqlType): AttributeEncoder {
  switch (type.kind) {
    case 'smallint':
    case 'integer':
      return (column, i) => `{"N":"${column.v[i] as number}"}`;
    case 'bigint':
      return (column, i) => `{"N":"${bigintText(column, i)}"}`;
    case 'numeric':
      return (column, i) => `{"N":"${numericText(column, i)}"}`;
    case 'varchar':
      return (column, i) => `{"S":${JSON.stringify(column.pool.get(column.v[i] as number))}}`;
    case 'boolean':
      return (column, i) => (column.v[i] === 1 ? '{"BOOL":true}' : '{"BOOL":false}');
    default:
      return (column, i) => datumAttribute(column.get(i), type, 0);
  }
}

/** Encodes a datum as the wire text of a DynamoDB value. `depth` is the number of lists around it. */
function datumAttribute(value: Datum, type: SqlType, depth: number): string {
  if (value === null) return NULL_ATTRIBUTE;
  switch (type.kind) {
    case 'boolean':
      return `{"BOOL":${value as boolean}}`;
    case 'smallint':
    case 'integer':
      return `{"N":"${value as number}"}`;
    case 'bigint':
      return `{"N":"${value as bigint}"}`;
    case 'numeric':
      return `{"N":"${numericFormat(value as bigint)}"}`;
    case 'real':
      return `{"N":"${realText(value as number)}"}`;
    case 'double':
      return `{"N":"${doubleText(value as number)}"}`;
    case 'bytea':
      return `{"B":"${Buffer.from(value as Uint8Array).toString('base64')}"}`;
    case 'jsonb':
      return jsonToAttribute(value as string, depth);
    case 'array': {
      if (depth >= MAX_DEPTH) {
        throw new ItemError('too_deep', `nested deeper than DynamoDB's limit of ${MAX_DEPTH} levels`);
      }
      const elements = value as readonly Datum[];
      return `{"L":[${elements.map((element) => datumAttribute(element, type.element, depth + 1)).join(',')}]}`;
    }
    case 'varchar':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
    case 'interval':
      return `{"S":${JSON.stringify(textOf(value, type))}}`;
    case 'unknown':
      throw new Error('a value has no unknown type');
  }
}

/**
 * Returns the text of a value whose type DynamoDB holds as S: RisingWave's, so that both write the same items. It
 * differs from PostgreSQL's in fractions of a second, which have three or six digits, and in the offset +00:00.
 */
export function textOf(value: Datum, type: SqlType): string {
  switch (type.kind) {
    case 'date':
      return formatDate(value as number);
    case 'time':
      return paddedFraction(formatTime(value as number));
    case 'timestamp':
      return paddedFraction(formatTimestamp(value as number));
    case 'timestamptz':
      return `${paddedFraction(formatTimestamp(value as number))}+00:00`;
    case 'interval':
      return formatInterval(value as Interval);
    default:
      return value as string;
  }
}

/** Pads the fraction at the end of a time to three or six digits; without a fraction the text stays as it is. */
function paddedFraction(text: string): string {
  const point = text.lastIndexOf('.');
  if (point < 0) return text;
  const digits = text.length - point - 1;
  return text.padEnd(point + 1 + (digits <= 3 ? 3 : 6), '0');
}
