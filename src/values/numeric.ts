import { evenText } from './double.ts';
import { quote } from './quote.ts';
import { SqlValueError } from './sql-error.ts';

/**
 * NUMERIC as a bigint: the value times 10^28.
 *
 * It has the limits of RisingWave's decimal (a 96-bit mantissa and a scale of at most 28), so that the same SQL gives
 * the same digits there: a result is rounded half-even to the largest scale whose mantissa fits. Trailing zeros of a
 * fraction are dropped. PostgreSQL's unlimited precision, NaN and Infinity are not supported.
 */

/** Digits after the point that a datum holds. */
export const SCALE = 28;
/** The datum of 1. */
export const ONE = 10n ** 28n;
/** The largest value, as a datum; the smallest is its negative. */
export const MAX_NUMERIC = (2n ** 96n - 1n) * ONE;

const MAX_MANTISSA = 2n ** 96n - 1n;
const POW10: readonly bigint[] = Array.from({ length: 64 }, (_, i) => 10n ** BigInt(i));
/** If `abs < LIMITS[k]`, the mantissa fits in 96 bits after k digits are rounded off half-even. */
const LIMITS: readonly bigint[] = Array.from({ length: SCALE + 1 }, (_, k) =>
  k === 0 ? MAX_MANTISSA + 1n : (2n ** 97n - 1n) * (POW10[k]! / 2n),
);

function outOfRange(): SqlValueError {
  return new SqlValueError('22003', 'numeric value out of range (at most 28 digits, below 2^96)');
}

/** Returns n / d rounded to an integer, ties to even. d > 0. */
function divHalfEven(n: bigint, d: bigint): bigint {
  const q = n / d;
  const r = n - q * d;
  if (r === 0n) return q;
  const twice = r < 0n ? -2n * r : 2n * r;
  if (twice < d || (twice === d && (q & 1n) === 0n)) return q;
  return n < 0n ? q - 1n : q + 1n;
}

/** Returns n / d rounded to an integer, ties away from zero. d > 0. */
function divHalfAway(n: bigint, d: bigint): bigint {
  const half = d / 2n;
  return n < 0n ? (n - half) / d : (n + half) / d;
}

function droppedDigits(abs: bigint): number {
  for (let k = 1; k <= SCALE; k++) if (abs < LIMITS[k]!) return k;
  throw outOfRange();
}

/** Rounds a value times 10^28 to a numeric. Throws 22003 if its integer part is too large. */
export function fit96(x: bigint): bigint {
  const abs = x < 0n ? -x : x;
  if (abs <= MAX_MANTISSA) return x;
  const unit = POW10[droppedDigits(abs)]!;
  return x % unit === 0n ? x : divHalfEven(x, unit) * unit;
}

/**
 * Returns the numeric nearest to n / d, a value times 10^28; the exact quotient is rounded once. Throws 22003 if its
 * integer part is too large.
 */
export function fitRatio(n: bigint, d: bigint): bigint {
  if (d < 0n) {
    n = -n;
    d = -d;
  }
  const q = n / d;
  const abs = q < 0n ? -q : q;
  if (abs <= MAX_MANTISSA) {
    const rounded = divHalfEven(n, d);
    if (rounded <= MAX_MANTISSA && rounded >= -MAX_MANTISSA) return rounded;
  }
  const unit = POW10[droppedDigits(abs)]!;
  return divHalfEven(n, d * unit) * unit;
}

const NUMERIC_TEXT = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** Parses decimal text with an optional exponent. Throws 22P02 for other text, 22003 out of range. */
export function numericParse(text: string): bigint {
  const m = NUMERIC_TEXT.exec(text.trim());
  if (m === null || (m[2] === '' && (m[3] === undefined || m[3] === ''))) {
    if (/^[+-]?(nan|inf|infinity)$/i.test(text.trim())) {
      throw new SqlValueError('22P02', `numeric does not support ${quote(text.trim())}`);
    }
    throw new SqlValueError('22P02', `invalid input syntax for type numeric: ${quote(text)}`);
  }
  const whole = m[2]!;
  const fraction = m[3] ?? '';
  const exponent = m[4] === undefined ? 0 : Number(m[4]);
  if (exponent === 0 && whole.length <= 29 && fraction.length <= SCALE) {
    const x = BigInt(whole + fraction) * POW10[SCALE - fraction.length]!;
    return fit96(m[1] === '-' ? -x : x);
  }
  const digits = (whole + fraction).replace(/^0+/, '');
  if (digits === '') return 0n;
  // The value is 0.digits * 10^point. Digits far beyond the 28th can only break a tie.
  const point = whole.length + exponent - (whole.length + fraction.length - digits.length);
  if (point > 30) throw outOfRange();
  if (point < -SCALE) return 0n;
  const kept = Math.min(digits.length, 64);
  const sticky = /[1-9]/.test(digits.slice(kept)) ? '1' : '0';
  const n = BigInt(digits.slice(0, kept) + sticky);
  const shift = SCALE + point - (kept + 1);
  const signed = m[1] === '-' ? -n : n;
  return shift >= 0 ? fit96(signed * 10n ** BigInt(shift)) : fitRatio(signed, 10n ** BigInt(-shift));
}

