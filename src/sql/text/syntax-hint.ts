import { nearest } from '../did-you-mean.ts';
import { dialectHint } from './dialect-hint.ts';
import type { Token } from './tokens.ts';

export const SEMICOLON_HINT = 'a semicolon may be missing before it: every statement ends with one';

/** Returns what was most likely meant at token `at`, where parsing stopped; undefined without a good guess. */
export function syntaxHint(tokens: readonly Token[], at: number): string | undefined {
  const token = tokens[at];
  const before = tokens[at - 1];
  for (const t of [token, before]) {
    const odd = t === undefined ? undefined : oddCharacterHint(t.raw);
    if (odd !== undefined) return odd;
  }
  if (tokens.slice(0, at + 1).some((t) => t.raw === '`'))
    return 'names are quoted with "...", not with `...`';
  if (before !== undefined && token?.kind === 'word' && token.value === 'create') {
    return SEMICOLON_HINT;
  }
  if (before?.raw === ',') return 'there may be a comma too many before it';
  if (before?.kind === 'word' && before.value === 'interval' && token?.kind === 'number') {
    const unit = tokens[at + 1];
    const named = unit?.kind === 'word' && !unit.reserved;
    return `quote the amount: INTERVAL '${token.raw} ${named ? unit.value : 'days'}'`;
  }
  return (
    unitHint(tokens, at) ??
    dialectHint(tokens, at) ??
    [token, before].map(misspeltKeyword).find((hint) => hint !== undefined) ??
    unclosedHint(tokens, at)
  );
}

/**
 * Units that belong inside an interval's quotes. The value is the keyword that may follow the quotes instead
 * (`INTERVAL '5' MINUTE`), or '' if there is none.
 */
const UNITS: ReadonlyMap<string, string> = new Map([
  ...['YEAR', 'MONTH', 'DAY', 'HOUR', 'MINUTE', 'SECOND'].map(
    (unit) => [`${unit.toLowerCase()}s`, unit] as const,
  ),
  ...['week', 'millisecond', 'microsecond', 'decade'].flatMap((unit) => [
    [unit, ''] as const,
    [`${unit}s`, ''] as const,
  ]),
  ...['ms', 'us', 'sec', 'secs', 'min', 'mins', 'hr', 'hrs', 'century', 'centuries'].map(
    (unit) => [unit, ''] as const,
  ),
]);

/**
 * Returns what to write where token `at` is a unit after an interval's text (`INTERVAL '5' MINUTES`) or after a number
 * that is added (`day + 3 MONTHS`); otherwise undefined. PostgreSQL takes such a unit as a column alias where it can.
 */
export function unitHint(tokens: readonly Token[], at: number): string | undefined {
  const token = tokens[at];
  const amount = tokens[at - 1];
  if (token?.kind !== 'word' || amount === undefined) return undefined;
  const isQuarter = token.value === 'quarter' || token.value === 'quarters';
  const unit = isQuarter ? '' : UNITS.get(token.value);
  if (unit === undefined) return undefined;
  const [sign, left] = [tokens[at - 2], tokens[at - 3]];
  const isText = amount.kind === 'string' && isInterval(sign);
  const isAdded = amount.kind === 'number' && (sign?.raw === '+' || sign?.raw === '-') && isOperand(left);
  if (!isText && !isAdded) return undefined;
  if (isQuarter) return "a quarter is three months: INTERVAL '3 months'";
  const ours = `write INTERVAL '${amount.value} ${token.value}'`;
  if (isAdded) return `${ours}; to use the word as a name, write AS ${token.raw}`;
  return unit === '' ? ours : `${ours}, or INTERVAL '${amount.value}' ${unit}`;
}

function isOperand(token: Token | undefined): boolean {
  return (
    token !== undefined &&
    !token.reserved &&
    (token.kind !== 'symbol' || token.raw === ')' || token.raw === ']')
  );
}

function isInterval(token: Token | undefined): boolean {
  return token?.kind === 'word' && token.value === 'interval';
}

/** Keywords at which a CASE or bracket that is still open is the likely mistake. */
const AFTER_CLOSED = ['as', 'from', 'where', 'group', 'order', 'having', 'limit'];

function unclosedHint(tokens: readonly Token[], at: number): string | undefined {
  const token = tokens[at];
  if (token !== undefined && !(token.kind === 'word' && AFTER_CLOSED.includes(token.value))) return undefined;
  const open: Token[] = [];
  for (const t of tokens.slice(0, at)) {
    if (t.raw === '(' || t.raw === '[' || (t.kind === 'word' && t.value === 'case')) open.push(t);
    else if (t.raw === ')' || t.raw === ']' || (t.kind === 'word' && t.value === 'end')) open.pop();
  }
  const last = open.at(-1);
  if (last === undefined) return undefined;
  return last.kind === 'word'
    ? 'close CASE with END'
    : `a "${last.raw === '(' ? ')' : ']'}" may be missing before it`;
}

/** Keywords that a misspelt word is compared with. */
const KEYWORDS = [
  'select',
  'distinct',
  'from',
  'where',
  'group',
  'having',
  'order',
  'limit',
  'join',
  'union',
  'case',
  'when',
  'then',
  'else',
  'between',
  'partition',
  'filter',
  'interval',
];

function misspeltKeyword(token: Token | undefined): string | undefined {
  if (token?.kind !== 'word' || KEYWORDS.includes(token.value)) return undefined;
  const meant = nearest(token.value, KEYWORDS);
  return meant === undefined ? undefined : `did you mean ${meant.toUpperCase()} instead of "${token.raw}"?`;
}

/** Characters that word processors and web pages put in place of similar ones. `@` is the code point found. */
const LOOKALIKES: readonly (readonly [RegExp, string])[] = [
  [/[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/u, 'a special space (@): type a plain one'],
  [/[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u, 'an invisible character (@): remove it'],
  [/[\u2018\u2019\u201a\u201b\u2032\uff07]/u, "a typographic quote (@): text is quoted with '...'"],
  [/[\u201c-\u201f\u2033\u00ab\u00bb\uff02]/u, 'a typographic quote (@): names are quoted with "..."'],
  [/[\u2010-\u2015\u2212\uff0d]/u, 'a typographic dash (@): type a plain minus, -'],
  [/[\uff08\uff09\uff0c\uff1b\uff1d]/u, 'a full-width character (@): type the plain one'],
];
const CONTROL: (typeof LOOKALIKES)[number] = [
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000e-\u001f\u007f]/u,
  "a control character (@): remove it, or write it as an escape, E'\\x1B'",
];

/**
 * Returns a hint if a token holds a character that nobody types on purpose; otherwise undefined. In a string, only
 * control characters count.
 */
export function oddCharacterHint(raw: string): string | undefined {
  for (const [pattern, hint] of raw.includes("'") ? [CONTROL] : [...LOOKALIKES, CONTROL]) {
    const found = pattern.exec(raw)?.[0];
    if (found === undefined) continue;
    const code = found.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
    return `it holds ${hint.replace('@', `U+${code}`)}`;
  }
  return undefined;
}
