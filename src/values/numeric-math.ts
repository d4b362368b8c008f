import { ONE, fit96, fitRatio, numericToBigint } from './numeric.ts';
import { SqlValueError } from './sql-error.ts';

/**
 * Roots, powers and logarithms of NUMERIC, in fixed point with guard digits, so that every digit of the result is
 * correct. (PostgreSQL stops at about 16 significant digits, so tests compare with it by value.)
 */
const GUARD = 10n ** 32n;
/** Working scale: 10^60. */
const UNIT = ONE * GUARD;
const LN2 = lnNear1(UNIT * 2n);

function integerSqrt(n: bigint): bigint {
  if (n < 2n) return n;
  let x = 1n << (BigInt(n.toString(2).length + 1) / 2n);
  for (;;) {
    const next = (x + n / x) >> 1n;
    if (next >= x) return x;
    x = next;
  }
}

/** Returns ln(y / UNIT) * UNIT by the series of artanh, which converges fast for y near UNIT. */
function lnNear1(y: bigint): bigint {
  const z = ((y - UNIT) * UNIT) / (y + UNIT);
  const square = (z * z) / UNIT;
  let power = z;
  let sum = 0n;
  for (let k = 1n; power !== 0n; k += 2n) {
    sum += power / k;
    power = (power * square) / UNIT;
  }
  return 2n * sum;
}

function lnUnit(y: bigint): bigint {
  let halvings = 0n;
  while (y > (UNIT * 4n) / 3n) {
    y /= 2n;
    halvings++;
  }
  while (y < (UNIT * 2n) / 3n) {
    y *= 2n;
    halvings--;
  }
  return lnNear1(y) + halvings * LN2;
}

/** Returns e^(y / UNIT) * UNIT. */
function expUnit(y: bigint): bigint {
  const halvings = y / LN2;
  const rest = y - halvings * LN2;
  let term = UNIT;
  let sum = UNIT;
  for (let k = 1n; term !== 0n; k++) {
    term = (term * rest) / (UNIT * k);
    sum += term;
  }
  return halvings >= 0n ? sum << halvings : sum >> -halvings;
}

function tooLarge(y: bigint): boolean {
  return y > 70n * UNIT; // e^70 > 2^96
}

/** Returns the square root. Throws 2201F for a negative argument. */
export function numericSqrt(x: bigint): bigint {
  if (x < 0n) throw new SqlValueError('2201F', 'cannot take square root of a negative number');
  return fitRatio(integerSqrt(x * UNIT * GUARD), GUARD);
}

/** Returns e^x. Throws 22003 if the result is too large. */
export function numericExp(x: bigint): bigint {
  const y = x * GUARD;
  if (tooLarge(y)) throw new SqlValueError('22003', 'numeric value out of range in exp');
  if (y < -70n * UNIT) return 0n;
  return fitRatio(expUnit(y), GUARD);
}

/** Returns the natural logarithm. Throws 2201E for zero and negative arguments. */
export function numericLn(x: bigint): bigint {
  if (x <= 0n) {
    const what = x === 0n ? 'zero' : 'a negative number';
    throw new SqlValueError('2201E', `cannot take logarithm of ${what}`);
  }
  return fitRatio(lnUnit(x * GUARD), GUARD);
}

/** Returns the logarithm of x to base b. Throws 2201E for zero and negative arguments, 22012 for base 1. */
export function numericLog(b: bigint, x: bigint): bigint {
  if (b <= 0n || x <= 0n) {
    const what = b === 0n || x === 0n ? 'zero' : 'a negative number';
    throw new SqlValueError('2201E', `cannot take logarithm of ${what}`);
  }
  const divisor = lnUnit(b * GUARD);
  if (divisor === 0n) throw new SqlValueError('22012', 'division by zero');
  // The guard digits are rounded off first, so that exact logarithms come out exact.
  const n = lnUnit(x * GUARD) * 10n ** 50n;
  return fitRatio(n / divisor, 10n ** 22n);
}

/**
 * Returns base^exponent. Throws 2201F for 0 to a negative power and for a negative base with a fractional exponent, and
 * 22003 on overflow.
 */
export function numericPower(base: bigint, exponent: bigint): bigint {
  if (exponent === 0n) return ONE;
  if (base === 0n) {
    if (exponent < 0n) throw new SqlValueError('2201F', 'zero raised to a negative power is undefined');
    return 0n;
  }
  const whole = exponent % ONE === 0n;
  if (base < 0n && !whole) {
    throw new SqlValueError(
      '2201F',
      'a negative number raised to a non-integer power yields a complex result',
    );
  }
  if (whole) {
    const n = exponent / ONE;
    const abs = n < 0n ? -n : n;
    if (abs <= 64n) {
      const power = base ** abs;
      const unit = ONE ** (abs - 1n);
      return n > 0n ? fitRatio(power, unit) : fitRatio(ONE * ONE * unit, power);
    }
  }
  const magnitude = base < 0n ? -base : base;
  const y = (lnUnit(magnitude * GUARD) * exponent) / ONE;
  if (tooLarge(y)) throw new SqlValueError('22003', 'numeric value out of range in power');
  if (y < -70n * UNIT) return 0n;
  const result = fitRatio(expUnit(y), GUARD);
  const odd = whole && (numericToBigint(exponent) & 1n) !== 0n;
  return base < 0n && odd ? -result : fit96(result);
}
