import { quote } from '../values/quote.ts';
import { SqlValueError } from '../values/sql-error.ts';

const MAX_PATTERN = 1000;

/** POSIX classes as members of a bracket expression. */
const CLASSES: Readonly<Record<string, string>> = {
  alpha: '\\p{L}',
  digit: '0-9',
  alnum: '\\p{L}\\p{N}',
  upper: '\\p{Lu}',
  lower: '\\p{Ll}',
  space: '\\s',
  blank: ' \\t',
  punct: '!-\\/:-@\\[-`\\{-~',
  xdigit: '0-9A-Fa-f',
  cntrl: '\\x00-\\x1f\\x7f',
  print: '\\x20-\\x7e\\u00a0-\\u{10ffff}',
  graph: '\\x21-\\x7e\\u00a1-\\u{10ffff}',
  word: '\\p{L}\\p{N}_',
};

/** The characters of \w: letters and digits of any script, and the underscore. */
const WORD = '\\p{L}\\p{N}_';
const WORD_START = `(?<![${WORD}])(?=[${WORD}])`;
const WORD_END = `(?<=[${WORD}])(?![${WORD}])`;

/** PostgreSQL's escapes that JavaScript does not have, each with its JavaScript form. */
const ESCAPES: Readonly<Record<string, string>> = {
  w: `[${WORD}]`,
  W: `[^${WORD}]`,
  y: `(?:${WORD_START}|${WORD_END})`,
  Y: `(?!${WORD_START}|${WORD_END})`,
  m: WORD_START,
  M: WORD_END,
  A: '(?<![\\s\\S])',
  Z: '(?![\\s\\S])',
  a: '\\x07',
  e: '\\x1b',
};
const SAME_ESCAPES = /^[dDsSnrtfvbcux0-9]$/;

function invalid(pattern: string, why: string): SqlValueError {
  return new SqlValueError('2201B', `invalid regular expression ${quote(pattern)}: ${why}`);
}

function escape(pattern: string, c: string | undefined, inBrackets: boolean): string {
  if (c === undefined) throw invalid(pattern, 'it ends with a backslash');
  const own = inBrackets ? undefined : ESCAPES[c];
  if (own !== undefined) return own;
  if (c === 'w') return WORD;
  if (c === 'W') throw new SqlValueError('0A000', '\\W within brackets is not supported');
  if (!inBrackets && c === 'b') throw invalid(pattern, 'use \\y for a word boundary');
  if (c === 'B') return '\\\\'; // in PostgreSQL, \B is another way to write a backslash
  if (SAME_ESCAPES.test(c)) return `\\${c}`;
  if (/[A-Za-z]/.test(c)) throw invalid(pattern, `unknown escape \\${c}`);
  return /[\^$\\.*+?()[\]{}|/-]/.test(c) && (inBrackets || c !== '-') ? `\\${c}` : c;
}

/** Translates `\x` with all hexadecimal digits after it; undefined for another escape. `length` counts the pattern. */
function hexEscape(
  pattern: string,
  at: number,
): { readonly text: string; readonly length: number } | undefined {
  const m = /^\\x([0-9a-fA-F]+)/.exec(pattern.slice(at));
  if (m === null) return undefined;
  if (parseInt(m[1]!, 16) > 0x10ffff) throw invalid(pattern, 'invalid escape \\ sequence');
  return { text: `\\u{${m[1]!}}`, length: m[0].length };
}

/** How a pattern treats line feeds; no other character ends a line. */
export interface LineModes {
  /** Whether `.` and `[^...]` do not match a line feed. */
  readonly within: boolean;
  /** Whether `^` and `$` match after and before a line feed. */
  readonly atEnds: boolean;
}

