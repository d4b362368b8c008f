import type { Node, SelectStmt, TypeName } from '@pgsql/types';
import type { Span } from '../../plan/expr.ts';
import { failure, unsupported } from '../failure.ts';
import type { SqlFailure } from '../failure.ts';
import { EXPRESSION_PREFIX, ParseFailure, parseExpression, parseSelect } from '../parser.ts';
import { BindingNotes } from './binding-notes.ts';
import { foreignKeyword } from './foreign-keywords.ts';
import type { SourceText } from './source-text.ts';
import { syntaxHint, unitHint } from './syntax-hint.ts';
import { shortened } from './tokens.ts';
import type { Token } from './tokens.ts';
import { Utf8Offsets } from './utf8-offsets.ts';

type SliceKind = 'query' | 'expression' | 'type';
/** Text that is put before a slice to parse it. */
const PREFIXES: Record<SliceKind, string> = {
  query: '',
  expression: EXPRESSION_PREFIX,
  type: `${EXPRESSION_PREFIX}NULL::`,
};

/**
 * A run of a statement's tokens that PostgreSQL's parser reads on its own. Maps the parser's locations to spans of the
 * file. The parsing methods throw SqlFailure at the token where parsing fails.
 */
export class Slice {
  readonly source: SourceText;
  /** The tokens, without comments. */
  readonly tokens: readonly Token[];
  readonly notes = new BindingNotes();
  readonly #offsets: Utf8Offsets;
  readonly #text: string;
  readonly #prefix: string;
  readonly #start: number;
  #query: SelectStmt | undefined;
  #expression: Node | undefined;

  constructor(source: SourceText, tokens: readonly Token[], kind: SliceKind) {
    this.source = source;
    this.tokens = tokens;
    this.#prefix = PREFIXES[kind];
    this.#start = tokens[0]?.start ?? 0;
    const end = tokens[tokens.length - 1]?.end ?? this.#start;
    this.#text = source.text.slice(this.#start, end);
    this.#offsets = new Utf8Offsets(this.#prefix + this.#text);
  }

  /** The whole slice. */
  get span(): Span {
    return this.source.span(this.#start, this.#start + this.#text.length);
  }

  /** Returns the parsed query, the same one at each call, so that {@link notes} can be about its nodes. */
  query(): SelectStmt {
    this.#query ??= this.#readQuery();
    return this.#query;
  }

  #readQuery(): SelectStmt {
    this.#refuseUnits();
    const foreign = foreignKeyword(this.tokens);
    if (foreign === undefined) return this.#parse(parseSelect);
    const { token, clause, hint } = foreign;
    throw unsupported(clause, this.source.span(token.start, token.end), hint);
  }
  /** Returns the parsed expression, the same one at each call. */
  expression(): Node {
    if (this.#expression === undefined) {
      this.#refuseUnits();
      this.#expression = this.#parse(parseExpression);
    }
    return this.#expression;
  }
  type(): TypeName {
    const node = this.#parse((text) => {
      try {
        return parseExpression(`NULL::${text}`);
      } catch (e) {
        // `INT AUTO_INCREMENT` is an expression with an alias.
        if (e instanceof ParseFailure && e.message.endsWith('is expected here')) return undefined;
        throw e;
      }
    });
    if (
      node === undefined ||
      !('TypeCast' in node) ||
      node.TypeCast.typeName === undefined ||
      !isNull(node.TypeCast.arg)
    ) {
      throw failure(
        '42601',
        `"${shortened(this.#text)}" is not a type`,
        this.span,
        'write name TYPE; only NOT NULL, PRIMARY KEY or AS expression may follow',
      );
    }
    return node.TypeCast.typeName;
  }

  /**
   * Returns the span of the token at an AST location, or of the whole dotted name that begins there. The parser omits
   * a location of 0, so undefined means the first token.
   */
  spanAt(location: number | undefined): Span {
    const i = this.tokenIndexAt(location);
    const at = this.#start;
    const token = this.tokens[i];
    if (token === undefined) return this.source.span(at, at);
    let last = i;
    while (this.tokens[last + 1]?.raw === '.' && this.tokens[last + 2] !== undefined) last += 2;
    return this.source.span(token.start, this.tokens[last]!.end);
  }

  /** Returns the index in {@link tokens} of the token at an AST location, or of the first token after it. */
  tokenIndexAt(location: number | undefined): number {
    return this.#tokenAt(this.#offset(this.#offsets.fromByte(Math.max(0, location ?? 0))));
  }

  /** Throws at a unit outside an interval's quotes: PostgreSQL reads `INTERVAL '5' MINUTES` as 5 seconds AS minutes. */
  #refuseUnits(): void {
    this.tokens.forEach((token, i) => {
      const hint = unitHint(this.tokens, i);
      if (hint === undefined) return;
      const span = this.source.span(token.start, token.end);
      throw failure('42601', `syntax error at or near "${token.raw}"`, span, hint);
    });
  }

  #parse<T>(parse: (sql: string) => T): T {
    try {
      return parse(this.#text);
    } catch (e) {
      if (e instanceof ParseFailure) throw this.#failure(e);
      throw e;
    }
  }

  #failure(e: ParseFailure): SqlFailure {
    if (e.tooDeep)
      return failure(
        '54001',
        'the statement is nested too deeply',
        this.spanAt(0),
        'split it into several views',
      );
    const last = this.tokens[this.tokens.length - 1];
    if (e.character === undefined || last === undefined) return failure('42601', e.message, this.span);
    const at = this.#offset(this.#offsets.fromCharacter(e.character));
    if (at >= last.end) {
      // Point right after the last token, before trailing blanks and comments.
      const end = this.source.span(last.end, last.end);
      return failure(
        '42601',
        'syntax error at end of statement',
        end,
        syntaxHint(this.tokens, this.tokens.length),
      );
    }
    const i = this.#tokenAt(at);
    const token = this.tokens[i] ?? last;
    const message = e.message.replace(token.raw, () => shortened(token.raw));
    return failure('42601', message, this.source.span(token.start, token.end), syntaxHint(this.tokens, i));
  }

  #offset(inSlice: number): number {
    return this.#start + Math.max(0, inSlice - this.#prefix.length);
  }

  /** Returns the index of the token that holds `offset`, or else of the first token after it. */
  #tokenAt(offset: number): number {
    let low = 0;
    let high = this.tokens.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.tokens[middle]!.end > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function isNull(node: Node | undefined): boolean {
  return node !== undefined && 'A_Const' in node && node.A_Const.isnull === true;
}
