import type { Datum } from '../values/datum.ts';
import {
  formatJson,
  isJsonArray,
  isJsonObject,
  jsonObject,
  jsonTypeOf,
  parseJson,
  plainJson,
} from '../values/json.ts';
import type { JsonValue } from '../values/json.ts';
import { joinTexts } from '../values/size-limit.ts';
import { SqlValueError } from '../values/sql-error.ts';
import { arrayOf, BOOLEAN, INTEGER, JSONB, VARCHAR } from '../values/types.ts';
import { define } from './define.ts';
import type { ScalarFunction } from './function.ts';
import { setPath, withoutNulls } from './json-edit.ts';

/** Operators and functions of jsonb. A jsonb datum is the text that PostgreSQL writes; `plainJson` decides equality. */

const TEXTS = arrayOf(VARCHAR);

/** Returns the member of an object or array at a path step; undefined if there is none. */
function jsonMember(value: JsonValue, step: string | number): JsonValue | undefined {
  if (isJsonObject(value)) return typeof step === 'string' ? value.get(step) : undefined;
  if (!isJsonArray(value)) return undefined;
  if (typeof step === 'string') {
    if (!/^\s*[+-]?\d+$/.test(step)) return undefined;
    step = Number(step);
  }
  return step < 0 ? value[value.length + step] : value[step];
}

/** Returns the result of `-> integer`. As in PostgreSQL, a document that is a scalar counts as an array of it. */
function itemAt(value: JsonValue, index: number): JsonValue | undefined {
  return jsonMember(isScalar(value) ? [value] : value, index);
}

function asJson(value: JsonValue | undefined): Datum {
  return value === undefined ? null : formatJson(value);
}
/** Returns a value as text: strings without quotes, JSON null as SQL NULL. */
function asText(value: JsonValue | undefined): Datum {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : formatJson(value);
}

function walk(text: string, path: readonly Datum[]): JsonValue | undefined {
  let value: JsonValue | undefined = parseJson(text);
  for (const step of path) {
    if (step === null || value === undefined) return undefined;
    value = jsonMember(value, step as string);
  }
  return value;
}

function equal(a: JsonValue, b: JsonValue): boolean {
  return plainJson(formatJson(a)) === plainJson(formatJson(b));
}
function isScalar(value: JsonValue): boolean {
  return !isJsonArray(value) && !isJsonObject(value);
}

/** Returns `a @> b`. At the top level, an array also contains a bare scalar. */
function contains(a: JsonValue, b: JsonValue, top: boolean): boolean {
  if (isJsonObject(a) && isJsonObject(b)) {
    for (const [key, value] of b) {
      const mine = a.get(key);
      if (mine === undefined || !contains(mine, value, false)) return false;
    }
    return true;
  }
  if (isJsonArray(a) && isJsonArray(b)) {
    return b.every((item) =>
      a.some((mine) => (isScalar(item) ? equal(mine, item) : contains(mine, item, false))),
    );
  }
  if (top && isJsonArray(a) && isScalar(b)) return a.some((mine) => equal(mine, b));
  return isScalar(a) && isScalar(b) && equal(a, b);
}

function hasKey(value: JsonValue, key: string): boolean {
  if (isJsonObject(value)) return value.has(key);
  if (isJsonArray(value)) return value.includes(key);
  return value === key;
}

function concat(a: JsonValue, b: JsonValue): JsonValue {
  if (isJsonObject(a) && isJsonObject(b)) return jsonObject([...a, ...b]);
  return [...(isJsonArray(a) ? a : [a]), ...(isJsonArray(b) ? b : [b])];
}

function removeKeys(text: string, keys: readonly Datum[]): string {
  const value = parseJson(text);
  const set = new Set(keys);
  if (isJsonObject(value)) return formatJson(new Map([...value].filter(([key]) => !set.has(key))));
  if (isJsonArray(value))
    return formatJson(value.filter((item) => typeof item !== 'string' || !set.has(item)));
  throw new SqlValueError('22023', 'cannot delete from scalar');
}
function removeIndex(text: string, index: number): string {
  const value = parseJson(text);
  if (isJsonObject(value)) throw new SqlValueError('22023', 'cannot delete from object using integer index');
  if (!isJsonArray(value)) throw new SqlValueError('22023', 'cannot delete from scalar');
  const at = index < 0 ? value.length + index : index;
  return formatJson(value.filter((_, i) => i !== at));
}

function arrayLength(text: string): number {
  const value = parseJson(text);
  if (isJsonArray(value)) return value.length;
  throw new SqlValueError(
    '22023',
    `cannot get array length of ${isJsonObject(value) ? 'a non-array' : 'a scalar'}`,
  );
}

