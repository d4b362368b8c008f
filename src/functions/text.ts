// oxlint-disable-next-line no-restricted-imports -- hashing is a pure computation
import { createHash } from 'node:crypto';
import { checkLength, joinTexts } from '../values/size-limit.ts';
import { SqlValueError } from '../values/sql-error.ts';
import { BOOLEAN, BYTEA, BIGINT, INTEGER, VARCHAR } from '../values/types.ts';
import { define } from './define.ts';
import type { ScalarFunction } from './function.ts';

/** Functions of text. Positions and lengths count characters (code points), as in a UTF-8 database. */

const SURROGATE = /[\ud800-\udfff]/;

function charLength(s: string): number {
  if (!SURROGATE.test(s)) return s.length;
  let n = 0;
  for (let i = 0; i < s.length; i++) if ((s.charCodeAt(i) & 0xfc00) !== 0xdc00) n++;
  return n;
}

/** Returns the characters from `from` (inclusive) to `to` (exclusive), counted from 0. */
function slice(s: string, from: number, to: number): string {
  return SURROGATE.test(s) ? Array.from(s).slice(from, to).join('') : s.slice(from, to);
}

function substring(s: string, start: number, count: number): string {
  if (count < 0) throw new SqlValueError('22023', 'negative substring length not allowed');
  const end = start + count - 1;
  return end <= 0 ? '' : slice(s, Math.max(start - 1, 0), end);
}

function position(s: string, part: string): number {
  const at = s.indexOf(part);
  return at < 0 ? 0 : charLength(s.slice(0, at)) + 1;
}

function left(s: string, n: number): string {
  return n >= 0 ? slice(s, 0, n) : slice(s, 0, Math.max(charLength(s) + n, 0));
}
function right(s: string, n: number): string {
  const length = charLength(s);
  return n >= 0 ? slice(s, Math.max(length - n, 0), length) : slice(s, Math.min(-n, length), length);
}

function padding(s: string, n: number, fill: string): { readonly text: string; readonly pad: string } {
  checkLength(n);
  const length = charLength(s);
  if (length >= n) return { text: slice(s, 0, Math.max(n, 0)), pad: '' };
  if (fill === '') return { text: s, pad: '' };
  const missing = n - length;
  return { text: s, pad: slice(fill.repeat(Math.ceil(missing / charLength(fill))), 0, missing) };
}
function lpad(s: string, n: number, fill: string): string {
  const { text, pad } = padding(s, n, fill);
  return pad + text;
}
function rpad(s: string, n: number, fill: string): string {
  const { text, pad } = padding(s, n, fill);
  return text + pad;
}

function trim(s: string, characters: string, atStart: boolean, atEnd: boolean): string {
  const set = new Set(characters);
  const list = Array.from(s);
  let from = 0;
  let to = list.length;
  if (atStart) while (from < to && set.has(list[from]!)) from++;
  if (atEnd) while (to > from && set.has(list[to - 1]!)) to--;
  return from === 0 && to === list.length ? s : list.slice(from, to).join('');
}

function splitPart(s: string, delimiter: string, n: number): string {
  if (n === 0) throw new SqlValueError('22023', 'field position must not be zero');
  if (delimiter === '') return n === 1 || n === -1 ? s : '';
  const parts = s.split(delimiter);
  return parts[n > 0 ? n - 1 : parts.length + n] ?? '';
}

function initcap(s: string): string {
  return s.replace(/[\p{L}\p{N}]+/gu, (word) => {
    const [first = '', ...rest] = word;
    return first.toUpperCase() + rest.join('').toLowerCase();
  });
}

function repeat(s: string, n: number): string {
  if (n <= 0 || s === '') return '';
  checkLength(s.length * n);
  return s.repeat(n);
}

function concat(a: string, b: string): string {
  checkLength(a.length + b.length);
  return a + b;
}

function chr(code: number): string {
  if (code === 0) throw new SqlValueError('54000', 'null character not permitted');
  if (code < 0) throw new SqlValueError('22023', 'character number must be positive');
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
    throw new SqlValueError('54000', `requested character not valid: ${code}`);
  }
  return String.fromCodePoint(code);
}

