import { invalid, unserializable } from './api-error.ts';
import type { CapacityReport } from './capacity.ts';
import { ExpressionReader } from './expressions/expression-reader.ts';
import { Placeholders } from './expressions/placeholders.ts';
import { parseItem, type Item } from './value.ts';

/** Parameters that are not supported, with the replacement of each. */
const REPLACED: Readonly<Record<string, string>> = {
  AttributesToGet: 'ProjectionExpression',
  AttributeUpdates: 'UpdateExpression',
  Expected: 'ConditionExpression',
  ConditionalOperator: 'ConditionExpression',
  KeyConditions: 'KeyConditionExpression',
  QueryFilter: 'FilterExpression',
  ScanFilter: 'FilterExpression',
  IndexName: 'a table with the key that you need (the embedded store has no indexes)',
};

/** The members of a request. Accessors throw SerializationException for a wrong type, ValidationException otherwise. */
export class Request {
  readonly #members: ReadonlyMap<string, unknown>;

  /** Throws SerializationException if `json` is not an object, ValidationException for an unsupported parameter. */
  constructor(json: unknown) {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) {
      throw unserializable('Start of structure or map found where not expected');
    }
    this.#members = new Map(Object.entries(json).filter(([, value]) => value !== null));
    for (const [old, replacement] of Object.entries(REPLACED)) {
      if (this.#members.has(old)) {
        throw invalid(`${old} is not supported by the embedded store: use ${replacement}`);
      }
    }
  }

  has(name: string): boolean {
    return this.#members.has(name);
  }

  raw(name: string): unknown {
    return this.#members.get(name);
  }

  optionalText(name: string): string | undefined {
    const value = this.#members.get(name);
    if (value !== undefined && typeof value !== 'string') throw unserializable('Unexpected field type');
    return value;
  }

  text(name: string): string {
    return this.optionalText(name) ?? missing(name);
  }

  tableName(name = 'TableName'): string {
    return checkedTableName(this.text(name));
  }

  flag(name: string): boolean {
    const value = this.#members.get(name);
    if (value !== undefined && typeof value !== 'boolean') throw unserializable('Unexpected field type');
    return value === true;
  }

  /** Reads a whole number of at least `min`. */
  count(name: string, min: number): number | undefined {
    const value = this.#members.get(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'number') throw unserializable('Unexpected field type');
    if (!Number.isInteger(value) || value < min) {
      throw violated(name, `${value}`, `Member must have value greater than or equal to ${min}`);
    }
    return value;
  }

  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.optionalText(name);
    if (value === undefined) return undefined;
    const chosen = choices.find((choice) => choice === value);
    if (chosen === undefined) {
      throw violated(name, `'${value}'`, `Member must satisfy enum value set: [${choices.join(', ')}]`);
    }
    return chosen;
  }

  optionalItem(name: string): Item | undefined {
    const value = this.#members.get(name);
    return value === undefined ? undefined : parseItem(value);
  }

  item(name: string): Item {
    return this.optionalItem(name) ?? missing(name);
  }

  /** Reads the entries of an object, such as the tables of a batch. */
  entries(name: string): readonly (readonly [string, unknown])[] {
    const value = this.#members.get(name) ?? missing(name);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw unserializable('Unexpected field type');
    }
    return Object.entries(value);
  }

  list(name: string): readonly unknown[] {
    const value = this.#members.get(name) ?? missing(name);
    if (!Array.isArray(value)) throw unserializable('Unexpected field type');
    return value;
  }

  capacityReport(): CapacityReport {
    return this.choice('ReturnConsumedCapacity', ['INDEXES', 'TOTAL', 'NONE']) ?? 'NONE';
  }

  placeholders(): Placeholders {
    return new Placeholders(
      this.#members.get('ExpressionAttributeNames'),
      this.#members.get('ExpressionAttributeValues'),
    );
  }

  /**
   * Parses the expressions of the request; a missing one is undefined in the result. Throws ValidationException for an
   * invalid expression, for placeholders that no expression uses, and for placeholders without any expression.
   */
  expressions<P extends { readonly [name: string]: (reader: ExpressionReader) => unknown }>(
    parsers: P,
  ): { readonly [K in keyof P]: ReturnType<P[K]> | undefined } {
    const placeholders = this.placeholders();
    const parsed: Partial<Record<keyof P, unknown>> = {};
    let isAny = false;
    for (const [name, parse] of Object.entries(parsers)) {
      const text = this.optionalText(name);
      if (text === undefined) continue;
      isAny = true;
      parsed[name as keyof P] = parse(new ExpressionReader(name, text, placeholders));
    }
    if (isAny) placeholders.checkUsed();
    else placeholders.checkNone(Object.keys(parsers).join(' and '));
    return parsed as { readonly [K in keyof P]: ReturnType<P[K]> | undefined };
  }
}

export function checkedTableName(name: string): string {
  if (name.length < 3 || name.length > 255) {
    throw violated('tableName', `'${name}'`, 'Member must have length between 3 and 255');
  }
  if (!/^[a-zA-Z0-9_.-]+$/.test(name)) {
    throw violated(
      'tableName',
      `'${name}'`,
      'Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+',
    );
  }
  return name;
}

export function violated(name: string, value: string, constraint: string): Error {
  const member = name.charAt(0).toLowerCase() + name.slice(1);
  return invalid(
    `1 validation error detected: Value ${value} at '${member}' failed to satisfy constraint: ${constraint}`,
  );
}

function missing(name: string): never {
  throw violated(name, 'null', 'Member must not be null');
}
