import { invalid, unserializable } from '../api-error.ts';
import { parseItem, type Item, type Value } from '../value.ts';

/** Resolves the `#names` and `:values` of a request's expressions, and records which of them were used. */
export class Placeholders {
  readonly #names: ReadonlyMap<string, string>;
  readonly #values: Item;
  readonly #used = new Set<string>();

  /** Takes the request's parameters with names and values. Throws ValidationException if they are malformed. */
  constructor(names: unknown, values: unknown) {
    this.#names = readNames(names);
    this.#values = values === undefined ? new Map() : readValues(values);
  }

  /** Throws ValidationException if there are placeholders, for a request without expressions. */
  checkNone(kind: string): void {
    if (this.#names.size > 0) {
      throw invalid(`ExpressionAttributeNames can only be specified when using expressions: ${kind} is null`);
    }
    if (this.#values.size > 0) {
      throw invalid(
        `ExpressionAttributeValues can only be specified when using expressions: ${kind} is null`,
      );
    }
  }

  name(placeholder: string, where: string): string {
    const name = this.#names.get(placeholder);
    if (name === undefined) {
      throw invalid(
        `Invalid ${where}: An expression attribute name used in the document path is not defined; ` +
          `attribute name: ${placeholder}`,
      );
    }
    this.#used.add(placeholder);
    return name;
  }

  value(placeholder: string, where: string): Value {
    const value = this.#values.get(placeholder);
    if (value === undefined) {
      throw invalid(
        `Invalid ${where}: An expression attribute value used in expression is not defined; ` +
          `attribute value: ${placeholder}`,
      );
    }
    this.#used.add(placeholder);
    return value;
  }

  /** Throws ValidationException if a placeholder was not used. */
  checkUsed(): void {
    for (const [parameter, all] of [
      ['ExpressionAttributeNames', this.#names],
      ['ExpressionAttributeValues', this.#values],
    ] as const) {
      const unused = [...all.keys()].filter((placeholder) => !this.#used.has(placeholder));
      if (unused.length > 0) {
        throw invalid(`Value provided in ${parameter} unused in expressions: keys: {${unused.join(', ')}}`);
      }
    }
  }
}

function readNames(names: unknown): ReadonlyMap<string, string> {
  if (names === undefined) return new Map();
  if (typeof names !== 'object' || names === null || Array.isArray(names)) {
    throw unserializable('Unexpected field type');
  }
  const read = new Map<string, string>();
  for (const [placeholder, name] of Object.entries(names)) {
    if (typeof name !== 'string') throw unserializable('Unexpected field type');
    if (!/^#[A-Za-z0-9_]+$/.test(placeholder)) {
      throw invalid(`ExpressionAttributeNames contains invalid key: Syntax error; key: "${placeholder}"`);
    }
    if (name === '') throw invalid(`ExpressionAttributeNames contains invalid value: for key ${placeholder}`);
    read.set(placeholder, name);
  }
  if (read.size === 0) throw invalid('ExpressionAttributeNames must not be empty');
  return read;
}

function readValues(values: unknown): Item {
  const read = parseItem(values);
  if (read.size === 0) throw invalid('ExpressionAttributeValues must not be empty');
  for (const placeholder of read.keys()) {
    if (!/^:[A-Za-z0-9_]+$/.test(placeholder)) {
      throw invalid(`ExpressionAttributeValues contains invalid key: Syntax error; key: "${placeholder}"`);
    }
  }
  return read;
}