function pretty(value: JsonValue, indent: string): string {
  const inner = `${indent}    `;
  if (isJsonArray(value)) {
    if (value.length === 0) return '[\n' + indent + ']';
    const items = value.map((item) => inner + pretty(item, inner));
    return `[\n${joinTexts(items, ',\n')}\n${indent}]`;
  }
  if (isJsonObject(value)) {
    if (value.size === 0) return '{\n' + indent + '}';
    const members = [...value].map(([key, item]) => `${inner}${formatJson(key)}: ${pretty(item, inner)}`);
    return `{\n${joinTexts(members, ',\n')}\n${indent}}`;
  }
  return formatJson(value);
}

export const JSON_FUNCTIONS: readonly ScalarFunction[] = [
  define('->', [JSONB, VARCHAR], JSONB, (j: string, key: string) => {
    const value = parseJson(j);
    return asJson(isJsonObject(value) ? value.get(key) : undefined);
  }),
  define('->', [JSONB, INTEGER], JSONB, (j: string, i: number) => asJson(itemAt(parseJson(j), i))),
  define('->>', [JSONB, VARCHAR], VARCHAR, (j: string, key: string) => {
    const value = parseJson(j);
    return asText(isJsonObject(value) ? value.get(key) : undefined);
  }),
  define('->>', [JSONB, INTEGER], VARCHAR, (j: string, i: number) => asText(itemAt(parseJson(j), i))),
  define('#>', [JSONB, TEXTS], JSONB, (j: string, path: readonly Datum[]) => asJson(walk(j, path))),
  define('#>>', [JSONB, TEXTS], VARCHAR, (j: string, path: readonly Datum[]) => asText(walk(j, path))),
  define('@>', [JSONB, JSONB], BOOLEAN, (a: string, b: string) => contains(parseJson(a), parseJson(b), true)),
  define('<@', [JSONB, JSONB], BOOLEAN, (a: string, b: string) => contains(parseJson(b), parseJson(a), true)),
  define('?', [JSONB, VARCHAR], BOOLEAN, (j: string, key: string) => hasKey(parseJson(j), key)),
  define('?|', [JSONB, TEXTS], BOOLEAN, (j: string, keys: readonly Datum[]) => {
    const value = parseJson(j);
    return keys.some((key) => key !== null && hasKey(value, key as string));
  }),
  define('?&', [JSONB, TEXTS], BOOLEAN, (j: string, keys: readonly Datum[]) => {
    const value = parseJson(j);
    return keys.every((key) => key === null || hasKey(value, key as string));
  }),
  define('||', [JSONB, JSONB], JSONB, (a: string, b: string) =>
    formatJson(concat(parseJson(a), parseJson(b))),
  ),
  define('-', [JSONB, VARCHAR], JSONB, (j: string, key: string) => removeKeys(j, [key])),
  define('-', [JSONB, TEXTS], JSONB, removeKeys),
  define('-', [JSONB, INTEGER], JSONB, removeIndex),
  define('jsonb_typeof', [JSONB], VARCHAR, (j: string) => jsonTypeOf(parseJson(j))),
  define('jsonb_array_length', [JSONB], INTEGER, arrayLength),
  define('jsonb_strip_nulls', [JSONB], JSONB, (j: string) => formatJson(withoutNulls(parseJson(j)))),
  define('jsonb_pretty', [JSONB], VARCHAR, (j: string) => pretty(parseJson(j), '')),
  define('jsonb_set', [JSONB, TEXTS, JSONB], JSONB, (j: string, path: readonly Datum[], value: string) =>
    setPath(j, path, value, true),
  ),
  define('jsonb_set', [JSONB, TEXTS, JSONB, BOOLEAN], JSONB, setPath),
  define('jsonb_object', [TEXTS], JSONB, (items: readonly Datum[]) => {
    if (items.length % 2 !== 0) throw new SqlValueError('22023', 'array must have even number of elements');
    return objectOfTexts(
      items.filter((_, i) => i % 2 === 0),
      items.filter((_, i) => i % 2 === 1),
    );
  }),
  define('jsonb_object', [TEXTS, TEXTS], JSONB, objectOfTexts),
];

function objectOfTexts(keys: readonly Datum[], values: readonly Datum[]): string {
  if (keys.length !== values.length) throw new SqlValueError('22023', 'mismatched array dimensions');
  const entries = keys.map((key, i): [string, JsonValue] => {
    if (key === null) throw new SqlValueError('22030', 'null value not allowed for object key');
    return [key as string, values[i] as string | null];
  });
  return formatJson(jsonObject(entries));
}
