import type { Span } from '../../plan/expr.ts';
import { failure } from '../failure.ts';
import type { SqlFailure } from '../failure.ts';
import type { SourceText } from './source-text.ts';
import { SEMICOLON_HINT, oddCharacterHint } from './syntax-hint.ts';
import { shortened } from './tokens.ts';
import type { Token } from './tokens.ts';

/** A name and its span in the file. */
export interface Name {
  readonly value: string;
  readonly span: Span;
}

/** Reads a statement's tokens from left to right. Words compare in lower case. */
export class Cursor {
  readonly source: SourceText;
  readonly tokens: readonly Token[];
  #at = 0;

  constructor(source: SourceText, tokens: readonly Token[]) {
    this.source = source;
    this.tokens = tokens;
  }

  get position(): number {
    return this.#at;
  }
  /** Moves to an earlier or later token. */
  seek(position: number): void {
    this.#at = position;
  }
  get done(): boolean {
    return this.#at >= this.tokens.length;
  }
  peek(ahead = 0): Token | undefined {
    return this.tokens[this.#at + ahead];
  }
  /** Returns whether the token `ahead` places on is the unquoted word `word`, given in lower case. */
  isWord(word: string, ahead = 0): boolean {
    const t = this.peek(ahead);
    return t?.kind === 'word' && t.value === word;
  }
  /** Returns whether the next tokens are these unquoted words. */
  areWords(...words: readonly string[]): boolean {
    return words.every((word, i) => this.isWord(word, i));
  }
  isSymbol(symbol: string, ahead = 0): boolean {
    const t = this.peek(ahead);
    return t?.kind === 'symbol' && t.value === symbol;
  }

  /** Consumes the words and returns true if all of them come next; otherwise consumes nothing and returns false. */
  accept(...words: readonly string[]): boolean {
    if (!this.areWords(...words)) return false;
    this.#at += words.length;
    return true;
  }
  acceptSymbol(symbol: string): boolean {
    if (!this.isSymbol(symbol)) return false;
    this.#at++;
    return true;
  }
  expect(...words: readonly string[]): void {
    for (const word of words) {
      if (!this.accept(word)) throw this.unexpected(word.toUpperCase());
    }
  }
  expectSymbol(symbol: string): Token {
    const t = this.peek();
    if (!this.acceptSymbol(symbol) || t === undefined) throw this.unexpected(`"${symbol}"`);
    return t;
  }
  next(what: string): Token {
    const t = this.peek();
    if (t === undefined) throw this.unexpected(what);
    this.#at++;
    return t;
  }
  /** Consumes a name as queries can use it: a word that is not reserved, or a quoted identifier. */
  name(what: string): Name {
    const t = this.peek();
    if (t?.reserved === true)
      throw this.unexpected(
        what,
        `expected ${what}; "${t.value}" is a reserved word: as a name it needs quotes`,
      );
    return this.word(what);
  }
  /** Consumes any word, reserved or not, or a quoted identifier. */
  word(what: string): Name {
    const t = this.peek();
    if (t === undefined || (t.kind !== 'word' && t.kind !== 'identifier')) throw this.unexpected(what);
    this.#at++;
    return { value: t.value, span: this.spanOf(t) };
  }
  /** Consumes `( a, b, ... )`. */
  nameList(what: string): Name[] {
    this.expectSymbol('(');
    const names: Name[] = [];
    do {
      names.push(this.name(what));
    } while (this.acceptSymbol(','));
    this.expectSymbol(')');
    return names;
  }

  /** Skips tokens until `stop` holds outside brackets, an enclosing bracket closes, or the statement ends. */
  skipUntil(stop: () => boolean): void {
    let depth = 0;
    for (; !this.done; this.#at++) {
      if (depth === 0 && stop()) return;
      if (this.isSymbol('(') || this.isSymbol('[')) depth++;
      else if (this.isSymbol(')') || this.isSymbol(']')) {
        if (depth === 0) return;
        depth--;
      }
    }
  }

  spanOf(from: Token, to: Token = from): Span {
    return this.source.span(from.start, to.end);
  }
  /** The span of the next token; at the end of the statement, an empty span there. */
  get here(): Span {
    const t = this.peek();
    if (t !== undefined) return this.spanOf(t);
    const end = this.tokens[this.tokens.length - 1]?.end ?? 0;
    return this.source.span(end, end);
  }

  #startsAnother(): boolean {
    return this.#at > 0 && this.isWord('create');
  }

  /** Returns the syntax error for the next token, or for the end of the statement, where `expected` should stand. */
  unexpected(expected: string, hint?: string | undefined): SqlFailure {
    const t = this.peek();
    const at = t === undefined ? 'at end of statement' : `at or near "${shortened(t.raw)}"`;
    const meant = oddCharacterHint(t?.raw ?? '') ?? (this.#startsAnother() ? SEMICOLON_HINT : hint);
    return failure('42601', `syntax error ${at}`, this.here, meant ?? `expected ${expected}`);
  }
}
