import type { Value } from '../value.ts';
import type { ExpressionReader } from './expression-reader.ts';
import { checkCollisions } from './path-collisions.ts';
import type { Path } from './path.ts';

export type UpdateOperand =
  | { readonly kind: 'path'; readonly path: Path }
  | { readonly kind: 'value'; readonly value: Value }
  | {
      readonly kind: 'add' | 'subtract' | 'append';
      readonly left: UpdateOperand;
      readonly right: UpdateOperand;
    }
  | { readonly kind: 'if_not_exists'; readonly path: Path; readonly otherwise: UpdateOperand };

export type UpdateAction =
  | { readonly kind: 'set'; readonly path: Path; readonly operand: UpdateOperand }
  | { readonly kind: 'remove'; readonly path: Path }
  | { readonly kind: 'add' | 'delete'; readonly path: Path; readonly value: Value };

const SECTIONS = ['SET', 'REMOVE', 'ADD', 'DELETE'] as const;
const ADDABLE: ReadonlySet<string> = new Set(['N', 'SS', 'NS', 'BS']);

/** Parses an update expression. Throws ValidationException. */
export function parseUpdate(reader: ExpressionReader): readonly UpdateAction[] {
  const actions: UpdateAction[] = [];
  const seen = new Set<string>();
  do {
    const section = SECTIONS.find((each) => reader.acceptKeyword(each));
    if (section === undefined) throw reader.syntaxError();
    if (seen.has(section)) {
      throw reader.error(`The "${section}" section can only be used once in an update expression;`);
    }
    seen.add(section);
    do actions.push(parseAction(reader, section));
    while (reader.accept(','));
  } while (reader.peek().kind !== 'end');
  checkCollisions(
    reader,
    actions.map(({ path }) => path),
  );
  return actions;
}

function parseAction(reader: ExpressionReader, section: (typeof SECTIONS)[number]): UpdateAction {
  const path = reader.path();
  if (section === 'REMOVE') return { kind: 'remove', path };
  if (section === 'SET') {
    reader.expect('=');
    return { kind: 'set', path, operand: parseOperand(reader) };
  }
  if (reader.peek().kind !== 'value') throw reader.syntaxError();
  const value = reader.value();
  const isTaken = ADDABLE.has(value.type) && (section === 'ADD' || value.type !== 'N');
  if (!isTaken) throw reader.operandError(section, value.type);
  return { kind: section === 'ADD' ? 'add' : 'delete', path, value };
}

function parseOperand(reader: ExpressionReader): UpdateOperand {
  const left = parseTerm(reader);
  for (const [symbol, kind] of [
    ['+', 'add'],
    ['-', 'subtract'],
  ] as const) {
    if (!reader.accept(symbol)) continue;
    const right = parseTerm(reader);
    for (const operand of [left, right]) checkOperand(reader, symbol, operand, 'N');
    return { kind, left, right };
  }
  return left;
}

function parseTerm(reader: ExpressionReader): UpdateOperand {
  if (reader.accept('(')) {
    const operand = reader.nested(() => parseOperand(reader));
    reader.expect(')');
    return operand;
  }
  if (reader.peek().kind === 'value') return { kind: 'value', value: reader.value() };
  if (!reader.isCall()) return { kind: 'path', path: reader.path() };
  const name = reader.next().text;
  if (name !== 'if_not_exists' && name !== 'list_append') {
    throw reader.error(`Invalid function name; function: ${name}`);
  }
  reader.expect('(');
  const operands = [reader.nested(() => parseOperand(reader))];
  while (reader.accept(',')) operands.push(reader.nested(() => parseOperand(reader)));
  reader.expect(')');
  const [left, right] = operands;
  if (left === undefined || right === undefined || operands.length !== 2) {
    throw reader.error(
      'Incorrect number of operands for operator or function; ' +
        `operator or function: ${name}, number of operands: ${operands.length}`,
    );
  }
  if (name === 'list_append') {
    for (const operand of operands) checkOperand(reader, name, operand, 'L');
    return { kind: 'append', left, right };
  }
  if (left.kind !== 'path') {
    throw reader.error(`Operator or function requires a document path; operator or function: ${name}`);
  }
  return { kind: 'if_not_exists', path: left.path, otherwise: right };
}

/** Throws ValidationException if a literal operand has a type that the operator does not accept. */
function checkOperand(
  reader: ExpressionReader,
  operator: string,
  operand: UpdateOperand,
  type: string,
): void {
  if (operand.kind === 'value' && operand.value.type !== type) {
    throw reader.operandError(operator, operand.value.type);
  }
}
