import { quote } from './quote.ts';
import { SqlValueError } from './sql-error.ts';

function decimalText(shortest: string, maxFixedExponent: number): string {
  const [mantissa, exponentText] = shortest.split('e') as [string, string];
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= maxFixedExponent) {
    const sign = exponent < 0 ? '-' : '+';
    return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  const negative = mantissa.startsWith('-');
  const digits = mantissa.replace('-', '').replace('.', '');
  let text: string;
  if (exponent < 0) text = `0.${'0'.repeat(-exponent - 1)}${digits}`;
  else if (digits.length <= exponent + 1) text = digits.padEnd(exponent + 1, '0');
  else text = `${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
  return negative ? `-${text}` : text;
}

/** Returns the shortest text that reads back as the same double, in PostgreSQL's notation (`1e+15`, `1e-05`). */
export function formatDouble(x: number): string {
  if (Number.isFinite(x)) return x === 0 ? '0' : decimalText(x.toExponential(), 15);
  return Number.isNaN(x) ? 'NaN' : x > 0 ? 'Infinity' : '-Infinity';
}

/**
 * Returns the shortest text that reads back as the same single-precision number, in PostgreSQL's notation. As in
 * PostgreSQL, it is never a text halfway to the next number, although that could be read as this one.
 */
export function formatReal(x: number): string {
  if (!Number.isFinite(x) || x === 0) return formatDouble(x);
  return decimalText(shortestReal(x), 6);
}

/** Returns whether a double lies halfway between a single-precision number and the next one. */
function isHalfway(value: number, real: number): boolean {
  if (value === real) return false;
  return (real + beside(real, Math.abs(value) > Math.abs(real))) / 2 === value;
}

function shortestReal(x: number): string {
  for (let digits = 0; digits < 9; digits++) {
    const text = x.toExponential(digits);
    const value = Number(text);
    if (Math.fround(value) === x && !isHalfway(value, x)) return value.toExponential();
  }
  return x.toExponential();
}

/** Returns the double with the shortest digits of a real, which JSON prints for it. */
export function realAsShortestDouble(x: number): number {
  return Number.isFinite(x) && x !== 0 ? Number(shortestReal(x)) : x;
}

const FLOAT_TEXT = /^([+-]?(?:\d+(?:\.\d*)?|\.\d+))(?:[eE][+-]?\d+)?$/;
const SPECIAL = /^([+-]?)(nan|inf|infinity)$/i;

/** Parses a double. Throws 22P02 for other text, and 22003 for overflow or underflow to zero, as PostgreSQL does. */
export function parseDouble(text: string, type = 'double precision'): number {
  const trimmed = text.trim();
  const m = FLOAT_TEXT.exec(trimmed);
  if (m === null) {
    const special = SPECIAL.exec(trimmed);
    if (special === null) {
      throw new SqlValueError('22P02', `invalid input syntax for type ${type}: ${quote(text)}`);
    }
    if (special[2]!.toLowerCase() === 'nan') return NaN;
    return special[1] === '-' ? -Infinity : Infinity;
  }
  const x = Number(trimmed);
  if (!Number.isFinite(x) || (x === 0 && /[1-9]/.test(m[1]!))) {
    throw new SqlValueError('22003', `${quote(trimmed)} is out of range for type ${type}`);
  }
  return x + 0;
}

const MAX_REAL = 2 ** 128 - 2 ** 104;
const FLOAT_VIEW = new DataView(new ArrayBuffer(8));

/**
 * Returns the single-precision number next to `x`, away from zero if `outwards`, otherwise towards zero. The one next
 * to an infinity is the largest finite number.
 */
function beside(x: number, outwards: boolean): number {
  const size = Math.abs(x);
  if (size === Infinity) return x < 0 ? -MAX_REAL : MAX_REAL;
  FLOAT_VIEW.setFloat32(0, size);
  const next = FLOAT_VIEW.getUint32(0) + (outwards ? 1 : -1);
  FLOAT_VIEW.setUint32(0, next);
  const found = FLOAT_VIEW.getFloat32(0);
  return x < 0 ? -found : found;
}

/** Compares the absolute value of a decimal text with that of a finite double: returns 1, 0 or -1. */
function compareSize(text: string, x: number): number {
  const [, whole = '', fraction = '', exponent = '0'] = /^[+-]?(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text)!;
  let left = BigInt(whole + fraction);
  const tens = Number(exponent) - fraction.length;
  FLOAT_VIEW.setFloat64(0, Math.abs(x));
  const bits = FLOAT_VIEW.getBigUint64(0);
  const biased = Number(bits >> 52n);
  let right = biased === 0 ? bits : (bits & ((1n << 52n) - 1n)) | (1n << 52n);
  const twos = Math.max(biased, 1) - 1075;
  if (tens < 0) right *= 10n ** BigInt(-tens);
  else left *= 10n ** BigInt(tens);
  if (twos < 0) left <<= BigInt(-twos);
  else right <<= BigInt(twos);
  return left > right ? 1 : left < right ? -1 : 0;
}

/**
 * Returns the text of a finite double with `digits` digits; `write` is its toPrecision or toFixed. A tie is rounded to
 * the even digit, as C's printf does (JavaScript rounds it away from zero). The text may have one more trailing zero.
 */
export function evenText(x: number, digits: number, write: (digits: number) => string): string {
  const longer = write(digits + 1);
  const isBetween = /[02468]\.?5(?:e\S+)?$/.test(longer) && compareSize(longer, x) === 0;
  return isBetween ? longer.replace(/5(?=e|$)/, '0') : write(digits);
}

/**
 * Returns the single-precision number nearest to a decimal text, the even one of two. Rounding to a double first may
 * end halfway between two of them, where a second rounding could go the wrong way. Throws as {@link toReal}.
 */
export function realFromDecimal(text: string): number {
  const x = Number(text);
  const real = Math.fround(x);
  if (real === x || !Number.isFinite(x)) return toReal(x);
  const other = beside(real, Math.abs(x) > Math.abs(real));
  const isBetween = Number.isFinite(real) ? isHalfway(x, real) : Math.abs(x) === 2 ** 128 - 2 ** 103;
  if (!isBetween) return toReal(x);
  const order = compareSize(text, x);
  const isOuter = Math.abs(real) > Math.abs(other);
  const nearest = order === 0 || order > 0 === isOuter ? real : other;
  if (!Number.isFinite(nearest)) throw new SqlValueError('22003', 'value out of range: overflow');
  return toReal(nearest);
}

/** Rounds to single precision. Throws 22003 if a finite value overflows or a value other than 0 becomes 0. */
export function toReal(x: number): number {
  const real = Math.fround(x);
  if (!Number.isFinite(real) && Number.isFinite(x))
    throw new SqlValueError('22003', 'value out of range: overflow');
  if (real === 0 && x !== 0) throw new SqlValueError('22003', 'value out of range: underflow');
  return real + 0;
}
