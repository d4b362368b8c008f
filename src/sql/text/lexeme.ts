/** A comment, string or quoted identifier: the lexer looks inside it for nothing but its end. */
export interface Lexeme {
  readonly kind:
    | 'line comment'
    | 'block comment'
    | 'string'
    | 'escape string'
    | 'unicode string'
    | 'identifier'
    | 'unicode identifier'
    | 'dollar string';
  /** UTF-16 offset of the first character after it. */
  readonly end: number;
  /** False if the text ends before the lexeme does. */
  readonly terminated: boolean;
}

/**
 * Returns the comment, string or quoted identifier that starts at `i`, by PostgreSQL's lexical rules; undefined if
 * none does. These lexemes alone decide where statements end and where `${NAME}` may be replaced.
 */
export function lexemeAt(text: string, i: number): Lexeme | undefined {
  const c = text[i];
  if (c === "'") return quoted(text, i, stringKind(text, i));
  if (c === '"') return quoted(text, i, isUnicodePrefix(text, i) ? 'unicode identifier' : 'identifier');
  if (c === '-' && text[i + 1] === '-') return lineComment(text, i);
  if (c === '/' && text[i + 1] === '*') return blockComment(text, i);
  if (c === '$') return dollarString(text, i);
  return undefined;
}

const LINE_END = /[\r\n]/g;

/** A line comment runs to the end of its line. As in PostgreSQL, a lone carriage return ends a line. */
function lineComment(text: string, start: number): Lexeme {
  LINE_END.lastIndex = start;
  return { kind: 'line comment', end: LINE_END.exec(text)?.index ?? text.length, terminated: true };
}

type StringKind = 'string' | 'escape string' | 'unicode string';
type QuotedKind = StringKind | 'identifier' | 'unicode identifier';

function stringKind(text: string, i: number): StringKind {
  if (isUnicodePrefix(text, i)) return 'unicode string';
  return /(?:^|[^A-Za-z0-9_$\u0080-\uffff])[eE]$/.test(text.slice(Math.max(0, i - 2), i))
    ? 'escape string'
    : 'string';
}

/** Returns whether the quote at `i` opens `U&'...'` or `U&"..."`. */
function isUnicodePrefix(text: string, i: number): boolean {
  return /(?:^|[^A-Za-z0-9_$\u0080-\uffff])[uU]&$/.test(text.slice(Math.max(0, i - 3), i));
}

/**
 * From the end of one part of a string to the quote that opens the next. Parts with a line end between them are one
 * string, and its prefix (`E`) covers them all.
 */
const NEXT_PART = /[ \t\f\v]*[\n\r][ \t\n\r\f\v]*'/y;

function quoted(text: string, start: number, kind: QuotedKind): Lexeme {
  const quote = text[start]!;
  for (let i = start + 1; i < text.length; i++) {
    if (kind === 'escape string' && text[i] === '\\') {
      i++;
    } else if (text[i] === quote) {
      if (text[i + 1] === quote) {
        i++;
        continue;
      }
      NEXT_PART.lastIndex = i + 1;
      // Without backslash escapes the end of a part is clear, so each part can be a lexeme of its own.
      if (kind !== 'escape string' || !NEXT_PART.test(text)) return { kind, end: i + 1, terminated: true };
      i = NEXT_PART.lastIndex - 1;
    }
  }
  return { kind, end: text.length, terminated: false };
}

/** Block comments nest. */
function blockComment(text: string, start: number): Lexeme {
  let depth = 1;
  for (let i = start + 2; i < text.length; i++) {
    if (text[i] === '/' && text[i + 1] === '*') {
      depth++;
      i++;
    } else if (text[i] === '*' && text[i + 1] === '/') {
      depth--;
      i++;
      if (depth === 0) return { kind: 'block comment', end: i + 1, terminated: true };
    }
  }
  return { kind: 'block comment', end: text.length, terminated: false };
}

const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;

function dollarString(text: string, start: number): Lexeme | undefined {
  // `a$b$` is an identifier with dollar signs, not a string.
  if (start > 0 && /[A-Za-z0-9_$\u0080-\uffff]/.test(text[start - 1]!)) return undefined;
  DOLLAR_TAG.lastIndex = start;
  const tag = DOLLAR_TAG.exec(text)?.[0];
  if (tag === undefined) return undefined;
  const close = text.indexOf(tag, start + tag.length);
  return close === -1
    ? { kind: 'dollar string', end: text.length, terminated: false }
    : { kind: 'dollar string', end: close + tag.length, terminated: true };
}
