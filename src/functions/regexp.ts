import type { Datum } from '../values/datum.ts';
import { SqlValueError } from '../values/sql-error.ts';
import { arrayOf, BOOLEAN, INTEGER, VARCHAR } from '../values/types.ts';
import { define } from './define.ts';
import type { ScalarFunction } from './function.ts';
import { translatePattern } from './regexp-pattern.ts';

/**
 * POSIX regular expressions by JavaScript's engine. Where alternatives overlap, JavaScript takes the first that
 * matches, PostgreSQL the longest. Patterns have at most 1000 characters and no unbounded repetition inside another
 * (which could take exponential time); texts at most 100,000.
 */
const MAX_TEXT = 100_000;
const MAX_CACHED = 256;
const compiled = new Map<string, RegExp>();

interface Options {
  /** PostgreSQL's letters; `g` is the caller's. */
  readonly flags: string;
  readonly every: boolean;
}

function parseOptions(letters: string): Options {
  let js = '';
  let dotAll = true;
  let multiline = false;
  let every = false;
  for (const c of letters) {
    if (c === 'g') every = true;
    else if (c === 'i') js = 'i';
    else if (c === 'c') js = '';
    else if (c === 's') [dotAll, multiline] = [true, false];
    else if (c === 'n' || c === 'm') [dotAll, multiline] = [false, true];
    else if (c === 'p') [dotAll, multiline] = [false, false];
    else if (c === 'w') [dotAll, multiline] = [true, true];
    else
      throw new SqlValueError(
        '22023',
        `invalid or unsupported regular expression option: ${JSON.stringify(c)}`,
      );
  }
  return { flags: `${js}${dotAll ? 's' : ''}${multiline ? 'm' : ''}`, every };
}

function regExp(pattern: string, flags: string): RegExp {
  const key = `${flags}/${pattern}`;
  let found = compiled.get(key);
  if (found === undefined) {
    try {
      found = new RegExp(translatePattern(pattern), `gu${flags}`);
    } catch (error) {
      if (error instanceof SqlValueError) throw error;
      throw new SqlValueError('2201B', `invalid regular expression: ${JSON.stringify(pattern)}`);
    }
    if (compiled.size >= MAX_CACHED) compiled.clear();
    compiled.set(key, found);
  }
  found.lastIndex = 0;
  return found;
}

function checkText(text: string): string {
  if (text.length > MAX_TEXT) {
    throw new SqlValueError(
      '54000',
      `text too long for a regular expression (at most ${MAX_TEXT} characters)`,
    );
  }
  return text;
}

function test(text: string, pattern: string, letters: string): boolean {
  return regExp(pattern, parseOptions(letters).flags).test(checkText(text));
}

function match(text: string, pattern: string, letters: string): Datum {
  const options = parseOptions(letters);
  if (options.every) throw new SqlValueError('22023', 'regexp_match does not support the "global" option');
  const m = regExp(pattern, options.flags).exec(checkText(text));
  if (m === null) return null;
  return m.length === 1 ? [m[0]] : m.slice(1).map((group) => group ?? null);
}

function substring(text: string, pattern: string): Datum {
  const m = regExp(pattern, 's').exec(checkText(text));
  if (m === null) return null;
  return (m.length === 1 ? m[0] : m[1]) ?? null;
}

function expand(replacement: string, groups: readonly (string | undefined)[]): string {
  return replacement.replace(/\\([1-9&\\])/g, (_, c: string) => {
    if (c === '\\') return '\\';
    return groups[c === '&' ? 0 : Number(c)] ?? '';
  });
}

function replace(text: string, pattern: string, replacement: string, letters: string): string {
  const options = parseOptions(letters);
  const expression = regExp(pattern, options.flags);
  checkText(text);
  let out = '';
  let from = 0;
  for (const m of text.matchAll(expression)) {
    out += text.slice(from, m.index) + expand(replacement, m);
    from = m.index + m[0].length;
    if (!options.every) break;
  }
  return out + text.slice(from);
}

function count(text: string, pattern: string, letters: string): number {
  return [...checkText(text).matchAll(regExp(pattern, parseOptions(letters).flags))].length;
}

function split(text: string, pattern: string, letters: string): Datum {
  const parts: string[] = [];
  let from = 0;
  for (const m of checkText(text).matchAll(regExp(pattern, parseOptions(letters).flags))) {
    const end = m.index + m[0].length;
    // An empty match at the ends, or right behind another match, separates nothing.
    if (m[0] === '' && (m.index === from || m.index === text.length)) continue;
    parts.push(text.slice(from, m.index));
    from = end;
  }
  parts.push(text.slice(from));
  return parts;
}

const T = VARCHAR;
const TEXTS = arrayOf(VARCHAR);

/** The pattern is the second argument, the options are the one at `options`, if there are any. */
function checkPattern(options?: number): NonNullable<ScalarFunction['check']> {
  return (position, value) => {
    if (position === 1) regExp(value as string, '');
    if (position === options) parseOptions(value as string);
  };
}

function operator(name: string, impl: (text: string, pattern: string) => boolean): ScalarFunction {
  return define(name, [T, T], BOOLEAN, impl, { check: checkPattern() });
}

/** The overload with options, and the one without. */
function withOptions(
  name: string,
  args: number,
  returns: typeof T | typeof TEXTS | typeof BOOLEAN | typeof INTEGER,
  impl: (...args: string[]) => Datum,
): ScalarFunction[] {
  const types = Array.from({ length: args }, () => T);
  return [
    define(name, [...types, T], returns, impl, { check: checkPattern(args) }),
    define(name, types, returns, (...values: string[]) => impl(...values, ''), { check: checkPattern() }),
  ];
}

export const REGEXP: readonly ScalarFunction[] = [
  operator('~', (text, pattern) => test(text, pattern, '')),
  operator('~*', (text, pattern) => test(text, pattern, 'i')),
  operator('!~', (text, pattern) => !test(text, pattern, '')),
  operator('!~*', (text, pattern) => !test(text, pattern, 'i')),
  define('substring', [T, T], T, substring, { check: checkPattern() }),
  ...withOptions('regexp_like', 2, BOOLEAN, test as (...args: string[]) => Datum),
  ...withOptions('regexp_match', 2, TEXTS, match as (...args: string[]) => Datum),
  ...withOptions('regexp_replace', 3, T, replace as (...args: string[]) => Datum),
  ...withOptions('regexp_split_to_array', 2, TEXTS, split as (...args: string[]) => Datum),
  define('regexp_count', [T, T], INTEGER, (text: string, pattern: string) => count(text, pattern, ''), {
    check: checkPattern(),
  }),
];
