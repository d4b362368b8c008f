import { compareOrdered, isOrdered } from '../compare.ts';
import type { Value, ValueType } from '../value.ts';
import type { ExpressionReader } from './expression-reader.ts';
import type { Path } from './path.ts';

/** An operand of a condition. */
export type Operand =
  | { readonly kind: 'path'; readonly path: Path }
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'size'; readonly path: Path };

export type Comparator = '=' | '<>' | '<' | '<=' | '>' | '>=';

export type Condition =
  | { readonly kind: 'and' | 'or'; readonly left: Condition; readonly right: Condition }
  | { readonly kind: 'not'; readonly condition: Condition }
  | {
      readonly kind: 'compare';
      readonly comparator: Comparator;
      readonly left: Operand;
      readonly right: Operand;
    }
  | { readonly kind: 'between'; readonly operand: Operand; readonly low: Operand; readonly high: Operand }
  | { readonly kind: 'in'; readonly operand: Operand; readonly list: readonly Operand[] }
  | { readonly kind: 'exists'; readonly path: Path; readonly wanted: boolean }
  | { readonly kind: 'type'; readonly path: Path; readonly type: ValueType }
  | { readonly kind: 'begins_with' | 'contains'; readonly operand: Operand; readonly part: Operand };

const COMPARATORS: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>=']);
const TYPES: ReadonlySet<string> = new Set(['S', 'N', 'B', 'BOOL', 'NULL', 'L', 'M', 'SS', 'NS', 'BS']);
const FUNCTIONS: ReadonlyMap<string, number> = new Map([
  ['attribute_exists', 1],
  ['attribute_not_exists', 1],
  ['attribute_type', 2],
  ['begins_with', 2],
  ['contains', 2],
]);
const MAX_IN = 100;

/** Parses a condition. Throws ValidationException. */
export function parseCondition(reader: ExpressionReader): Condition {
  const condition = parseOr(reader);
  reader.expectEnd();
  return condition;
}

function parseOr(reader: ExpressionReader): Condition {
  let left = parseAnd(reader);
  while (reader.acceptKeyword('OR')) left = { kind: 'or', left, right: parseAnd(reader) };
  return left;
}

function parseAnd(reader: ExpressionReader): Condition {
  let left = parseNot(reader);
  while (reader.acceptKeyword('AND')) left = { kind: 'and', left, right: parseNot(reader) };
  return left;
}

function parseNot(reader: ExpressionReader): Condition {
  if (reader.acceptKeyword('NOT')) return { kind: 'not', condition: reader.nested(() => parseNot(reader)) };
  if (!reader.accept('(')) return parsePredicate(reader);
  const isDouble = reader.peek().kind === 'symbol' && reader.peek().text === '(';
  const inner = reader.nested(() => parseOr(reader));
  reader.expect(')');
  if (isDouble && isWrapped.has(inner)) throw reader.error('The expression has redundant parentheses;');
  isWrapped.add(inner);
  return inner;
}

/** Conditions written in parentheses. */
const isWrapped = new WeakSet<Condition>();

function parsePredicate(reader: ExpressionReader): Condition {
  if (reader.isCall() && reader.peek().text !== 'size') return parseFunction(reader);
  const operand = parseOperand(reader);
  if (reader.acceptKeyword('BETWEEN')) {
    const low = parseOperand(reader);
    if (!reader.acceptKeyword('AND')) throw reader.syntaxError();
    const high = parseOperand(reader);
    checkBetween(reader, low, high);
    return { kind: 'between', operand, low, high };
  }
  if (reader.acceptKeyword('IN')) {
    reader.expect('(');
    const list = parseOperands(reader);
    if (list.length > MAX_IN) {
      throw reader.error(
        `The IN operator is provided with too many operands; number of operands: ${list.length}`,
      );
    }
    return { kind: 'in', operand, list };
  }
  const { kind, text } = reader.peek();
  if (kind !== 'symbol' || !COMPARATORS.has(text)) throw reader.syntaxError();
  reader.next();
  const comparator = text as Comparator;
  const right = parseOperand(reader);
  checkCompare(reader, comparator, operand, right);
  return { kind: 'compare', comparator, left: operand, right };
}

function parseOperands(reader: ExpressionReader): readonly Operand[] {
  const operands = [parseOperand(reader)];
  while (reader.accept(',')) operands.push(parseOperand(reader));
  reader.expect(')');
  return operands;
}

