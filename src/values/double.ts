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

/** Shortest text that reads back as the same double, laid out as PostgreSQL does (`1e+15`, `1e-05`). */
export function formatDouble(x: number): string {
  if (Number.isFinite(x)) return x === 0 ? '0' : decimalText(x.toExponential(), 15);
  return Number.isNaN(x) ? 'NaN' : x > 0 ? 'Infinity' : '-Infinity';
}

/** Shortest text that reads back as the same single-precision number, laid out as PostgreSQL does. */
export function formatReal(x: number): string {
  if (!Number.isFinite(x) || x === 0) return formatDouble(x);
  return decimalText(shortestReal(x), 6);
}

function shortestReal(x: number): string {
  for (let digits = 0; digits < 9; digits++) {
    const text = x.toExponential(digits);
    if (Math.fround(Number(text)) === x) return Number(text).toExponential();
  }
  return x.toExponential();
}

/** A real's shortest digits as a double: what JSON prints for it. */
export function realAsShortestDouble(x: number): number {
  return Number.isFinite(x) && x !== 0 ? Number(shortestReal(x)) : x;
}

const FLOAT_TEXT = /^([+-]?(?:\d+(?:\.\d*)?|\.\d+))(?:[eE][+-]?\d+)?$/;
const SPECIAL = /^([+-]?)(nan|inf|infinity)$/i;

/** Reads a double. Throws 22P02 for other text, 22003 where PostgreSQL does (overflow, underflow to zero). */
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

/** Rounds to single precision. Throws 22003 when a finite value overflows or a non-zero one vanishes. */
export function toReal(x: number): number {
  const real = Math.fround(x);
  if (!Number.isFinite(real) && Number.isFinite(x))
    throw new SqlValueError('22003', 'value out of range: overflow');
  if (real === 0 && x !== 0) throw new SqlValueError('22003', 'value out of range: underflow');
  return real + 0;
}
