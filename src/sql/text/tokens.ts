import type { ScanToken } from 'libpg-query';
import type { Span } from '../../plan/expr.ts';
import { failure } from '../failure.ts';
import { ParseFailure, parseExpression, scanTokens } from '../parser.ts';
import { lexemeAt } from './lexeme.ts';
import type { SourceText } from './source-text.ts';
import type { StatementRange } from './split.ts';
import { oddCharacterHint } from './syntax-hint.ts';
import { Utf8Offsets } from './utf8-offsets.ts';

/** One token of a statement. Offsets are UTF-16 offsets into the text of the SourceText. */
export interface Token {
  readonly kind: 'word' | 'identifier' | 'string' | 'number' | 'symbol';
  /** Whether it is a word that PostgreSQL accepts as a name only in quotes. */
  readonly reserved: boolean;
  /** A word in lower case; an identifier or string without quotes, its escapes resolved; others as written. */
  readonly value: string;
  readonly raw: string;
  readonly start: number;
  readonly end: number;
}

/** Limits against input made to exhaust the parser, far above what people write. */
const MAX_LENGTH = 500_000;
const MAX_TOKENS = 50_000;
const MAX_NESTING = 200;

/** Returns the tokens of one statement, without comments. Throws SqlFailure at text that is no token or too large. */
export function tokenize(source: SourceText, range: StatementRange): Token[] {
  const text = source.text.slice(range.start, range.end);
  if (text.length > MAX_LENGTH) {
    throw failure(
      '54000',
      `the statement has more than ${MAX_LENGTH} characters`,
      source.span(range.start, range.start + 1),
      'split it into several views',
    );
  }
  const scanned = scanTokens(text);
  if (scanned === undefined) throw lexicalFailure(source, range, text);
  const offsets = new Utf8Offsets(text);
  const tokens: Token[] = [];
  let depth = 0;
  for (const t of scanned) {
    if (t.tokenName === 'SQL_COMMENT' || t.tokenName === 'C_COMMENT') continue;
    const start = range.start + offsets.fromByte(t.start);
    const end = range.start + offsets.fromByte(t.end);
    const token = tokenOf(t, source, start, end);
    tokens.push(token);
    checkName(token, source);
    if (opens(token)) depth++;
    else if (closes(token)) depth = Math.max(0, depth - 1);
    if (depth > MAX_NESTING) {
      throw failure(
        '54001',
        `the statement is nested more than ${MAX_NESTING} levels deep`,
        source.span(start, end),
        'split it into several views',
      );
    }
  }
  if (tokens.length > MAX_TOKENS) {
    throw failure(
      '54000',
      `the statement has more than ${MAX_TOKENS} words and symbols`,
      source.span(range.start, tokens[0]!.end),
      'split it into several views',
    );
  }
  return tokens;
}

/** PostgreSQL's limit for names, in UTF-8 bytes. Its parser silently cuts a longer name, which then matches nothing. */
const MAX_NAME_BYTES = 63;

function checkName({ kind, value, start, end }: Token, source: SourceText): void {
  if (kind !== 'word' && kind !== 'identifier') return;
  if (value.length <= MAX_NAME_BYTES / 3 || Buffer.byteLength(value) <= MAX_NAME_BYTES) return;
  throw failure(
    '54000',
    `the name "${shortened(value)}" has more than ${MAX_NAME_BYTES} bytes`,
    source.span(start, end),
    "shorten it; to read a JSON field of such a name, use INCLUDE payload AS doc, and doc ->> 'name'",
  );
}

function opens(t: Token): boolean {
  return t.kind === 'symbol' ? t.raw === '(' || t.raw === '[' : t.kind === 'word' && t.value === 'case';
}
function closes(t: Token): boolean {
  return t.kind === 'symbol' ? t.raw === ')' || t.raw === ']' : t.kind === 'word' && t.value === 'end';
}

