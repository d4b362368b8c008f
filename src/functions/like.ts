import { SqlValueError } from '../values/sql-error.ts';
import { BOOLEAN, VARCHAR } from '../values/types.ts';
import { define } from './define.ts';
import type { ScalarFunction } from './function.ts';

/** LIKE and ILIKE. Matching takes time proportional to text length times pattern length at worst. */

const ANY_RUN = Symbol('%');
const ANY_ONE = Symbol('_');
/** A backslash at the end of the pattern. It is an error if matching gets that far. */
const DANGLING = Symbol('\\');
type Token = string | typeof ANY_RUN | typeof ANY_ONE | typeof DANGLING;

function tokenize(pattern: string): Token[] {
  const tokens: Token[] = [];
  const characters = Array.from(pattern);
  for (let i = 0; i < characters.length; i++) {
    const c = characters[i]!;
    if (c === '%') {
      if (tokens.at(-1) !== ANY_RUN) tokens.push(ANY_RUN);
    } else if (c === '_') {
      tokens.push(ANY_ONE);
    } else if (c === '\\') {
      tokens.push(characters[++i] ?? DANGLING);
    } else {
      tokens.push(c);
    }
  }
  return tokens;
}

function matches(text: readonly string[], tokens: readonly Token[]): boolean {
  let t = 0;
  let p = 0;
  let runToken = -1;
  let runText = 0;
  while (t < text.length) {
    const token = tokens[p];
    if (token === DANGLING) {
      throw new SqlValueError('22023', 'LIKE pattern must not end with escape character');
    }
    if (token === ANY_RUN) {
      runToken = p++;
      runText = t;
    } else if (token !== undefined && (token === ANY_ONE || token === text[t])) {
      t++;
      p++;
    } else if (runToken >= 0) {
      p = runToken + 1; // the last % takes one more character
      t = ++runText;
    } else {
      return false;
    }
  }
  while (tokens[p] === ANY_RUN) p++;
  return p === tokens.length;
}

type Matcher = (text: string) => boolean;

function compile(pattern: string): Matcher {
  const tokens = tokenize(pattern);
  const inner = tokens.slice(
    tokens[0] === ANY_RUN ? 1 : 0,
    tokens.length > 1 && tokens.at(-1) === ANY_RUN ? -1 : undefined,
  );
  if (inner.every((token) => typeof token === 'string')) {
    const literal = inner.join('');
    const open = tokens[0] === ANY_RUN;
    const close = tokens.length > 0 && tokens.at(-1) === ANY_RUN;
    if (open && close) return (text) => text.includes(literal);
    if (open) return (text) => text.endsWith(literal);
    if (close) return (text) => text.startsWith(literal);
    return (text) => text === literal;
  }
  return (text) => matches(Array.from(text), tokens);
}

const MAX_CACHED = 256;
const compiled = new Map<string, Matcher>();

function matcher(pattern: string): Matcher {
  let found = compiled.get(pattern);
  if (found === undefined) {
    found = compile(pattern);
    if (compiled.size >= MAX_CACHED) compiled.clear();
    compiled.set(pattern, found);
  }
  return found;
}

function like(text: string, pattern: string): boolean {
  return matcher(pattern)(text);
}
function ilike(text: string, pattern: string): boolean {
  return matcher(pattern.toLowerCase())(text.toLowerCase());
}

/** Returns the pattern of `LIKE ... ESCAPE e` with a backslash in place of `e`. */
function likeEscape(pattern: string, escape: string): string {
  const [e, ...more] = Array.from(escape);
  if (more.length > 0)
    throw new SqlValueError('22023', 'invalid escape string: it must be empty or one character');
  let out = '';
  let escaped = false;
  for (const c of pattern) {
    if (!escaped && c === e) {
      out += '\\';
      escaped = true;
      continue;
    }
    out += c === '\\' && !escaped ? '\\\\' : c;
    escaped = false;
  }
  return out;
}

const TT = [VARCHAR, VARCHAR];

export const LIKE: readonly ScalarFunction[] = [
  define('like', TT, BOOLEAN, like),
  define('ilike', TT, BOOLEAN, ilike),
  define('!~~', TT, BOOLEAN, (text: string, pattern: string) => !like(text, pattern)),
  define('!~~*', TT, BOOLEAN, (text: string, pattern: string) => !ilike(text, pattern)),
  define('like_escape', TT, VARCHAR, likeEscape),
];
