import { ANY_QUOTE_ESCAPE_CONTROL, HIGH_BITS, int, word } from './source-text.ts';

/**
 * Returns source text that reads one value of a type at `p`; scan-code.ts names the variables. The code takes what
 * producers usually write and sets `f` to 1. For any other value it does `break value`, and the exact reader decides.
 * The text is empty for types that have no fast code.
 */
export function fastValueCode(kind: string, k: number): string {
  return FAST[kind]?.(`v${int(k)}`, int(k)) ?? '';
}

/** Sets `g` to 1 for a minus sign, `e` to the digits' value, `d` to their number, `q` to the position of the first. */
const SIGN_AND_DIGITS = `g = b[p] === 45 ? 1 : 0;
    q = p += g;
    e = 0;
    while ((c = b[p] - 48) >= 0 && c <= 9) { e = e * 10 + c; p++; }
    d = p - q;
    if (d === 0 || (d > 1 && b[q] === 48)) break value;`;

/** Numbers may be quoted: some producers quote them to protect their digits. */
const OPEN_QUOTE = 't = b[p] === 34 ? 1 : 0; p += t;';
const CLOSE_QUOTE = 'if (t === 1) { if (b[p] !== 34) break value; p++; }';

function integerCode(v: string, digits: number, limit: string): string {
  return `${SIGN_AND_DIGITS}
    if (d > ${int(digits)}${limit}) break value;
    ${v}[row] = g === 0 ? e : -e;
    f = 1;`;
}

function bigintCode(_v: string, k: string): string {
  return `${OPEN_QUOTE}
    ${SIGN_AND_DIGITS}
    if (d <= 15) { h = (e / 4294967296) | 0; w = e | 0; if (g === 1) { h = w === 0 ? -h : ~h; w = -w | 0; } }
    else if (d > 19 || !wide.read(b, q, p, g === 1)) break value;
    else { h = wide.high; w = wide.low; }
    ${CLOSE_QUOTE}
    w${k}[2 * row] = w; w${k}[2 * row + 1] = h;
    f = 1;`;
}

/** Digits after the point go to two limbs of 14; a negative value is its floor plus a positive fraction. */
function numericCode(v: string, k: string): string {
  return `${OPEN_QUOTE}
    ${SIGN_AND_DIGITS}
    if (d > 15) break value;
    u = 0; r = 0;
    if (b[p] === 46) {
      w = ++p;
      while (p - w < 14 && (c = b[p] - 48) >= 0 && c <= 9) { u = u * 10 + c; p++; }
      h = p - w;
      if (h === 0) break value;
      u *= pow10[14 - h];
      if (h === 14) {
        w = p;
        while (p - w < 14 && (c = b[p] - 48) >= 0 && c <= 9) { r = r * 10 + c; p++; }
        h += p - w;
        r *= pow10[28 - h];
      }
      if (d + h > 28 || (h === 28 && (c = b[p] - 48) >= 0 && c <= 9)) break value;
    }
    if ((b[p] | 32) === 101) break value;
    ${CLOSE_QUOTE}
    if (g === 1) {
      e = -e;
      if (r > 0) { r = 100000000000000 - r; u = 99999999999999 - u; e -= 1; }
      else if (u > 0) { u = 100000000000000 - u; e -= 1; }
    }
    ${v}[row] = e + 0; f1_${k}[row] = u; f2_${k}[row] = r;
    f = 1;`;
}

/** At most 15 digits divided by a power of ten up to 10^15 is one correctly rounded division. */
function doubleCode(v: string): string {
  return `${SIGN_AND_DIGITS}
    h = 0;
    if (b[p] === 46) {
      w = ++p;
      while ((c = b[p] - 48) >= 0 && c <= 9) { e = e * 10 + c; p++; }
      h = p - w;
      if (h === 0) break value;
    }
    if (d + h > 15 || (b[p] | 32) === 101) break value;
    if (h > 0) e /= pow10[h];
    ${v}[row] = (g === 0 ? e : -e) + 0;
    f = 1;`;
}

function booleanCode(v: string): string {
  return `w = dv.getInt32(p, true);
    if (w === ${int(word('true'))}) { ${v}[row] = 1; p += 4; f = 1; }
    else if (w === ${int(word('fals'))} && b[p + 4] === 101) { ${v}[row] = 0; p += 5; f = 1; }`;
}

/** Text is hashed while it is scanned, exactly as `hashBytes` does: whole words, then the remaining bytes. */
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

/** The date of a quoted ISO time or date. The cached day number is used as long as the ten bytes stay the same. */
function dayCode(k: string): string {
  const cache = `day${k}`;
  return `if (b[p] !== 34 || p + 12 > end) break value;
    if (dv.getInt32(p + 1, true) !== ${cache}.d0 || dv.getInt32(p + 5, true) !== ${cache}.d1
      || dv.getInt32(p + 7, true) !== ${cache}.d2) { if (!${cache}.load(b, dv, p + 1)) break value; }`;
}

function dateCode(v: string, k: string): string {
  return `${dayCode(k)}
    if (b[p + 11] !== 34) break value;
    ${v}[row] = day${k}.day;
    p += 12; f = 1;`;
}

/** ISO text with up to six decimals and Z or an offset, or a count since 1970 whose magnitude decides its unit. */
function timestampCode(v: string, k: string): string {
  return `if (b[p] !== 34) {
      ${SIGN_AND_DIGITS}
      if (d > 16) break value;
      e = e < 100000000000 ? e * 1000000 : e < 100000000000000 ? e * 1000 : e;
      if (e > ${int(Number.MAX_SAFE_INTEGER)}) break value;
      ${v}[row] = (g === 0 ? e : -e) + 0;
      f = 1;
      break value;
    }
    ${dayCode(k)}
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
    else if ((c = b[p]) === 43 || c === 45) {
      // +hh:mm, hh up to 15
      if (p + 7 > end) break value;
      x = dv.getInt32(p + 1, true) ^ 0x303a3030; y = b[p + 5] - 48;
      if (((((x + 0x06000606) | x) & ${int(0xf0fff0f0 | 0)}) !== 0) || !(y >= 0 && y <= 9)) break value;
      h = (x & 255) * 10 + ((x >>> 8) & 255); y = (x >>> 24) * 10 + y;
      if (h > 15 || y > 59) break value;
      q -= (44 - c) * (h * 60 + y) * 60;
      p += 6;
    }
    if (b[p] !== 34) break value;
    ${v}[row] = day${k}.day_us + q * 1000000 + w;
    p++; f = 1;`;
}

const FAST: Readonly<Record<string, (v: string, k: string) => string>> = {
  smallint: (v) => integerCode(v, 5, ' || e > 32767'),
  integer: (v) => integerCode(v, 9, ''),
  bigint: bigintCode,
  numeric: numericCode,
  double: doubleCode,
  varchar: varcharCode,
  boolean: booleanCode,
  date: dateCode,
  timestamp: timestampCode,
  timestamptz: timestampCode,
};
