import type { AttributeMap, AttributeValue } from '../dynamodb/wire.ts';
import { isJsonArray, JsonNumber, parseJson, type JsonValue } from '../values/json.ts';
import { canonicalNumber } from '../values/json-number.ts';
import { SqlValueError } from '../values/sql-error.ts';

export type PlainJson =
  | null
  | boolean
  | number
  | string
  | readonly PlainJson[]
  | { readonly [name: string]: PlainJson };

/**
 * Converts a DynamoDB value to plain JSON. A number becomes a JSON number if a double represents it exactly, otherwise
 * a string of its digits. Binary values become base64 text, sets become arrays. Throws
 * TypeError for a value that DynamoDB cannot have sent.
 */
export function plainJson(value: AttributeValue): PlainJson {
  if ('S' in value) return value.S;
  if ('N' in value) return plainNumber(value.N);
  if ('BOOL' in value) return value.BOOL;
  if ('NULL' in value) return null;
  if ('L' in value) return value.L.map(plainJson);
  if ('M' in value) return plainObject(value.M);
  if ('B' in value) return value.B;
  if ('NS' in value) return value.NS.map(plainNumber);
  if ('SS' in value) return value.SS;
  if ('BS' in value) return value.BS;
  throw new TypeError('a value has a type that DynamoDB does not have');
}

function plainObject(item: AttributeMap): { readonly [name: string]: PlainJson } {
  // fromEntries defines properties, so that a key `__proto__` stays data.
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, plainJson(value)]));
}

/**
 * Converts JSON text to the plain JSON that {@link plainJson} returns for the same document as a DynamoDB value.
 * Returns undefined if the text is not JSON.
 */
export function plainJsonText(text: string): PlainJson | undefined {
  try {
    return plainDocument(parseJson(text));
  } catch (error) {
    if (error instanceof SqlValueError) return undefined;
    throw error;
  }
}

function plainDocument(value: JsonValue): PlainJson {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof JsonNumber) return plainNumber(value.text);
  if (isJsonArray(value)) return value.map(plainDocument);
  return Object.fromEntries(Array.from(value, ([name, member]) => [name, plainDocument(member)]));
}

function plainNumber(text: string): number | string {
  const number = Number(text);
  if (Number.isSafeInteger(number) && `${number}` === text) return number;
  const shortest = `${number}`;
  const isExact = shortest === text || decimalOf(shortest) === decimalOf(text);
  if (isExact && (Number.isSafeInteger(number) || !Number.isInteger(number))) return number;
  // DynamoDB Local keeps the exponents that RisingWave writes, in lists and maps.
  return WITH_EXPONENT.test(text) ? canonicalNumber(text) : text;
}

const WITH_EXPONENT = /^-?\d+(?:\.\d+)?[eE]/;

const DECIMAL = /^(-?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** Returns the same text for equal decimals: the digits without surrounding zeros, and the power of ten. */
function decimalOf(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}
