import type { Field } from '../fields.ts';

/**
 * The source text of a scanner's parts. Safe by construction: the only things ever put into the text are integers
 * (checked by `int`), so no name or value from SQL or from data can become code.
 *
 * Variables of the generated function: `b`, `dv` bytes and a DataView of them; `p` position; `end` end of the record;
 * `s` start of the value; `row` row being written; `f` 1 once a value was taken; c q w x y z d k h scratch.
 * `break run` leaves the loop over records: the record at hand is read by the exact path instead.
 */

/** An integer as source text. */
export function int(n: number): string {
  if (!Number.isSafeInteger(n)) throw new Error(`not an integer: ${n}`);
  return String(n);
}

const ANY_QUOTE_ESCAPE_CONTROL = `x = w ^ 0x22222222; y = w ^ 0x5c5c5c5c;
      z = ((x - 0x01010101) & ~x) | ((y - 0x01010101) & ~y) | ((w - 0x20202020) & ~w);`;
const HIGH_BITS = int(0x80808080 | 0);
const NULL_WORD = int(word('null'));

function word(text: string): number {
  return new DataView(new TextEncoder().encode(text).buffer).getInt32(0, true);
}

/** Checks that the bytes at `p` are `literal`, four at a time, and steps over them. */
export function literalCode(literal: Uint8Array, last: boolean): string {
  const n = literal.length;
  const view = new DataView(literal.buffer, literal.byteOffset, n);
  const differs: string[] = [];
  if (n >= 4) {
    for (let i = 0; i + 4 <= n; i += 4)
      differs.push(`dv.getInt32(p + ${int(i)}, true) !== ${int(view.getInt32(i, true))}`);
    if (n % 4 !== 0)
      differs.push(`dv.getInt32(p + ${int(n - 4)}, true) !== ${int(view.getInt32(n - 4, true))}`);
  } else {
    for (let i = 0; i < n; i++) differs.push(`b[p + ${int(i)}] !== ${int(literal[i]!)}`);
  }
  const room = `p + ${int(n)} ${last ? '!==' : '>'} end`;
  return `if (${[room, ...differs].join(' || ')}) break run;\np += ${int(n)};`;
}

/** Steps over a value that nobody reads; it must still be well-formed. */
export function skipCode(stringOnly: boolean, other: string): string {
  return `s = p; f = 0;
  if (b[p] === 34) {
    p++;
    while (p < end) {
      w = dv.getInt32(p, true); ${ANY_QUOTE_ESCAPE_CONTROL}
      if (((z | w) & ${HIGH_BITS}) !== 0) break;
      p += 4;
    }
    while (p < end && (c = b[p]) !== 34 && c !== 92 && c >= 32 && c < 128) p++;
    if (p < end && c === 34) { p++; f = 1; }
    ${stringOnly ? '' : 'else { p = skip(s, end); if (p < 0) break run; f = 1; }'}
  }
  if (f === 0) { p = ${other}; if (p < 0) break run; }`;
}

/** Reads the value at `p` into its column. `k` is the field's number, for `other`. */
export function valueCode(field: Field, k: number): string {
  const v = `v${int(k)}`;
  const fast = FAST[field.type.kind]?.(v, int(k)) ?? '';
  const nullable = field.notNull
    ? ''
    : `if (dv.getInt32(s, true) === ${NULL_WORD}) { ${nullCode(field, k)} p = s + 4; } else `;
  return `s = p; f = 0;
  value: {
    ${fast}
  }
  if (f === 1) n${int(k)}[row] = 0;
  else { ${nullable}{ p = other(${int(k)}, row, s, end); if (p < 0) break run; } }`;
}

/** Makes the field NULL in the row. */
export function nullCode(field: Field, k: number): string {
  const n = `n${int(k)}[row] = 1;`;
  switch (LAYOUT[field.type.kind]) {
    case 'words':
      return `${n} w${int(k)}[2 * row] = 0; w${int(k)}[2 * row + 1] = 0;`;
    case 'limbs':
      return `${n} v${int(k)}[row] = 0; f1_${int(k)}[row] = 0; f2_${int(k)}[row] = 0;`;
    case 'refs':
      return `${n} r${int(k)}[row] = null;`;
    default:
      return `${n} v${int(k)}[row] = 0;`;
  }
}

