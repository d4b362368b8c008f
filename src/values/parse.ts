import { parseArrayText } from './array-text.ts';
import type { ArrayItems } from './array-text.ts';
import { parseDate, parseTime, parseTimestamp, parseTimestamptz } from './datetime.ts';
import type { Datum } from './datum.ts';
import { parseDouble, realFromDecimal } from './double.ts';
import { parseInterval } from './interval-parse.ts';
import { canonicalJson } from './json.ts';
import { numericParse } from './numeric.ts';
import { quote } from './quote.ts';
import { SqlValueError } from './sql-error.ts';
import { typeName } from './types.ts';
import type { SqlType } from './types.ts';

const INTEGER_TEXT = /^([+-]?)(\d+)$/;
/** Integers of this many digits or more are out of range for every type, and are not converted. */
const MAX_INTEGER_DIGITS = 20;
const INTEGER_RANGE = {
  smallint: [-32_768n, 32_767n],
  integer: [-2_147_483_648n, 2_147_483_647n],
  bigint: [-(2n ** 63n), 2n ** 63n - 1n],
} as const;

function invalid(type: SqlType, text: string): SqlValueError {
  return new SqlValueError(
    '22P02',
    `invalid input syntax for type ${typeName(type).toLowerCase()}: ${quote(text)}`,
  );
}

function parseInteger(text: string, type: SqlType & { kind: 'smallint' | 'integer' | 'bigint' }): Datum {
  const m = INTEGER_TEXT.exec(text.trim());
  if (m === null) throw invalid(type, text);
  const sign = m[1]!;
  const digits = m[2]!.replace(/^0+(?=\d)/, '');
  const [low, high] = INTEGER_RANGE[type.kind];
  if (digits.length < 16) {
    const n = Number(sign + digits);
    if (n >= low && n <= high) return type.kind === 'bigint' ? BigInt(n) : n + 0; // + 0: never -0
  } else if (digits.length < MAX_INTEGER_DIGITS) {
    const n = sign === '-' ? -BigInt(digits) : BigInt(digits);
    if (n >= low && n <= high) return type.kind === 'bigint' ? n : Number(n);
  }
  throw new SqlValueError(
    '22003',
    `value ${quote(m[0])} is out of range for type ${typeName(type).toLowerCase()}`,
  );
}

function parseBoolean(text: string, type: SqlType): boolean {
  const word = text.trim().toLowerCase();
  if (word === '1' || word === 'on') return true;
  if (word === '0' || word === 'off' || word === 'of') return false;
  if (word !== '') {
    if ('true'.startsWith(word) || 'yes'.startsWith(word)) return true;
    if ('false'.startsWith(word) || 'no'.startsWith(word)) return false;
  }
  throw invalid(type, text);
}

function parseReal(text: string): number {
  const x = parseDouble(text, 'real');
  return Number.isFinite(x) ? realFromDecimal(text.trim()) : x;
}

function parseBytea(text: string, type: SqlType): Uint8Array {
  if (text.startsWith('\\x')) {
    // Spaces are allowed between bytes, but not between their digits.
    if (!/^[ \n\t\r]*(?:[0-9a-fA-F]{2}[ \n\t\r]*)*$/.test(text.slice(2))) {
      throw new SqlValueError('22023', `invalid hexadecimal data: ${quote(text)}`);
    }
    return new Uint8Array(Buffer.from(text.slice(2).replace(/[ \n\t\r]/g, ''), 'hex'));
  }
  const bytes: number[] = [];
  const source = Buffer.from(text, 'utf8');
  for (let i = 0; i < source.length; i++) {
    if (source[i] !== 0x5c) {
      bytes.push(source[i]!);
      continue;
    }
    const octal = /^[0-3][0-7]{2}/.exec(source.toString('latin1', i + 1, i + 4));
    if (octal !== null) {
      bytes.push(parseInt(octal[0], 8));
      i += 3;
    } else if (source[i + 1] === 0x5c) {
      bytes.push(0x5c);
      i++;
    } else {
      throw invalid(type, text);
    }
  }
  return Uint8Array.from(bytes);
}

function convertItems(items: ArrayItems, element: SqlType, text: string): Datum[] {
  return items.map((item) => {
    if (item === null) return null;
    const nested = typeof item !== 'string';
    if (nested !== (element.kind === 'array')) {
      throw new SqlValueError('22P02', `malformed array literal: ${quote(text)}`);
    }
    return nested && element.kind === 'array'
      ? convertItems(item, element.element, text)
      : parseDatum(item as string, element);
  });
}

/**
 * Parses a type's text, as PostgreSQL's input functions do. Throws SqlValueError (22P02, 22003, 22007, 22008, 54000).
 */
export function parseDatum(text: string, type: SqlType): Datum {
  switch (type.kind) {
    case 'boolean':
      return parseBoolean(text, type);
    case 'smallint':
    case 'integer':
    case 'bigint':
      return parseInteger(text, type as SqlType & { kind: 'smallint' | 'integer' | 'bigint' });
    case 'numeric':
      return numericParse(text);
    case 'real':
      return parseReal(text);
    case 'double':
      return parseDouble(text);
    case 'varchar':
    case 'unknown':
      return text;
    case 'bytea':
      return parseBytea(text, type);
    case 'date':
      return parseDate(text);
    case 'time':
      return parseTime(text);
    case 'timestamp':
      return parseTimestamp(text);
    case 'timestamptz':
      return parseTimestamptz(text);
    case 'interval':
      return parseInterval(text);
    case 'jsonb':
      return canonicalJson(text);
    case 'array':
      return convertItems(parseArrayText(text), type.element, text);
  }
}
