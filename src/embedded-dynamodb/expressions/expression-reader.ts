import { invalid, type ApiError } from '../api-error.ts';
import type { Value } from '../value.ts';
import type { Path } from './path.ts';
import type { Placeholders } from './placeholders.ts';
import { RESERVED_WORDS } from './reserved-words.ts';
import { tokenize, type Token } from './token.ts';

const MAX_EXPRESSION_BYTES = 4096;
/** More than expressions need, and far less than the stack allows. */
const MAX_DEPTH = 200;

/** Reads the tokens of an expression. `parameter` is the request's parameter with the expression, for messages. */
export class ExpressionReader {
  readonly parameter: string;
  readonly #placeholders: Placeholders;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  /** Throws ValidationException for text that is empty, too long or has invalid characters. */
  constructor(parameter: string, text: string, placeholders: Placeholders) {
    this.parameter = parameter;
    this.#placeholders = placeholders;
    if (text.trim() === '') throw this.error('The expression can not be empty;');
    if (Buffer.byteLength(text) > MAX_EXPRESSION_BYTES) {
      throw this.error(
        `Expression size has exceeded the maximum allowed size; expression size: ${Buffer.byteLength(text)}`,
      );
    }
    const tokens = tokenize(text);
    if (typeof tokens === 'string') throw this.error(`Syntax error; token: "${tokens}"`);
    this.#tokens = tokens;
  }

  error(reason: string): ApiError {
    return invalid(`Invalid ${this.parameter}: ${reason}`);
  }

  /** Returns the error for an operand of a type that `operator` does not accept. */
  operandError(operator: string, type: string): ApiError {
    return this.error(
      'Incorrect operand type for operator or function; ' +
        `operator or function: ${operator}, operand type: ${type}`,
    );
  }

  syntaxError(): ApiError {
    const near = this.#tokens.slice(Math.max(0, this.#at - 1), this.#at + 2).map(({ text }) => text);
    return this.error(`Syntax error; token: "${this.peek().text}", near: "${near.join(' ')}"`);
  }

  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)]!;
  }

  next(): Token {
    const token = this.peek();
    if (this.#at < this.#tokens.length - 1) this.#at++;
    return token;
  }

  /** Consumes the symbol and returns true if it is next. */
  accept(symbol: string): boolean {
    const { kind, text } = this.peek();
    if (kind !== 'symbol' || text !== symbol) return false;
    this.next();
    return true;
  }

  expect(symbol: string): void {
    if (!this.accept(symbol)) throw this.syntaxError();
  }

  /** Consumes the keyword, in any case, and returns true if it is next. */
  acceptKeyword(keyword: string): boolean {
    if (!this.isKeyword(keyword)) return false;
    this.next();
    return true;
  }

  isKeyword(keyword: string): boolean {
    const { kind, text } = this.peek();
    return kind === 'word' && text.toUpperCase() === keyword;
  }

  /** Calls `parse` one level deeper. Throws ValidationException if the expression is nested too deeply. */
  nested<T>(parse: () => T): T {
    this.#depth++;
    if (this.#depth > MAX_DEPTH) {
      throw this.error(`The expression is nested too deeply; maximum depth: ${MAX_DEPTH}`);
    }
    const parsed = parse();
    this.#depth--;
    return parsed;
  }

  expectEnd(): void {
    if (this.peek().kind !== 'end') throw this.syntaxError();
  }

  /** Returns true if a function name and `(` come next. */
  isCall(): boolean {
    const bracket = this.peek(1);
    return this.peek().kind === 'word' && bracket.kind === 'symbol' && bracket.text === '(';
  }

  /** Reads a `:value`. */
  value(): Value {
    const token = this.next();
    return this.#placeholders.value(token.text, this.parameter);
  }

  /** Reads a document path, such as `#a.b[3]`. */
  path(): Path {
    const path: [string, ...(string | number)[]] = [this.#name()];
    for (;;) {
      if (this.accept('.')) {
        path.push(this.#name());
      } else if (this.accept('[')) {
        if (this.peek().kind !== 'number') throw this.syntaxError();
        path.push(Number(this.next().text));
        this.expect(']');
      } else {
        return path;
      }
    }
  }

  #name(): string {
    const { kind, text } = this.peek();
    if (kind === 'name') {
      this.next();
      return this.#placeholders.name(text, this.parameter);
    }
    if (kind !== 'word') throw this.syntaxError();
    if (RESERVED_WORDS.has(text.toUpperCase())) {
      throw this.error(`Attribute name is a reserved keyword; reserved keyword: ${text}`);
    }
    this.next();
    return text;
  }
}
