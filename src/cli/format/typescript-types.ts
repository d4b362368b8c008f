import { isSafeNumber, type ColumnFacts } from '../../plan/column-facts.ts';
import type { JsonShape } from '../../plan/json-shape.ts';
import type { SourceColumn } from '../../plan/pipeline.ts';
import type { SqlType } from '../../values/types.ts';
import { property } from './typescript-names.ts';

/** Where a value is read: in an item (JSON of the HTTP API, without bigints) or in a row of freshet-sql/testing. */
export type Place = 'item' | 'row';

/** Returns the TypeScript type of a column's values. */
export function columnType(facts: ColumnFacts, place: Place): string {
  const type = facts.type.kind === 'jsonb' ? jsonType(facts.json, place) : valueType(facts, place);
  return facts.nullable && type !== 'JsonValue' ? `${type} | null` : type;
}

function valueType(facts: ColumnFacts, place: Place): string {
  const { type } = facts;
  switch (type.kind) {
    case 'boolean':
      return 'boolean';
    case 'smallint':
    case 'integer':
    case 'real':
    case 'double':
      return 'number';
    case 'bigint':
      if (isSafeNumber(facts)) return 'number';
      return place === 'item' ? 'ExactNumber' : 'number | bigint';
    case 'numeric':
      return isSafeNumber(facts) ? 'number' : 'ExactNumber';
    case 'jsonb':
      return 'JsonValue';
    case 'array':
      return arrayType(valueType(elementFacts(facts, type.element), place), facts.holdsNulls);
    default:
      return 'string';
  }
}

function arrayType(element: string, holdsNulls: boolean): string {
  const whole = `${element}${holdsNulls ? ' | null' : ''}`;
  return `readonly ${whole.includes(' ') ? `(${whole})` : whole}[]`;
}

function elementFacts(facts: ColumnFacts, type: SqlType): ColumnFacts {
  return { ...facts, type, nullable: true, json: undefined };
}

function jsonType(shape: JsonShape | undefined, place: Place): string {
  switch (shape?.kind) {
    case undefined:
      return 'JsonValue';
    case 'value': {
      // The JSON of a row is parsed into JavaScript numbers; items keep all digits.
      const text = place === 'row' && isNumeric(shape.of.type) ? 'number' : valueType(shape.of, 'item');
      return shape.of.nullable ? `${text} | null` : text;
    }
    case 'object':
      return shape.fields.length === 0
        ? 'Readonly<Record<string, never>>'
        : `{ ${shape.fields.map(([name, of]) => `readonly ${property(name)}: ${jsonType(of, place)}`).join('; ')} }`;
    case 'map':
      return `Readonly<Record<string, ${jsonType(shape.of, place)}>>`;
    case 'list':
      return shape.of === undefined ? 'readonly never[]' : arrayType(jsonType(shape.of, place), false);
  }
}

function isNumeric({ kind }: SqlType): boolean {
  return kind === 'bigint' || kind === 'numeric';
}

/** Returns the TypeScript type of a field of an event. The decoder accepts more forms: see docs/pipelines.md. */
export function fieldType({ type, notNull }: SourceColumn): string {
  return `${inputType(type)}${notNull ? '' : ' | null'}`;
}

function inputType(type: SqlType): string {
  switch (type.kind) {
    case 'boolean':
      return 'boolean';
    case 'smallint':
    case 'integer':
    case 'real':
    case 'double':
      return 'number';
    case 'bigint':
      return 'number | bigint';
    case 'numeric':
      return 'ExactNumber';
    case 'timestamp':
    case 'timestamptz':
      return 'string | number';
    case 'jsonb':
      return 'JsonValue';
    case 'array':
      return arrayType(inputType(type.element), true);
    default:
      return 'string';
  }
}

/** The declaration of ExactNumber, which types of columns refer to. */
export const EXACT_NUMBER = `/**
 * A JavaScript number if it represents the value exactly, which is nearly always the case; otherwise the decimal text,
 * so that nothing is rounded silently. \`Number(x)\` may round; \`BigInt(x)\` keeps an integer exact.
 */
export type ExactNumber = number | string;
`;

/** Returns the declaration of JsonValue, which types of columns refer to; `about` describes the values. */
export function jsonValue(about: string): string {
  return `/** ${about} */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };
`;
}
