import type { FastifySchemaValidationError } from 'fastify/types/schema.js';
import type { TSchema } from 'typebox';

interface Counted {
  readonly type?: string;
  readonly items?: Counted;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, Counted>>;
  readonly additionalProperties?: unknown;
}

/**
 * Returns the fault of the first array in `value` with more items than `schema` allows, or of the first field that it
 * does not define; undefined if there is none. Runs before the validator, which reports on every item, so that the
 * cost of refusing a long body does not grow with its length.
 */
export function countFault(schema: TSchema, value: unknown): FastifySchemaValidationError | undefined {
  return faultAt(schema as Counted, value, '');
}

function faultAt(schema: Counted, value: unknown, path: string): FastifySchemaValidationError | undefined {
  if (Array.isArray(value)) {
    const { items, maxItems = Infinity } = schema;
    if (value.length > maxItems)
      return fault(path, 'maxItems', `must have at most ${maxItems} items, it has ${value.length}`);
    return items === undefined
      ? undefined
      : first(value.entries(), ([i, item]) => faultAt(items, item, `${path}/${i}`));
  }
  if (typeof value !== 'object' || value === null || schema.properties === undefined) return undefined;
  const { properties, additionalProperties } = schema;
  return first(Object.keys(value), (name) => {
    const at = `${path}/${name.slice(0, 100)}`;
    if (Object.hasOwn(properties, name))
      return faultAt(properties[name]!, (value as Record<string, unknown>)[name], at);
    return additionalProperties === false
      ? fault(at, 'additionalProperties', 'is not a known field')
      : undefined;
  });
}

function fault(instancePath: string, rule: string, message: string): FastifySchemaValidationError {
  return { instancePath, schemaPath: `#/${rule}`, message, keyword: rule, params: {} };
}

function first<T>(
  all: Iterable<T>,
  faultOf: (each: T) => FastifySchemaValidationError | undefined,
): FastifySchemaValidationError | undefined {
  for (const each of all) {
    const found = faultOf(each);
    if (found !== undefined) return found;
  }
  return undefined;
}
