import { invalid } from './api-error.ts';

/** A DynamoDB number: `sign * 0.digits * 10^exponent`, with at most 38 digits and no leading or trailing zeros. */
export interface Decimal {
  readonly sign: -1 | 0 | 1;
  readonly digits: string;
  readonly exponent: number;
}

const ZERO: Decimal = { sign: 0, digits: '', exponent: 0 };
const MAX_DIGITS = 38;
/** The largest magnitude is 9.99E+125, the smallest 1E-130. */
const MAX_EXPONENT = 126;
const MIN_EXPONENT = -129;

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** Parses a number. Throws ValidationException for text that is not a number, or one out of DynamoDB's range. */
export function parseDecimal(text: string): Decimal {
  const match = NUMBER.exec(text.trim());
  if (match === null || (match[2] === '' && (match[3] ?? '') === '')) {
    throw invalid(`The parameter cannot be converted to a numeric value: ${text}`);
  }
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  return checked(decimal(sign === '-' ? -1 : 1, whole + fraction, whole.length + Number(exponent)));
}

/** Returns a number without leading and trailing zeros; `digits` follow the decimal point. */
function decimal(sign: -1 | 1, digits: string, exponent: number): Decimal {
  let start = 0;
  while (digits[start] === '0') start++;
  if (start === digits.length) return ZERO;
  let end = digits.length;
  while (digits[end - 1] === '0') end--;
  return { sign, digits: digits.slice(start, end), exponent: exponent - start };
}

function checked(value: Decimal): Decimal {
  if (value.digits.length > MAX_DIGITS) {
    throw invalid('Attempting to store more than 38 significant digits in a Number');
  }
  if (value.sign !== 0 && value.exponent > MAX_EXPONENT) {
    throw invalid('Number overflow. Attempting to store a number with magnitude larger than supported range');
  }
  if (value.sign !== 0 && value.exponent < MIN_EXPONENT) {
    throw invalid(
      'Number underflow. Attempting to store a number with magnitude smaller than supported range',
    );
  }
  return value;
}

/** Formats a number without an exponent. Equal numbers give equal text. */
export function decimalText({ sign, digits, exponent }: Decimal): string {
  if (sign === 0) return '0';
  const minus = sign < 0 ? '-' : '';
  if (exponent <= 0) return `${minus}0.${'0'.repeat(-exponent)}${digits}`;
  if (exponent >= digits.length) return minus + digits.padEnd(exponent, '0');
  return `${minus}${digits.slice(0, exponent)}.${digits.slice(exponent)}`;
}

/** Returns the exact sum. Throws ValidationException if it is out of DynamoDB's range. */
export function addDecimals(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.digits.length - a.exponent, b.digits.length - b.exponent);
  const sum = unscaled(a, scale) + unscaled(b, scale);
  const digits = `${sum < 0n ? -sum : sum}`;
  return checked(decimal(sum < 0n ? -1 : 1, digits, digits.length - scale));
}

export function negated(value: Decimal): Decimal {
  return value.sign === 0 ? value : { ...value, sign: value.sign < 0 ? 1 : -1 };
}

function unscaled({ sign, digits, exponent }: Decimal, scale: number): bigint {
  if (sign === 0) return 0n;
  const magnitude = BigInt(digits.padEnd(exponent + scale, '0'));
  return sign < 0 ? -magnitude : magnitude;
}

/**
 * Returns a text of characters 0 to 255 that sorts as the numbers do: sign, then exponent, then digits. In a negative
 * number each character is subtracted from 255, and a final 255 sorts the number with fewer digits last.
 */
export function sortableDecimal({ sign, digits, exponent }: Decimal): string {
  if (sign === 0) return '\u0001';
  const raised = exponent - MIN_EXPONENT;
  const rest = String.fromCharCode(raised >> 8, raised & 255) + digits;
  if (sign > 0) return `\u0002${rest}`;
  let complement = '\u0000';
  for (let i = 0; i < rest.length; i++) complement += String.fromCharCode(255 - rest.charCodeAt(i));
  return `${complement}\u00ff`;
}

/** Returns a number's size in an item: 1, and 1 per pair of digits aligned at the decimal point, and 1 for a minus. */
export function decimalBytes({ sign, digits, exponent }: Decimal): number {
  if (sign === 0) return 1;
  const isOdd = digits.length % 2 === 1;
  const straddles = !isOdd && exponent % 2 !== 0 ? 1 : 0;
  return 1 + Math.ceil(digits.length / 2) + straddles + (sign < 0 ? 1 : 0);
}
