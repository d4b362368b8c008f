import type { CallExpr, ConstExpr } from './expr.ts';
import type { ColumnFacts } from './column-facts.ts';
import type { AggregateCall } from './nodes.ts';

/** The structure of a JSONB value, as far as the plan determines it. */
export type JsonShape =
  | { readonly kind: 'value'; readonly of: ColumnFacts }
  | { readonly kind: 'object'; readonly fields: readonly (readonly [name: string, JsonShape])[] }
  /** An object with arbitrary names. */
  | { readonly kind: 'map'; readonly of: JsonShape }
  /** A list of items of one shape; empty if `of` is undefined. */
  | { readonly kind: 'list'; readonly of: JsonShape | undefined };

/** Returns the common shape of two values, or undefined; `{}` fits every map, and `[]` every list. */
export function sameJson(a: JsonShape | undefined, b: JsonShape | undefined): JsonShape | undefined {
  if (a === undefined || b === undefined) return undefined;
  if (isEmpty(a) && a.kind === b.kind) return b;
  if (isEmpty(b) && a.kind === b.kind) return a;
  if (isEmpty(a) && a.kind === 'object' && b.kind === 'map') return b;
  if (isEmpty(b) && b.kind === 'object' && a.kind === 'map') return a;
  return JSON.stringify(a, bigints) === JSON.stringify(b, bigints) ? a : undefined;
}

function isEmpty(shape: JsonShape): boolean {
  return shape.kind === 'list'
    ? shape.of === undefined
    : shape.kind === 'object' && shape.fields.length === 0;
}

function bigints(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

/** Returns the shape of a value inside JSON: its own shape if it is JSON itself. */
function valueShape(facts: ColumnFacts): JsonShape | undefined {
  if (facts.type.kind !== 'jsonb') return { kind: 'value', of: facts };
  // A shape cannot express NULL.
  return facts.nullable ? undefined : facts.json;
}

export function jsonOfConstant({ type, value }: ConstExpr): JsonShape | undefined {
  if (type.kind !== 'jsonb') return undefined;
  if (value === '{}') return { kind: 'object', fields: [] };
  return value === '[]' ? { kind: 'list', of: undefined } : undefined;
}

export function jsonOfAggregate(
  { name }: AggregateCall,
  args: readonly ColumnFacts[],
): JsonShape | undefined {
  if (name !== 'jsonb_agg' && name !== 'jsonb_object_agg') {
    const keeps = name === 'min' || name === 'max' || name === 'first_value' || name === 'last_value';
    return keeps ? args[0]?.json : undefined;
  }
  const of = valueShape(args[name === 'jsonb_agg' ? 0 : 1]!);
  if (of === undefined) return undefined;
  return name === 'jsonb_agg' ? { kind: 'list', of } : { kind: 'map', of };
}

export function jsonOfCall(
  { fn, args: exprs }: CallExpr,
  args: readonly ColumnFacts[],
): JsonShape | undefined {
  switch (fn.name) {
    case 'to_jsonb':
      return args[0]!.type.kind === 'jsonb'
        ? args[0]!.json
        : { kind: 'value', of: { ...args[0]!, nullable: false } };
    case 'jsonb_build_object': {
      const fields: [string, JsonShape][] = [];
      for (let i = 0; i < args.length; i += 2) {
        const name = exprs[i]!;
        const of = valueShape(args[i + 1]!);
        if (name.kind !== 'const' || typeof name.value !== 'string' || of === undefined) return undefined;
        fields.push([name.value, of]);
      }
      return { kind: 'object', fields };
    }
    case 'jsonb_build_array': {
      const shapes = args.map(valueShape);
      if (shapes.length === 0) return { kind: 'list', of: undefined };
      const of = shapes.slice(1).reduce(sameJson, shapes[0]);
      return of === undefined ? undefined : { kind: 'list', of };
    }
    default:
      return undefined;
  }
}