function parseOperand(reader: ExpressionReader): Operand {
  if (reader.peek().kind === 'value') return { kind: 'value', value: reader.value() };
  if (!reader.isCall()) return { kind: 'path', path: reader.path() };
  const name = reader.next().text;
  if (FUNCTIONS.has(name)) {
    throw reader.error(`The function is not allowed to be used this way in an expression; function: ${name}`);
  }
  if (name !== 'size') throw reader.error(`Invalid function name; function: ${name}`);
  reader.expect('(');
  const [operand, ...others] = parseOperands(reader);
  checkCount(reader, name, 1, 1 + others.length);
  if (operand!.kind !== 'path') throw sizeOperandError(reader, operand!);
  return { kind: 'size', path: operand!.path };
}

function sizeOperandError(reader: ExpressionReader, operand: Operand): Error {
  return reader.operandError('size', operand.kind === 'value' ? operand.value.type : 'N');
}

function parseFunction(reader: ExpressionReader): Condition {
  const name = reader.next().text;
  const wanted = FUNCTIONS.get(name);
  if (wanted === undefined) throw reader.error(`Invalid function name; function: ${name}`);
  reader.expect('(');
  const operands = parseOperands(reader);
  checkCount(reader, name, wanted, operands.length);
  const [operand, part] = operands as [Operand, Operand];
  switch (name) {
    case 'attribute_exists':
    case 'attribute_not_exists':
      return { kind: 'exists', path: pathOf(reader, name, operand), wanted: name === 'attribute_exists' };
    case 'attribute_type': {
      const path = pathOf(reader, name, operand);
      if (part.kind !== 'value' || part.value.type !== 'S') {
        throw reader.operandError(name, part.kind === 'value' ? part.value.type : 'path');
      }
      if (!TYPES.has(part.value.value)) {
        throw reader.error(`Invalid attribute type name found; type: ${part.value.value}`);
      }
      return { kind: 'type', path, type: part.value.value as ValueType };
    }
    case 'begins_with':
      for (const each of operands) {
        const type = each.kind === 'value' ? each.value.type : each.kind === 'size' ? 'N' : 'S';
        if (type !== 'S' && type !== 'B') throw reader.operandError(name, type);
      }
      return { kind: 'begins_with', operand, part };
    default:
      checkDistinct(reader, name, operand, part);
      return { kind: 'contains', operand, part };
  }
}

function checkCount(reader: ExpressionReader, name: string, wanted: number, found: number): void {
  if (found === wanted) return;
  throw reader.error(
    'Incorrect number of operands for operator or function; ' +
      `operator or function: ${name}, number of operands: ${found}`,
  );
}

function pathOf(reader: ExpressionReader, name: string, operand: Operand): Path {
  if (operand.kind === 'path') return operand.path;
  throw reader.error(`Operator or function requires a document path; operator or function: ${name}`);
}

function checkDistinct(reader: ExpressionReader, operator: string, a: Operand, b: Operand): void {
  if (a.kind !== 'path' || b.kind !== 'path' || JSON.stringify(a.path) !== JSON.stringify(b.path)) return;
  throw reader.error(
    'The first operand must be distinct from the remaining operands for this operator or function; ' +
      `operator: ${operator}, first operand: [${a.path.join(', ')}]`,
  );
}

function checkCompare(reader: ExpressionReader, comparator: Comparator, left: Operand, right: Operand): void {
  if (comparator !== '=' && comparator !== '<>') {
    for (const operand of [left, right]) {
      if (operand.kind === 'value' && !isOrdered(operand.value)) {
        throw reader.operandError(comparator, operand.value.type);
      }
    }
  }
  checkDistinct(reader, comparator, left, right);
}

function checkBetween(reader: ExpressionReader, low: Operand, high: Operand): void {
  for (const operand of [low, high]) {
    if (operand.kind === 'value' && !isOrdered(operand.value)) {
      throw reader.operandError('BETWEEN', operand.value.type);
    }
  }
  if (low.kind !== 'value' || high.kind !== 'value') return;
  if (!isOrdered(low.value) || !isOrdered(high.value)) return;
  if (low.value.type !== high.value.type) {
    throw reader.error(
      'The BETWEEN operator requires same data type for lower and upper bounds; ' +
        `lower bound operand: AttributeValue: {${low.value.type}}, upper bound operand: AttributeValue: {${high.value.type}}`,
    );
  }
  if (compareOrdered(low.value, high.value) > 0) {
    throw reader.error(
      'The BETWEEN operator requires upper bound to be greater than or equal to lower bound; ' +
        `lower bound operand: ${low.value.value.toString()}, upper bound operand: ${high.value.value.toString()}`,
    );
  }
}
