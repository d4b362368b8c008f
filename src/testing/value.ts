import type { AttributeMap } from '../dynamodb/wire.ts';
import type { Datum } from '../values/datum.ts';
import { numericFormat } from '../values/numeric.ts';
import { formatDatum } from '../values/text.ts';
import type { SqlType } from '../values/types.ts';

/**
 * A column's value in a form that tests can compare.
 *
 * | SQL type                | value                                                                                  |
 * |-------------------------|----------------------------------------------------------------------------------------|
 * | boolean, text, numbers  | boolean, string, number                                                                |
 * | BIGINT beyond 2^53      | bigint                                                                                 |
 * | NUMERIC                 | number if it prints as the same digits, else the exact decimal string                  |
 * | dates and times         | string: `2026-03-15`, `2026-03-15T12:00:00`, with `Z` for TIMESTAMPTZ                   |
 * | JSONB                   | the parsed value                                                                       |
 * | arrays                  | array of the above                                                                     |
 */
export type TestValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly TestValue[]
  | { readonly [key: string]: TestValue };

/** One row of a view: column name to value. */
export type TestRow = Readonly<Record<string, TestValue>>;

/** A DynamoDB item, in DynamoDB's JSON: attribute name to `{ N: '1' }`, `{ S: 'a' }`, ... */
export type TestItem = AttributeMap;

export function testValue(type: SqlType, value: Datum): TestValue {
  if (value === null) return null;
  switch (type.kind) {
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : (value as bigint);
    case 'numeric': {
      const text = numericFormat(value as bigint);
      return String(Number(text)) === text ? Number(text) : text;
    }
    case 'timestamp':
      return formatDatum(type, value).replace(' ', 'T');
    case 'timestamptz':
      return formatDatum(type, value).replace(' ', 'T').replace('+00', 'Z');
    case 'jsonb':
      return JSON.parse(value as string) as TestValue;
    case 'array':
      return (value as readonly Datum[]).map((v) => testValue(type.element, v));
    case 'boolean':
    case 'smallint':
    case 'integer':
    case 'real':
    case 'double':
    case 'varchar':
      return value as boolean | number | string;
    default:
      return formatDatum(type, value);
  }
}
