import { DAY_US, MAX_DAY, MIN_DAY } from '../../values/civil.ts';
import type { Datum } from '../../values/datum.ts';
import { LONE_SURROGATE } from '../../values/json.ts';
import { type SqlType, typeName } from '../../values/types.ts';
import { Misfit, quote } from '../misfit.ts';
import { epochToTimestamp, misfit, textToDatum, wholeNumber } from '../text-value.ts';
import { ARRAY, FALSE, type JsonReader, NULL, NUMBER, OBJECT, STRING, TRUE, utf8Text } from './reader.ts';

/** Converts the value that a reader has just read to a datum of one type. JSON null is NULL. */
export type ReadValue = (reader: JsonReader) => Datum | Misfit;

const KIND_NAMES = ['', 'a string', 'a number', 'true', 'false', 'null', 'an object', 'an array'] as const;

/**
 * Converts the value that `reader` has just read to a datum of `type`. JSON null is NULL. As in RisingWave, numbers may
 * be quoted, a boolean is `true` or `false` without quotes, and text takes any scalar. In addition, a whole number may
 * be written as `600.0` or `6e2`, and a count since 1970 may have a fraction.
 */
export function readDatum(reader: JsonReader, type: SqlType): Datum | Misfit {
  const { kind } = reader;
  if (kind === NULL) return null;
  switch (type.kind) {
    case 'varchar':
      if (kind === STRING) return wholeText(reader, type);
      return kind === OBJECT || kind === ARRAY ? unexpected(kind, type) : token(reader);
    case 'boolean':
      return kind === TRUE ? true : kind === FALSE ? false : unexpected(kind, type);
    case 'jsonb':
      return textToDatum(token(reader), type);
    case 'array':
      return kind === ARRAY
        ? readArray(reader, (each) => readDatum(each, type.element))
        : unexpected(kind, type);
    default:
      if (kind === STRING) {
        const text = wholeText(reader, type);
        return text instanceof Misfit ? text : textToDatum(text, type);
      }
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
      return epochToTimestamp(text, type);
    case 'date':
      return integerBetween(MIN_DAY, MAX_DAY, text, type);
    case 'time':
      return integerBetween(0, DAY_US, text, type);
    default:
      return unexpected(NUMBER, type);
  }
}

/** Returns the whole number that `text` writes, if it lies in [low, high]; `type` is named in messages. */
export function integerBetween(low: number, high: number, text: string, type: SqlType): number | Misfit {
  const value = wholeNumber(text);
  if (value === undefined) return misfit(type, text);
  return value >= low && value <= high ? Number(value) : outOfRange(text, type);
}

/** Reads the array that `reader` has just read, each element with `read`. */
export function readArray(reader: JsonReader, read: ReadValue): Datum | Misfit {
  const end = reader.end;
  const after = reader.pos;
  const items: Datum[] = [];
  reader.pos = reader.valueStart + 1;
  let problem: Misfit | undefined;
  if (reader.peek() !== 93) {
    do {
      reader.value(0); // succeeds: it was read before, at a greater depth
      const item = read(reader);
      if (item instanceof Misfit) problem ??= item;
      else items.push(item);
    } while (reader.peek() === 44 && reader.pos++ < end);
  }
  reader.pos = after;
  return problem ?? items;
}

/** Returns the string's text. Half a surrogate pair (`"caf\ud83d"`) has no UTF-8 form, so it is a misfit. */
function wholeText(reader: JsonReader, type: SqlType): string | Misfit {
  const text = reader.text();
  if (!reader.escaped || !LONE_SURROGATE.test(text)) return text;
  return new Misfit('wrong_type', `expected ${typeName(type)}, got text with half a surrogate pair`);
}

/** Returns the value as it is written, a string with its quotes. */
export function token(reader: JsonReader): string {
  const quotes = reader.kind === STRING ? 1 : 0;
  return utf8Text(reader.bytes, reader.valueStart - quotes, reader.valueEnd + quotes);
}

/** Returns the misfit of a value of another JSON kind than `type` takes. */
export function unexpected(kind: number, type: SqlType): Misfit {
  return new Misfit('wrong_type', `expected ${typeName(type)}, got ${KIND_NAMES[kind]}`);
}

function outOfRange(text: string, type: SqlType): Misfit {
  return new Misfit('out_of_range', `${quote(text)} is out of range for ${typeName(type)}`);
}
