import type { Datum } from '../values/datum.ts';
import { checkLength } from '../values/size-limit.ts';
import { SqlValueError } from '../values/sql-error.ts';
import { arrayOf, BOOLEAN, INTEGER, VARCHAR } from '../values/types.ts';
import { define } from './define.ts';
import type { ScalarFunction } from './function.ts';
import { RegexpSearch } from './regexp-search.ts';

/**
 * POSIX regular expressions with the results of JavaScript's engine: of overlapping alternatives it takes the first
 * that matches, and PostgreSQL the longest. Patterns have at most 1000 characters, and texts at most 100,000, or fewer
 * if a search could take long (regexp-search.ts), so that no row holds up the others.
 */

interface Options {
  /** JavaScript's `i`, `s` and `m`. */
  readonly flags: string;
  /** Whether PostgreSQL's letter `g` was given. */
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

function test(text: string, pattern: string, letters: string): boolean {
  return RegexpSearch.of(pattern, parseOptions(letters).flags).test(text);
}

function match(text: string, pattern: string, letters: string): Datum {
  const options = parseOptions(letters);
  if (options.every) throw new SqlValueError('22023', 'regexp_match does not support the "global" option');
  const m = RegexpSearch.of(pattern, options.flags).first(text);
  if (m === undefined) return null;
  return m.groups.length === 1 ? [m.groups[0]!] : m.groups.slice(1).map((group) => group ?? null);
}

function substring(text: string, pattern: string): Datum {
  const m = RegexpSearch.of(pattern, 's').first(text);
  if (m === undefined) return null;
  return (m.groups.length === 1 ? m.groups[0] : m.groups[1]) ?? null;
}

function expand(replacement: string, groups: readonly (string | undefined)[]): string {
  if (!replacement.includes('\\')) return replacement;
  let length = replacement.length;
  return replacement.replace(/\\([1-9&\\])/g, (_, c: string) => {
    if (c === '\\') return '\\';
    const group = groups[c === '&' ? 0 : Number(c)] ?? '';
    checkLength((length += group.length));
    return group;
  });
}

function replace(text: string, pattern: string, replacement: string, letters: string): string {
  const options = parseOptions(letters);
  let out = '';
  let from = 0;
  for (const m of RegexpSearch.of(pattern, options.flags).all(text)) {
    const added = expand(replacement, m.groups);
    checkLength(out.length + added.length + text.length - from);
    out += text.slice(from, m.index) + added;
    from = m.index + m.groups[0]!.length;
    if (!options.every) break;
  }
  return out + text.slice(from);
}

function count(text: string, pattern: string, letters: string): number {
  let found = 0;
  for (const _ of RegexpSearch.of(pattern, parseOptions(letters).flags).all(text)) found++;
  return found;
}

function split(text: string, pattern: string, letters: string): Datum {
  const parts: string[] = [];
  let from = 0;
  for (const m of RegexpSearch.of(pattern, parseOptions(letters).flags).all(text)) {
    const whole = m.groups[0]!;
    // An empty match at an end of the text, or right after another match, separates nothing.
    if (whole === '' && (m.index === from || m.index === text.length)) continue;
    parts.push(text.slice(from, m.index));
    from = m.index + whole.length;
  }
  parts.push(text.slice(from));
  return parts;
}

const T = VARCHAR;
const TEXTS = arrayOf(VARCHAR);

/** Returns a check of the pattern, the second argument, and of the options at position `options`, if there are any. */
function checkPattern(options?: number): NonNullable<ScalarFunction['check']> {
  return (position, value) => {
    if (position === 1) RegexpSearch.of(value as string, '');
    if (position === options) parseOptions(value as string);
  };
}

function operator(name: string, impl: (text: string, pattern: string) => boolean): ScalarFunction {
  return define(name, [T, T], BOOLEAN, impl, { check: checkPattern() });
}

/** Returns the overload with options and the one without. */
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
