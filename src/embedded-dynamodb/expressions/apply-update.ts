import { invalid } from '../api-error.ts';
import { addDecimals, decimalText, negated, parseDecimal } from '../decimal.ts';
import { checkDepth, type Item, type Value } from '../value.ts';
import { child, valueAt, type Path } from './path.ts';
import type { UpdateAction, UpdateOperand } from './update.ts';

/**
 * Returns the item after an update. Operands refer to the item before the update. Elements set past the end of a list
 * are appended in the order of their indexes. Throws ValidationException.
 */
export function applyUpdate(before: Item, actions: readonly UpdateAction[]): Item {
  const changes = actions
    .map((action) => ({ path: action.path, value: newValue(before, action) }))
    .toSorted((a, b) => comparePaths(a.path, b.path));
  // Removing a list element shifts the later ones, so removals come last and go from the highest index down.
  const kept = changes.filter(({ value }) => value !== undefined);
  const gone = changes.filter(({ value }) => value === undefined).toReversed();
  let after: Value = { type: 'M', value: before };
  for (const { path, value } of [...kept, ...gone]) after = replaced(after, path, value);
  const item = (after as Extract<Value, { readonly type: 'M' }>).value;
  checkDepth(item);
  return item;
}

/** Returns the value at an action's path after the update; undefined to remove it. */
function newValue(item: Item, action: UpdateAction): Value | undefined {
  switch (action.kind) {
    case 'set':
      return evaluate(item, action.operand);
    case 'remove':
      return undefined;
    case 'add':
      return added(valueAt(item, action.path), action.value);
    case 'delete':
      return without(valueAt(item, action.path), action.value);
  }
}

function evaluate(item: Item, operand: UpdateOperand): Value {
  switch (operand.kind) {
    case 'value':
      return operand.value;
    case 'path': {
      const value = valueAt(item, operand.path);
      if (value === undefined) {
        throw invalid('The provided expression refers to an attribute that does not exist in the item');
      }
      return value;
    }
    case 'if_not_exists':
      return valueAt(item, operand.path) ?? evaluate(item, operand.otherwise);
    case 'append': {
      const [left, right] = [evaluate(item, operand.left), evaluate(item, operand.right)];
      if (left.type !== 'L' || right.type !== 'L') throw wrongType();
      return { type: 'L', value: [...left.value, ...right.value] };
    }
    default: {
      const [left, right] = [evaluate(item, operand.left), evaluate(item, operand.right)];
      if (left.type !== 'N' || right.type !== 'N') throw wrongType();
      const second = parseDecimal(right.value);
      return sum(parseDecimal(left.value), operand.kind === 'add' ? second : negated(second));
    }
  }
}

function sum(a: ReturnType<typeof parseDecimal>, b: ReturnType<typeof parseDecimal>): Value {
  return { type: 'N', value: decimalText(addDecimals(a, b)) };
}

function wrongType(): Error {
  return invalid('An operand in the update expression has an incorrect data type');
}

function added(before: Value | undefined, more: Value): Value {
  if (before === undefined) return more;
  if (before.type === 'N' && more.type === 'N') {
    return sum(parseDecimal(before.value), parseDecimal(more.value));
  }
  switch (before.type) {
    case 'SS':
    case 'NS':
      if (more.type !== before.type) throw wrongType();
      return { type: before.type, value: [...new Set([...before.value, ...more.value])] };
    case 'BS': {
      if (more.type !== 'BS') throw wrongType();
      const known = textsOf(before.value);
      const extra = more.value.filter((element) => !known.has(element.toString('latin1')));
      return { type: 'BS', value: [...before.value, ...extra] };
    }
    default:
      throw wrongType();
  }
}

/** Removes elements from a set. Returns undefined if none is left. */
function without(before: Value | undefined, less: Value): Value | undefined {
  if (before === undefined) return undefined;
  switch (before.type) {
    case 'SS':
    case 'NS': {
      if (less.type !== before.type) throw wrongType();
      const gone = new Set(less.value);
      const value = before.value.filter((element) => !gone.has(element));
      return value.length === 0 ? undefined : { type: before.type, value };
    }
    case 'BS': {
      if (less.type !== 'BS') throw wrongType();
      const gone = textsOf(less.value);
      const value = before.value.filter((element) => !gone.has(element.toString('latin1')));
      return value.length === 0 ? undefined : { type: 'BS', value };
    }
    default:
      throw wrongType();
  }
}

function textsOf(elements: readonly Buffer[]): ReadonlySet<string> {
  return new Set(elements.map((element) => element.toString('latin1')));
}

/** Returns `whole` with `value` at the path, or without it if undefined. The containers on the path must exist. */
function replaced(
  whole: Value,
  [step, ...rest]: readonly (string | number)[],
  value: Value | undefined,
): Value {
  if (step === undefined) throw new Error('a path has at least one step');
  if (typeof step === 'number' ? whole.type !== 'L' : whole.type !== 'M') throw wrongPath();
  let inner = value;
  if (rest.length > 0) {
    const next = child(whole, step);
    if (next === undefined) throw wrongPath();
    inner = replaced(next, rest, value);
  }
  if (whole.type === 'L') {
    const list = [...whole.value];
    if (inner === undefined) list.splice(step as number, 1);
    else list[Math.min(step as number, list.length)] = inner;
    return { type: 'L', value: list };
  }
  const map = new Map((whole as Extract<Value, { readonly type: 'M' }>).value);
  if (inner === undefined) map.delete(step as string);
  else map.set(step as string, inner);
  return { type: 'M', value: map };
}

function wrongPath(): Error {
  return invalid('The document path provided in the update expression is invalid for update');
}

function comparePaths(a: Path, b: Path): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [x, y] = [a[i]!, b[i]!];
    if (x !== y) return typeof x === 'number' && typeof y === 'number' ? x - y : x < y ? -1 : 1;
  }
  return a.length - b.length;
}