function tokenOf(scanned: ScanToken, source: SourceText, start: number, end: number): Token {
  const raw = source.text.slice(start, end);
  const token = (kind: Token['kind'], value: string): Token => {
    const reserved = kind === 'word' && scanned.keywordName === 'RESERVED_KEYWORD';
    return { kind, value, reserved, raw, start, end };
  };
  const first = raw[0]!;
  const name = scanned.tokenName;
  if (first === '"') return token('identifier', raw.slice(1, -1).replaceAll('""', '"'));
  if (/^[uU]&"/.test(raw)) return token('identifier', decoded(raw, source.span(start, end)));
  if (name === 'SCONST' || /^[uU]&'/.test(raw)) {
    return token('string', stringValue(raw, source.span(start, end)));
  }
  if (name === 'ICONST' || name === 'FCONST') return token('number', raw);
  if (/[A-Za-z_\u0080-\uffff]/.test(first) && !raw.includes("'") && !raw.includes('"')) {
    return token('word', foldCase(raw));
  }
  return token('symbol', raw);
}

/** Returns an unquoted name in lower case. Only ASCII letters fold, as in PostgreSQL with UTF-8. */
export function foldCase(name: string): string {
  return name.replace(/[A-Z]+/g, (s) => s.toLowerCase());
}

function stringValue(raw: string, span: Span): string {
  if (/^'(?:[^']|'')*'$/.test(raw)) return raw.slice(1, -1).replaceAll("''", "'");
  if (raw.startsWith('$')) {
    const tag = raw.slice(0, raw.indexOf('$', 1) + 1);
    return raw.slice(tag.length, -tag.length);
  }
  return decoded(raw, span);
}

/** Returns the value of a string of several parts or with escapes, or the name in `U&"..."`, as PostgreSQL reads it. */
function decoded(raw: string, span: Span): string {
  try {
    const node = parseExpression(raw);
    const field = 'ColumnRef' in node ? node.ColumnRef.fields?.[0] : undefined;
    if (field !== undefined) return 'String' in field ? (field.String.sval ?? '') : raw;
    return 'A_Const' in node ? (node.A_Const.sval?.sval ?? '') : raw;
  } catch (e) {
    if (e instanceof ParseFailure) throw failure('42601', e.message, span, 'correct the escape in it');
    throw e;
  }
}

/** Returns the error for the word at which scanning fails. Words are cut at blanks outside strings, and bisected. */
function lexicalFailure(source: SourceText, range: StatementRange, text: string): Error {
  const words: { start: number; end: number }[] = [];
  let start = -1;
  for (let i = 0; i < text.length;) {
    const blank = /\s/.test(text[i]!);
    if (!blank && start === -1) start = i;
    if (blank && start !== -1) {
      words.push({ start, end: i });
      start = -1;
    }
    i = lexemeAt(text, i)?.end ?? i + 1;
  }
  if (start !== -1) words.push({ start, end: text.length });
  let low = 0;
  let high = words.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (scanTokens(text.slice(0, words[middle]!.end)) === undefined) high = middle;
    else low = middle + 1;
  }
  const word = words[low]!;
  const raw = text.slice(word.start, word.end);
  const span = source.span(range.start + word.start, range.start + word.end);
  return failure('42601', reasonOf(raw), span, oddCharacterHint(raw));
}

function reasonOf(word: string): string {
  try {
    parseExpression(word);
  } catch (e) {
    if (!(e instanceof ParseFailure)) throw e;
    // "one expression is expected here" says how many expressions the word is, and not why it cannot be scanned.
    if (!e.message.endsWith('is expected here')) return e.message;
  }
  return `"${shortened(word)}" cannot be read as SQL`;
}

const MAX_SHOWN = 60;

/** Returns a token as messages show it, cut to 60 characters: a string literal can be as long as a file. */
export function shortened(raw: string): string {
  return raw.length <= MAX_SHOWN ? raw : `${raw.slice(0, MAX_SHOWN)}...`;
}
