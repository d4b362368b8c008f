import { compareOrdered, isEqual, isOrdered } from '../compare.ts';
import type { Item, Value } from '../value.ts';
import type { Comparator, Condition, Operand } from './condition.ts';
import { valueAt } from './path.ts';

/** Returns true if a condition holds for an item. Pass an empty map for a missing item. */
export function holds(condition: Condition, item: Item): boolean {
  switch (condition.kind) {
    case 'and':
      return holds(condition.left, item) && holds(condition.right, item);
    case 'or':
      return holds(condition.left, item) || holds(condition.right, item);
    case 'not':
      return !holds(condition.condition, item);
    case 'compare':
      return compares(condition.comparator, valueOf(condition.left, item), valueOf(condition.right, item));
    case 'between': {
      const value = valueOf(condition.operand, item);
      const [low, high] = [valueOf(condition.low, item), valueOf(condition.high, item)];
      return compares('>=', value, low) && compares('<=', value, high);
    }
    case 'in': {
      const value = valueOf(condition.operand, item);
      return condition.list.some((element) => compares('=', value, valueOf(element, item)));
    }
    case 'exists':
      return (valueAt(item, condition.path) !== undefined) === condition.wanted;
    case 'type':
      return valueAt(item, condition.path)?.type === condition.type;
    case 'begins_with':
      return beginsWith(valueOf(condition.operand, item), valueOf(condition.part, item));
    case 'contains':
      return contains(valueOf(condition.operand, item), valueOf(condition.part, item));
  }
}

function valueOf(operand: Operand, item: Item): Value | undefined {
  if (operand.kind === 'value') return operand.value;
  const value = valueAt(item, operand.path);
  if (operand.kind === 'path' || value === undefined) return value;
  const size = sizeOf(value);
  return size === undefined ? undefined : { type: 'N', value: `${size}` };
}

/** Returns the size of a value; undefined for a type without a size. */
function sizeOf(value: Value): number | undefined {
  switch (value.type) {
    case 'S':
      return Buffer.byteLength(value.value);
    case 'M':
      return value.value.size;
    case 'N':
    case 'BOOL':
    case 'NULL':
      return undefined;
    default:
      return value.value.length;
  }
}

/** Compares two values. A missing value equals nothing and differs from everything. */
function compares(comparator: Comparator, a: Value | undefined, b: Value | undefined): boolean {
  if (a === undefined || b === undefined) return comparator === '<>' && a !== b;
  if (comparator === '=') return isEqual(a, b);
  if (comparator === '<>') return !isEqual(a, b);
  if (!isOrdered(a) || !isOrdered(b) || a.type !== b.type) return false;
  const order = compareOrdered(a, b);
  switch (comparator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

function beginsWith(whole: Value | undefined, part: Value | undefined): boolean {
  if (whole?.type === 'S' && part?.type === 'S') return whole.value.startsWith(part.value);
  if (whole?.type === 'B' && part?.type === 'B') {
    return whole.value.subarray(0, part.value.length).equals(part.value);
  }
  return false;
}

/** Returns true if `part` is a substring of a string or binary value, or an element of a set or list. */
function contains(whole: Value | undefined, part: Value | undefined): boolean {
  if (whole === undefined || part === undefined) return false;
  switch (whole.type) {
    case 'S':
      return part.type === 'S' && whole.value.includes(part.value);
    case 'B':
      return part.type === 'B' && whole.value.includes(part.value);
    case 'L':
      return whole.value.some((element) => isEqual(element, part));
    case 'SS':
      return part.type === 'S' && whole.value.includes(part.value);
    case 'NS':
      return part.type === 'N' && whole.value.includes(part.value);
    case 'BS':
      return part.type === 'B' && whole.value.some((element) => element.equals(part.value));
    default:
      return false;
  }
}
