import type { Datum } from '../values/datum.ts';
import { formatJson, isJsonArray, isJsonObject, jsonObject, parseJson } from '../values/json.ts';
import type { JsonValue } from '../values/json.ts';
import { quote } from '../values/quote.ts';
import { SqlValueError } from '../values/sql-error.ts';

/** Returns a value without its null members, at every depth. Null items of arrays stay. */
export function withoutNulls(value: JsonValue): JsonValue {
  if (isJsonArray(value)) return value.map(withoutNulls);
  if (!isJsonObject(value)) return value;
  const kept = new Map<string, JsonValue>();
  for (const [key, member] of value) if (member !== null) kept.set(key, withoutNulls(member));
  return kept;
}

function arrayStep(step: string, depth: number): number {
  if (!/^\s*[+-]?\d+$/.test(step)) {
    throw new SqlValueError(
      '22P02',
      `path element at position ${depth + 1} is not an integer: ${quote(step)}`,
    );
  }
  return Number(step);
}

function replaceAt(
  value: JsonValue,
  path: readonly Datum[],
  depth: number,
  put: { readonly value: JsonValue; readonly create: boolean },
): JsonValue {
  const step = path[depth]!;
  const last = depth === path.length - 1;
  if (step === null) throw new SqlValueError('22023', `path element at position ${depth + 1} is null`);
  if (isJsonObject(value)) {
    const key = step as string;
    const old = value.get(key);
    if (old === undefined && !(last && put.create)) return value;
    return jsonObject([...value, [key, last ? put.value : replaceAt(old!, path, depth + 1, put)]]);
  }
  if (!isJsonArray(value)) return value;
  const index = arrayStep(step as string, depth);
  const at = index < 0 ? value.length + index : index;
  if (at < 0 || at >= value.length) {
    if (!last || !put.create) return value;
    return at < 0 ? [put.value, ...value] : [...value, put.value];
  }
  return value.map((item, i) => (i !== at ? item : last ? put.value : replaceAt(item, path, depth + 1, put)));
}

/** Returns the document with the value at `path` replaced, or added if `create` is true (`jsonb_set`). */
export function setPath(text: string, path: readonly Datum[], value: string, create: boolean): string {
  const document = parseJson(text);
  if (!isJsonArray(document) && !isJsonObject(document)) {
    throw new SqlValueError('22023', 'cannot set path in scalar');
  }
  const empty = isJsonArray(document) ? document.length === 0 : document.size === 0;
  if (path.length === 0 || (empty && !create)) return formatJson(document);
  return formatJson(replaceAt(document, path, 0, { value: parseJson(value), create }));
}