/** Translates `[...]` from its opening bracket. Returns the translation, and the offset after the closing bracket. */
function bracket(
  pattern: string,
  start: number,
  lines: LineModes,
): { readonly text: string; readonly end: number } {
  let at = start + 1;
  let out = '[';
  if (pattern[at] === '^') {
    out += lines.within ? '^\\n' : '^';
    at++;
  }
  for (let first = true; ; first = false) {
    const c = pattern[at];
    if (c === undefined) throw invalid(pattern, 'brackets [] not balanced');
    if (c === ']' && !first) return { text: `${out}]`, end: at + 1 };
    const named = /^\[:([a-z]+):\]/.exec(pattern.slice(at, at + 12));
    if (named !== null) {
      const members = CLASSES[named[1]!];
      if (members === undefined) throw invalid(pattern, `unknown character class ${named[1]!}`);
      out += members;
      at += named[0].length;
    } else if (/^\[[.:=]/.test(pattern.slice(at, at + 2))) {
      if (pattern[at + 1] === ':') throw invalid(pattern, 'unknown character class');
      throw new SqlValueError('0A000', 'collating elements ([. .] and [= =]) are not supported');
    } else if (c === '\\') {
      const hex = hexEscape(pattern, at);
      out += hex?.text ?? escape(pattern, pattern[at + 1], true);
      at += hex?.length ?? 2;
    } else {
      out += c === '[' || c === ']' ? `\\${c}` : c;
      at++;
    }
  }
}

const QUANTIFIER = /^(?:[*+?]|\{(\d+)(?:,(\d*))?\})\??/;
/** PostgreSQL's limit for repetition counts. */
const MAX_REPEAT = 255;

function oneOf(c: string, lines: LineModes): string {
  if (c === '.' && lines.within) return '[^\\n]';
  if (c === '^' && lines.atEnds) return '(?<![^\\n])';
  if (c === '$' && lines.atEnds) return '(?![^\\n])';
  return c === '{' || c === '}' || c === ']' || c === '/' ? `\\${c}` : c;
}

/**
 * Translates a PostgreSQL regular expression to the source of a JavaScript one with the flags `u` and `s`. Throws 2201B
 * if it is invalid, 54000 if it is too long, and 0A000 for what is not supported.
 */
export function translatePattern(pattern: string, lines: LineModes): string {
  if (pattern.length > MAX_PATTERN) {
    throw new SqlValueError('54000', `regular expression too long (at most ${MAX_PATTERN} characters)`);
  }
  if (/^(?:\*\*\*|\(\?[a-z]+\))/.test(pattern)) {
    throw new SqlValueError(
      '0A000',
      'embedded options in a regular expression are not supported; pass them as flags',
    );
  }
  let out = '';
  let at = 0;
  let open = 0;
  while (at < pattern.length) {
    const c = pattern[at]!;
    let piece: string;
    if (c === '\\') {
      const hex = hexEscape(pattern, at);
      piece = hex?.text ?? escape(pattern, pattern[at + 1], false);
      at += hex?.length ?? 2;
    } else if (/^\[\[:[<>]:\]\]/.test(pattern.slice(at, at + 7))) {
      piece = pattern[at + 3] === '<' ? WORD_START : WORD_END;
      at += 7;
    } else if (c === '[') {
      const { text, end } = bracket(pattern, at, lines);
      piece = text;
      at = end;
    } else if (c === '(') {
      const head = /^\((?:\?(?::|=|!|<=|<!))?/.exec(pattern.slice(at, at + 4))![0];
      out += head;
      at += head.length;
      open++;
      continue;
    } else if (c === ')') {
      if (open === 0) throw invalid(pattern, 'parentheses () not balanced');
      open--;
      piece = c;
      at++;
    } else {
      // A quantifier after an operand has been read with the operand.
      if (/^\{\d/.test(pattern.slice(at, at + 2))) {
        throw invalid(pattern, 'braces {} not balanced, or without operand');
      }
      piece = oneOf(c, lines);
      at++;
    }
    out += piece;
    const quantifier = QUANTIFIER.exec(pattern.slice(at));
    if (quantifier === null) continue;
    if (c === '|' || c === '^') throw invalid(pattern, 'quantifier operand invalid');
    if (Math.max(Number(quantifier[1] ?? 0), Number(quantifier[2] ?? 0)) > MAX_REPEAT) {
      throw invalid(pattern, 'invalid repetition count(s)');
    }
    out += quantifier[0];
    at += quantifier[0].length;
  }
  return out;
}