/** Puts a column's arrays into locals; they are replaced when it grows, so this is done on each call. */
export function columnCode(field: Field, k: number): string {
  const column = `columns[${int(field.column)}]`;
  const n = `const n${int(k)} = ${column}.nulls`;
  switch (LAYOUT[field.type.kind]) {
    case 'words':
      return `${n}, w${int(k)} = ${column}.w;`;
    case 'limbs':
      return `${n}, v${int(k)} = ${column}.v, f1_${int(k)} = ${column}.f1, f2_${int(k)} = ${column}.f2;`;
    case 'refs':
      return `${n}, r${int(k)} = ${column}.refs;`;
    default:
      return `${n}, v${int(k)} = ${column}.v;`;
  }
}

const LAYOUT: Readonly<Record<string, 'words' | 'limbs' | 'refs'>> = {
  bigint: 'words',
  numeric: 'limbs',
  bytea: 'refs',
  interval: 'refs',
  jsonb: 'refs',
  array: 'refs',
};

const SIGN_AND_DIGITS = `q = b[p] === 45 ? ++p : p;
    x = 0;
    while ((c = b[p] - 48) >= 0 && c <= 9) { x = x * 10 + c; p++; }
    d = p - q;`;
const LEADING_ZERO = `(d > 1 && b[q] === 48)`;

function integerCode(v: string, digits: number, limit: string): string {
  return `q = b[p] === 45 ? ++p : p;
    w = 0;
    while ((c = b[p] - 48) >= 0 && c <= 9) { w = (w * 10 + c) | 0; p++; }
    d = p - q;
    if (d === 0 || d > ${int(digits)} || ${LEADING_ZERO}${limit}) break value;
    ${v}[row] = q === s ? w : -w;
    f = 1;`;
}

/** Text is hashed as it is scanned, exactly as `hashBytes` does: whole words, then the bytes that are left. */
function varcharCode(v: string): string {
  return `if (b[p] !== 34) break value;
    q = ++p; h = ${int(0x811c9dc5 | 0)};
    while (p < end) {
      w = dv.getInt32(p, true); ${ANY_QUOTE_ESCAPE_CONTROL}
      if ((z & ${HIGH_BITS}) !== 0) break;
      h = Math.imul(h ^ w, ${int(0x9e3779b1 | 0)}); h ^= h >>> 15;
      p += 4;
    }
    while (p < end && (c = b[p]) !== 34 && c !== 92 && c >= 32) { h = Math.imul(h ^ c, ${int(0x01000193)}); p++; }
    if (p >= end || c !== 34) break value;
    w = pool.internBytes(b, q, p, h ^ (h >>> 13));
    if (w < 0) break run;
    ${v}[row] = w;
    p++; f = 1;`;
}

/** The date of a quoted ISO time or date; its day number is remembered as long as the ten bytes stay the same. */
function dayCode(k: string): string {
  const cache = `day${k}`;
  return `if (b[p] !== 34 || p + 12 > end) break value;
    if (dv.getInt32(p + 1, true) !== ${cache}.d0 || dv.getInt32(p + 5, true) !== ${cache}.d1
      || dv.getInt32(p + 7, true) !== ${cache}.d2) { if (!${cache}.load(b, dv, p + 1)) break value; }`;
}

function timestampCode(v: string, k: string): string {
  return `${dayCode(k)}
    if (p + 21 > end || ((c = b[p + 11]) !== 84 && c !== 32)) break value;
    x = dv.getInt32(p + 12, true) ^ 0x303a3030; y = dv.getInt32(p + 16, true) ^ 0x30303a30;
    if (((((x + 0x06000606) | x) & ${int(0xf0fff0f0 | 0)}) | (((y + 0x06060006) | y) & ${int(0xf0f0fff0 | 0)})) !== 0)
      break value;
    q = (x & 255) * 10 + ((x >>> 8) & 255); w = (x >>> 24) * 10 + (y & 255); z = ((y >>> 16) & 255) * 10 + (y >>> 24);
    if (q > 23 || w > 59 || z > 59) break value;
    q = (q * 60 + w) * 60 + z;
    w = 0; p += 20;
    if (b[p] === 46) {
      d = ++p;
      while ((c = b[p] - 48) >= 0 && c <= 9) { w = (w * 10 + c) | 0; p++; }
      d = p - d;
      if (d === 0 || d > 6) break value;
      while (d < 6) { w *= 10; d++; }
    }
    if (b[p] === 90) p++;
    if (b[p] !== 34) break value;
    ${v}[row] = day${k}.day_us + q * 1000000 + w;
    p++; f = 1;`;
}

