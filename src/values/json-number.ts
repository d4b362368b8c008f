import { quote } from './quote.ts';
import { SqlValueError } from './sql-error.ts';

/** The maximum number of digits: enough for every double, and so few that `1e999999999` is no attack. */
const MAX_DIGITS = 1100;

/**
 * Returns a JSON number's text as jsonb stores it: decimal, without leading zeros or `-0`, and with the trailing zeros
 * that were written (`1.10`, `0.00`; `1.50e1` is `15.0`). Throws 22003 if it would need more than 1100 digits.
 */
export function scaledNumber(text: string): string {
  const m = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (m === null) throw new SqlValueError('22P02', `invalid JSON number ${quote(text)}`);
  let whole = m[2]!;
  let fraction = m[3] ?? '';
  const exponent = m[4] === undefined ? 0 : Number(m[4]);
  const isZero = /^0*$/.test(whole) && /^0*$/.test(fraction);
  if (isZero && (exponent > 0 || exponent < -MAX_DIGITS))
    return zeroOfScale(Math.max(0, fraction.length - exponent));
  if (Math.abs(exponent) + whole.length + fraction.length > MAX_DIGITS) {
    throw new SqlValueError('22003', 'JSON number out of range (at most 1100 digits)');
  }
  if (exponent > 0) {
    const moved = fraction.padEnd(exponent, '0');
    whole += moved.slice(0, exponent);
    fraction = moved.slice(exponent);
  } else if (exponent < 0) {
    const padded = whole.padStart(1 - exponent, '0');
    fraction = padded.slice(exponent) + fraction;
    whole = padded.slice(0, exponent);
  }
  whole = whole.replace(/^0+(?=\d)/, '');
  return `${isZero ? '' : m[1]!}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

function zeroOfScale(scale: number): string {
  if (scale > MAX_DIGITS) throw new SqlValueError('22003', 'JSON number out of range (at most 1100 digits)');
  return scale === 0 ? '0' : `0.${'0'.repeat(scale)}`;
}

/** Returns a number of {@link scaledNumber} without trailing zeros, so that equal numbers have the same text. */
export function plainNumber(scaled: string): string {
  return scaled.includes('.') ? scaled.replace(/\.?0+$/, '') : scaled;
}

/** Returns the canonical decimal text of a JSON number: the same for equal numbers. Throws 22003 beyond 1100 digits. */
export function canonicalNumber(text: string): string {
  return plainNumber(scaledNumber(text));
}
