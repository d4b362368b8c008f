import { DAY_US, MAX_DAY, MIN_DAY } from '../../values/civil.ts';
import type { Datum } from '../../values/datum.ts';
import { type SqlType, typeName } from '../../values/types.ts';
import { Misfit, quote } from '../misfit.ts';
import { epochToTimestamp, misfit, textToDatum } from '../text-value.ts';
import { ARRAY, FALSE, type JsonReader, NULL, NUMBER, OBJECT, STRING, TRUE, utf8Text } from './reader.ts';

const KIND_NAMES = ['', 'a string', 'a number', 'true', 'false', 'null', 'an object', 'an array'] as const;
const INTEGER_TOKEN = /^-?[0-9]+$/;

/**
 * The value that `reader` has just read, as a datum of `type`. JSON null is NULL. The rules are RisingWave's: numbers
 * may be quoted, an integer column takes no fraction or exponent, booleans are strict, text takes any scalar.
 */
export function readDatum(reader: JsonReader, type: SqlType): Datum | Misfit {
  const { kind } = reader;
  if (kind === NULL) return null;
  switch (type.kind) {
    case 'varchar':
      if (kind === STRING) return reader.text();
      return kind === OBJECT || kind === ARRAY ? unexpected(kind, type) : token(reader);
    case 'boolean':
      return kind === TRUE ? true : kind === FALSE ? false : unexpected(kind, type);
    case 'jsonb':
      return textToDatum(token(reader), type);
    case 'array':
      return kind === ARRAY ? readArray(reader, type.element) : unexpected(kind, type);
    default:
      if (kind === STRING) return textToDatum(reader.text(), type);
      return kind === NUMBER ? numberToDatum(token(reader), type) : unexpected(kind, type);
  }
}

function numberToDatum(text: string, type: SqlType): Datum | Misfit {
  switch (type.kind) {
    case 'smallint':
    case 'integer':
    case 'bigint':
    case 'numeric':
    case 'real':
    case 'double':
      return textToDatum(text, type);
    case 'timestamp':
    case 'timestamptz':
      return INTEGER_TOKEN.test(text) ? epochToTimestamp(text, type) : misfit(type, text);
    case 'date':
      return boundedInteger(text, type, MIN_DAY, MAX_DAY);
    case 'time':
      return boundedInteger(text, type, 0, DAY_US);
    default:
      return unexpected(NUMBER, type);
  }
}

function boundedInteger(text: string, type: SqlType, low: number, high: number): Datum | Misfit {
  if (!INTEGER_TOKEN.test(text)) return misfit(type, text);
  const value = Number(text) + 0;
  return value >= low && value <= high ? value : outOfRange(text, type);
}

function readArray(reader: JsonReader, element: SqlType): Datum | Misfit {
  const end = reader.end;
  const after = reader.pos;
  const items: Datum[] = [];
  reader.pos = reader.valueStart + 1;
  let problem: Misfit | undefined;
  if (reader.peek() !== 93) {
    do {
      reader.value(0); // well-formed: it was read before, and is no deeper than it was
      const item = readDatum(reader, element);
      if (item instanceof Misfit) problem ??= item;
      else items.push(item);
    } while (reader.peek() === 44 && reader.pos++ < end);
  }
  reader.pos = after;
  return problem ?? items;
}

/** The bytes of the value as text; of a string with its quotes. */
function token(reader: JsonReader): string {
  const quotes = reader.kind === STRING ? 1 : 0;
  return utf8Text(reader.bytes, reader.valueStart - quotes, reader.valueEnd + quotes);
}

function unexpected(kind: number, type: SqlType): Misfit {
  return new Misfit('wrong_type', `expected ${typeName(type)}, got ${KIND_NAMES[kind]}`);
}

function outOfRange(text: string, type: SqlType): Misfit {
  return new Misfit('out_of_range', `${quote(text)} is out of range for ${typeName(type)}`);
}