/** Returns decimal text without an exponent and without trailing zeros of the fraction; never `-0`. */
export function numericFormat(x: bigint): string {
  const negative = x < 0n;
  const text = (negative ? -x : x).toString();
  let whole = '0';
  let fraction = text;
  if (text.length > SCALE) {
    whole = text.slice(0, -SCALE);
    fraction = text.slice(-SCALE);
  } else {
    fraction = text.padStart(SCALE, '0');
  }
  let end = SCALE;
  while (end > 0 && fraction.charCodeAt(end - 1) === 48) end--;
  const sign = negative ? '-' : '';
  return end === 0 ? sign + whole : `${sign}${whole}.${fraction.slice(0, end)}`;
}

export function numericAdd(a: bigint, b: bigint): bigint {
  return fit96(a + b);
}
export function numericSub(a: bigint, b: bigint): bigint {
  return fit96(a - b);
}
export function numericMul(a: bigint, b: bigint): bigint {
  return fitRatio(a * b, ONE);
}
/** Returns a / b, rounded to all digits that fit. Throws 22012 for a zero divisor. */
export function numericDiv(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new SqlValueError('22012', 'division by zero');
  return fitRatio(a * ONE, b);
}
/** Returns the remainder of a / b, with the sign of a. Throws 22012 for a zero divisor. */
export function numericMod(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new SqlValueError('22012', 'division by zero');
  return a % b;
}
export function numericAbs(a: bigint): bigint {
  return a < 0n ? -a : a;
}
export function numericSign(a: bigint): bigint {
  return a === 0n ? 0n : a < 0n ? -ONE : ONE;
}

/** Rounds to `scale` digits after the point, half away from zero. A negative scale counts digits before the point. */
export function numericRound(x: bigint, scale: number): bigint {
  if (scale >= SCALE) return x;
  if (scale < -30) return 0n;
  const unit = POW10[SCALE - scale]!;
  return fit96(divHalfAway(x, unit) * unit);
}
/** Truncates to `scale` digits after the point. A negative scale counts digits before the point. */
export function numericTrunc(x: bigint, scale = 0): bigint {
  if (scale >= SCALE) return x;
  if (scale < -30) return 0n;
  return x - (x % POW10[SCALE - scale]!);
}
export function numericFloor(x: bigint): bigint {
  const r = x % ONE;
  return r === 0n ? x : fit96(r < 0n ? x - r - ONE : x - r);
}
export function numericCeil(x: bigint): bigint {
  const r = x % ONE;
  return r === 0n ? x : fit96(r > 0n ? x - r + ONE : x - r);
}

export function numericFromBigint(n: bigint): bigint {
  return fit96(n * ONE);
}
/** Rounds to an integer, half away from zero. */
export function numericToBigint(x: bigint): bigint {
  return divHalfAway(x, ONE);
}
/**
 * Converts 15 significant digits of a double (6 of a real), as PostgreSQL does. Throws 22003 for NaN, infinities and
 * values out of range.
 */
export function numericFromDouble(x: number, digits = 15): bigint {
  if (!Number.isFinite(x)) throw new SqlValueError('22003', `cannot convert ${String(x)} to numeric`);
  if (Number.isInteger(x) && Math.abs(x) < 1e6) return BigInt(x) * ONE;
  return numericParse(evenText(x, digits, (n) => x.toPrecision(n)));
}
/** Returns the nearest double. */
export function numericToDouble(x: bigint): number {
  return x % ONE === 0n ? Number(x / ONE) : Number(numericFormat(x));
}
