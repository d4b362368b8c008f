import { VERSION_ATTRIBUTE } from '../dynamodb/bookkeeping.ts';
import type { AttributeMap, AttributeValue } from '../dynamodb/wire.ts';
import { plainJson, plainJsonText, type PlainJson } from './plain-json.ts';

/** The attributes of an item as plain JSON. */
export interface ItemAttributes {
  readonly [name: string]: PlainJson;
}

/** The JSONB columns of a view by name, with the number of array dimensions: 0 for JSONB, 1 for JSONB[]. */
export type JsonColumns = ReadonlyMap<string, number>;

/**
 * Returns an item as plain JSON, without the attributes in `hidden`. `jsonColumns` are those of the view that the item
 * is a row of.
 *
 * Freshet and RisingWave write all types in the same way, except JSONB: Freshet as a document (M, L, N, ...),
 * RisingWave as the text of the document. Both give the same result here. A text is itself in an item of Freshet, which
 * has a version or another form of JSONB than texts; in all other items it is JSON. A text that is not JSON stays as it
 * is.
 */
export function itemAttributes(
  item: AttributeMap,
  hidden: ReadonlySet<string>,
  jsonColumns: JsonColumns,
): ItemAttributes {
  const isJsonText = jsonColumns.size > 0 && holdsJsonText(item, jsonColumns);
  const attributes: Record<string, PlainJson> = {};
  for (const name of Object.keys(item)) {
    if (hidden.has(name)) continue;
    const value = item[name]!;
    setOwn(attributes, name, isJsonText && jsonColumns.has(name) ? parsedTexts(value) : plainJson(value));
  }
  return attributes;
}

/** Sets a property of a plain object, also one of the name `__proto__`, which an assignment would not set. */
export function setOwn<T>(object: Record<string, T>, name: string, value: T): void {
  if (name === '__proto__') {
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  } else {
    object[name] = value;
  }
}

function holdsJsonText(item: AttributeMap, jsonColumns: JsonColumns): boolean {
  if (VERSION_ATTRIBUTE in item) return false;
  return [...jsonColumns].every(([name, dimensions]) => {
    const value = item[name];
    return value === undefined || isTextOrNull(value, dimensions);
  });
}

/** Returns whether a value is NULL, a text in `dimensions` lists, or shorter lists. */
function isTextOrNull(value: AttributeValue, dimensions: number): boolean {
  if ('NULL' in value) return true;
  if (dimensions === 0) return 'S' in value;
  return 'L' in value && value.L.every((element) => isTextOrNull(element, dimensions - 1));
}

/** Returns a value with each text in it parsed as JSON. */
function parsedTexts(value: AttributeValue): PlainJson {
  if ('L' in value) return value.L.map(parsedTexts);
  if (!('S' in value)) return plainJson(value);
  const parsed = plainJsonText(value.S);
  return parsed === undefined ? value.S : parsed;
}
