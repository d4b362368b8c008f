import { parseDecimal, sortableDecimal } from './decimal.ts';
import { valueText, type Value } from './value.ts';

/** A value of a type with an order. */
export type OrderedValue = Extract<Value, { readonly type: 'S' | 'N' | 'B' }>;

export function isOrdered(value: Value): value is OrderedValue {
  return value.type === 'S' || value.type === 'N' || value.type === 'B';
}

/**
 * Returns a text of characters 0 to 255 that sorts within its type as DynamoDB sorts: strings by their UTF-8 bytes,
 * numbers by value, binary values by unsigned bytes.
 */
export function sortable(value: OrderedValue): string {
  switch (value.type) {
    case 'S':
      return Buffer.from(value.value, 'utf8').toString('latin1');
    case 'N':
      return sortableDecimal(parseDecimal(value.value));
    case 'B':
      return value.value.toString('latin1');
  }
}

/** Compares values of the same type: negative, zero or positive if `a` is less than, equal to or greater than `b`. */
export function compareOrdered(a: OrderedValue, b: OrderedValue): number {
  const [x, y] = [sortable(a), sortable(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Compares values of any type, ignoring the order of set elements and map entries. */
export function isEqual(a: Value, b: Value): boolean {
  if (a.type !== b.type) return false;
  return canonical(a) === canonical(b);
}

function canonical(value: Value): string {
  switch (value.type) {
    case 'L':
      return `[${value.value.map(canonical).join(',')}]`;
    case 'M':
      return `{${[...value.value]
        .map(([name, element]) => `${JSON.stringify(name)}:${canonical(element)}`)
        .sort()
        .join(',')}}`;
    case 'SS':
    case 'NS':
      return `${value.type}${JSON.stringify([...value.value].sort())}`;
    case 'BS':
      return `BS${JSON.stringify(value.value.map((element) => element.toString('base64')).sort())}`;
    default:
      return valueText(value);
  }
}