/** Digits after the point go to two limbs of 14; a negative value is its floor plus a positive fraction. */
function numericCode(v: string, k: string): string {
  return `${SIGN_AND_DIGITS}
    if (d === 0 || d > 15 || ${LEADING_ZERO}) break value;
    y = 0; z = 0;
    if (b[p] === 46) {
      w = ++p;
      while (p - w < 14 && (c = b[p] - 48) >= 0 && c <= 9) { y = y * 10 + c; p++; }
      h = p - w;
      if (h === 0) break value;
      y *= pow10[14 - h];
      if (h === 14) {
        w = p;
        while (p - w < 14 && (c = b[p] - 48) >= 0 && c <= 9) { z = z * 10 + c; p++; }
        h += p - w;
        z *= pow10[28 - h];
      }
      if (d + h > 28 || (h === 28 && (c = b[p] - 48) >= 0 && c <= 9)) break value;
    }
    if ((b[p] | 32) === 101) break value;
    if (q !== s) {
      x = -x;
      if (z > 0) { z = 100000000000000 - z; y = 99999999999999 - y; x -= 1; }
      else if (y > 0) { y = 100000000000000 - y; x -= 1; }
    }
    ${v}[row] = x + 0; f1_${k}[row] = y; f2_${k}[row] = z;
    f = 1;`;
}

/** Up to 15 digits over a power of ten up to 10^15 is one correctly rounded division. */
const DOUBLE_CODE = (v: string): string => `${SIGN_AND_DIGITS}
    if (d === 0 || ${LEADING_ZERO}) break value;
    h = 0;
    if (b[p] === 46) {
      w = ++p;
      while ((c = b[p] - 48) >= 0 && c <= 9) { x = x * 10 + c; p++; }
      h = p - w;
      if (h === 0) break value;
    }
    if (d + h > 15 || (b[p] | 32) === 101) break value;
    if (h > 0) x /= pow10[h];
    ${v}[row] = (q === s ? x : -x) + 0;
    f = 1;`;

/** Takes what producers usually write; all else goes to `other`. Sets `f` when the value was taken. */
const FAST: Readonly<Record<string, (v: string, k: string) => string>> = {
  smallint: (v) => integerCode(v, 5, ' || w > 32767'),
  integer: (v) => integerCode(v, 9, ''),
  bigint: (_, k) => `${SIGN_AND_DIGITS}
    if (d === 0 || ${LEADING_ZERO}) break value;
    if (d <= 15) { h = (x / 4294967296) | 0; w = x | 0; if (q !== s) { h = w === 0 ? -h : ~h; w = -w | 0; } }
    else if (d > 19 || !wide.read(b, q, p, q !== s)) break value;
    else { h = wide.high; w = wide.low; }
    w${k}[2 * row] = w; w${k}[2 * row + 1] = h;
    f = 1;`,
  numeric: numericCode,
  double: DOUBLE_CODE,
  varchar: varcharCode,
  boolean: (v) => `w = dv.getInt32(p, true);
    if (w === ${int(word('true'))}) { ${v}[row] = 1; p += 4; f = 1; }
    else if (w === ${int(word('fals'))} && b[p + 4] === 101) { ${v}[row] = 0; p += 5; f = 1; }`,
  date: (v, k) => `${dayCode(k)}
    if (b[p + 11] !== 34) break value;
    ${v}[row] = day${k}.day;
    p += 12; f = 1;`,
  timestamp: timestampCode,
  timestamptz: timestampCode,
};
