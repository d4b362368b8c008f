import { invalid, invalidParameter, unserializable } from './api-error.ts';
import { decimalText, parseDecimal } from './decimal.ts';

/** An attribute's value. Numbers are in canonical notation, so that equal numbers have equal text. */
export type Value =
  | { readonly type: 'S'; readonly value: string }
  | { readonly type: 'N'; readonly value: string }
  | { readonly type: 'B'; readonly value: Buffer }
  | { readonly type: 'BOOL'; readonly value: boolean }
  | { readonly type: 'NULL' }
  | { readonly type: 'L'; readonly value: readonly Value[] }
  | { readonly type: 'M'; readonly value: Item }
  | { readonly type: 'SS' | 'NS'; readonly value: readonly string[] }
  | { readonly type: 'BS'; readonly value: readonly Buffer[] };

export type ValueType = Value['type'];

/** An item, as a Map since attributes may have any name, including `__proto__`. */
export type Item = ReadonlyMap<string, Value>;

const MAX_DEPTH = 32;
const MAX_NAME_BYTES = 65_535;

/** Parses `{"name":{"S":"..."},...}`. Throws SerializationException for a wrong type, else ValidationException. */
export function parseItem(json: unknown, depth = 0): Item {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw unserializable('Start of structure or map found where not expected');
  }
  const item = new Map<string, Value>();
  for (const [name, value] of Object.entries(json)) {
    if (name.length > MAX_NAME_BYTES / 3 && Buffer.byteLength(name) > MAX_NAME_BYTES) {
      throw invalidParameter(`Attribute name is too large, its limit is ${MAX_NAME_BYTES} bytes`);
    }
    item.set(name, parseValue(value, depth));
  }
  return item;
}

/** Parses a value. `depth` is the number of lists and maps around it. */
function parseValue(json: unknown, depth = 0): Value {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw unserializable('Unexpected value type in payload');
  }
  const members = Object.entries(json);
  if (members.length !== 1) {
    throw invalid(
      members.length === 0
        ? 'Supplied AttributeValue is empty, must contain exactly one of the supported datatypes'
        : 'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes',
    );
  }
  const [type, value] = members[0]!;
  if (depth >= MAX_DEPTH) throw nestedTooDeeply();
  switch (type) {
    case 'S':
      return { type, value: text(value) };
    case 'N':
      return { type, value: number(value) };
    case 'B':
      return { type, value: binary(value) };
    case 'BOOL':
      return { type, value: truth(value) };
    case 'NULL':
      if (!truth(value)) throw invalidParameter('Null attribute value types must have the value of true');
      return { type };
    case 'L':
      return { type, value: list(value).map((element) => parseValue(element, depth + 1)) };
    case 'M':
      return { type, value: parseItem(value, depth + 1) };
    case 'SS':
      return { type, value: distinct(list(value).map(text), (element) => element, 'string') };
    case 'NS':
      return { type, value: distinct(list(value).map(number), (element) => element, 'number') };
    case 'BS':
      return {
        type,
        value: distinct(list(value).map(binary), (element) => element.toString('base64'), 'binary'),
      };
    default:
      throw invalid('Supplied AttributeValue is empty, must contain exactly one of the supported datatypes');
  }
}

/** Throws ValidationException for an item nested more deeply than {@link parseItem} accepts. */
export function checkDepth(item: Item): void {
  for (const value of item.values()) checkValueDepth(value, 0);
}

function checkValueDepth(value: Value, depth: number): void {
  if (depth >= MAX_DEPTH) throw nestedTooDeeply();
  if (value.type !== 'L' && value.type !== 'M') return;
  for (const element of value.value.values()) checkValueDepth(element, depth + 1);
}

function nestedTooDeeply(): Error {
  return invalid('Nesting Levels have exceeded supported limits');
}

/** Returns a value in DynamoDB's JSON. */
export function valueText(value: Value): string {
  switch (value.type) {
    case 'S':
      return `{"S":${JSON.stringify(value.value)}}`;
    case 'N':
      return `{"N":"${value.value}"}`;
    case 'B':
      return `{"B":"${value.value.toString('base64')}"}`;
    case 'BOOL':
      return `{"BOOL":${value.value}}`;
    case 'NULL':
      return '{"NULL":true}';
    case 'L':
      return `{"L":[${value.value.map(valueText).join(',')}]}`;
    case 'M':
      return `{"M":${itemText(value.value)}}`;
    case 'BS':
      return `{"BS":${JSON.stringify(value.value.map((element) => element.toString('base64')))}}`;
    default:
      return `{"${value.type}":${JSON.stringify(value.value)}}`;
  }
}

export function itemText(item: Item): string {
  let members = '';
  for (const [name, value] of item) {
    members += `${members === '' ? '' : ','}${JSON.stringify(name)}:${valueText(value)}`;
  }
  return `{${members}}`;
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw mistyped(value, 'String');
  return value;
}

function number(value: unknown): string {
  return decimalText(parseDecimal(text(value)));
}

function binary(value: unknown): Buffer {
  if (typeof value !== 'string') throw mistyped(value, 'Blob');
  if (value.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) {
    throw unserializable('Invalid Base64 value');
  }
  return Buffer.from(value, 'base64');
}

function truth(value: unknown): boolean {
  if (typeof value !== 'boolean') throw mistyped(value, 'Boolean');
  return value;
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw unserializable('Unexpected field type');
  return value;
}

function distinct<T>(elements: readonly T[], textOf: (element: T) => string, kind: string): readonly T[] {
  if (elements.length === 0) throw invalidParameter(`An ${kind} set  may not be empty`);
  if (new Set(elements.map(textOf)).size < elements.length) {
    throw invalidParameter(`Input collection [${elements.map(textOf).join(', ')}] contains duplicates.`);
  }
  return elements;
}

function mistyped(value: unknown, wanted: string): Error {
  const found = { number: 'NUMBER_VALUE', boolean: value === true ? 'TRUE_VALUE' : 'FALSE_VALUE' }[
    typeof value as 'number' | 'boolean'
  ];
  return unserializable(
    found === undefined ? 'Unexpected field type' : `${found} cannot be converted to ${wanted}`,
  );
}