function translate(s: string, from: string, to: string): string {
  const map = new Map<string, string>();
  const target = Array.from(to);
  Array.from(from).forEach((c, i) => {
    if (!map.has(c)) map.set(c, target[i] ?? '');
  });
  return Array.from(s, (c) => map.get(c) ?? c).join('');
}

function overlay(s: string, by: string, start: number, count: number): string {
  if (start <= 0) throw new SqlValueError('22023', 'negative substring length not allowed');
  return slice(s, 0, start - 1) + by + slice(s, Math.max(start - 1 + count, 0), charLength(s));
}

function toHex(n: bigint, bits: number): string {
  return BigInt.asUintN(bits, n).toString(16);
}

const T = VARCHAR;

export const TEXT: readonly ScalarFunction[] = [
  define('||', [T, T], T, concat),
  define('lower', [T], T, (s: string) => s.toLowerCase()),
  define('upper', [T], T, (s: string) => s.toUpperCase()),
  define('initcap', [T], T, initcap),
  ...['length', 'char_length', 'character_length'].map((name) => define(name, [T], INTEGER, charLength)),
  define('octet_length', [T], INTEGER, (s: string) => Buffer.byteLength(s)),
  define('bit_length', [T], INTEGER, (s: string) => Buffer.byteLength(s) * 8),
  define('length', [BYTEA], INTEGER, (b: Uint8Array) => b.length),
  define('octet_length', [BYTEA], INTEGER, (b: Uint8Array) => b.length),
  ...['substring', 'substr'].flatMap((name) => [
    define(name, [T, INTEGER, INTEGER], T, substring),
    define(name, [T, INTEGER], T, (s: string, start: number) => slice(s, Math.max(start - 1, 0), s.length)),
  ]),
  define('left', [T, INTEGER], T, left),
  define('right', [T, INTEGER], T, right),
  define('lpad', [T, INTEGER, T], T, lpad),
  define('lpad', [T, INTEGER], T, (s: string, n: number) => lpad(s, n, ' ')),
  define('rpad', [T, INTEGER, T], T, rpad),
  define('rpad', [T, INTEGER], T, (s: string, n: number) => rpad(s, n, ' ')),
  ...(
    [
      ['btrim', true, true],
      ['trim', true, true],
      ['ltrim', true, false],
      ['rtrim', false, true],
    ] as const
  ).flatMap(([name, atStart, atEnd]) => [
    define(name, [T], T, (s: string) => trim(s, ' ', atStart, atEnd)),
    define(name, [T, T], T, (s: string, characters: string) => trim(s, characters, atStart, atEnd)),
  ]),
  define('replace', [T, T, T], T, (s: string, from: string, to: string) =>
    from === '' ? s : joinTexts(s.split(from), to),
  ),
  define('translate', [T, T, T], T, translate),
  define('overlay', [T, T, INTEGER, INTEGER], T, overlay),
  define('overlay', [T, T, INTEGER], T, (s: string, by: string, start: number) =>
    overlay(s, by, start, charLength(by)),
  ),
  define('split_part', [T, T, INTEGER], T, splitPart),
  define('position', [T, T], INTEGER, position),
  define('strpos', [T, T], INTEGER, position),
  define('starts_with', [T, T], BOOLEAN, (s: string, prefix: string) => s.startsWith(prefix)),
  define('reverse', [T], T, (s: string) => Array.from(s).reverse().join('')),
  define('repeat', [T, INTEGER], T, repeat),
  define('chr', [INTEGER], T, chr),
  define('ascii', [T], INTEGER, (s: string) => s.codePointAt(0) ?? 0),
  define('to_hex', [INTEGER], T, (n: number) => toHex(BigInt(n), 32)),
  define('to_hex', [BIGINT], T, (n: bigint) => toHex(n, 64)),
  define('md5', [T], T, (s: string) => createHash('md5').update(s, 'utf8').digest('hex')),
  define('md5', [BYTEA], T, (b: Uint8Array) => createHash('md5').update(b).digest('hex')),
  define(
    'sha256',
    [BYTEA],
    BYTEA,
    (b: Uint8Array) => new Uint8Array(createHash('sha256').update(b).digest()),
  ),
];
