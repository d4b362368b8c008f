import { integerDatum } from '../values/cast.ts';
import { roundHalfEven } from '../values/datetime.ts';
import {
  numericCeil,
  numericFloor,
  numericFromBigint,
  numericRound,
  numericSign,
  numericTrunc,
  ONE,
} from '../values/numeric.ts';
import { numericExp, numericLn, numericLog, numericPower, numericSqrt } from '../values/numeric-math.ts';
import { SqlValueError } from '../values/sql-error.ts';
import { BIGINT, DOUBLE, INTEGER, NUMERIC } from '../values/types.ts';
import { checkFloat } from './arithmetic.ts';
import { define } from './define.ts';
import type { ScalarFunction } from './function.ts';

/** Rounding, roots, powers, logarithms and trigonometry. NUMERIC is computed in decimal, DOUBLE by IEEE 754. */

function rounding(): ScalarFunction[] {
  const both = (
    name: string,
    numeric: (x: bigint) => bigint,
    double: (x: number) => number,
  ): ScalarFunction[] => [
    define(name, [NUMERIC], NUMERIC, numeric),
    define(name, [DOUBLE], DOUBLE, (x: number) => double(x) + 0),
  ];
  return [
    ...both('ceil', numericCeil, Math.ceil),
    ...both('ceiling', numericCeil, Math.ceil),
    ...both('floor', numericFloor, Math.floor),
    ...both('round', (x) => numericRound(x, 0), roundDouble),
    ...both('trunc', (x) => numericTrunc(x), Math.trunc),
    // The sign of NaN is 0, as in PostgreSQL and RisingWave.
    ...both('sign', numericSign, (x) => Number(x > 0) - Number(x < 0)),
    define('round', [NUMERIC, INTEGER], NUMERIC, numericRound),
    define('trunc', [NUMERIC, INTEGER], NUMERIC, numericTrunc),
    define('div', [NUMERIC, NUMERIC], NUMERIC, (a: bigint, b: bigint) => {
      if (b === 0n) throw new SqlValueError('22012', 'division by zero');
      return numericFromBigint(a / b);
    }),
  ];
}

function roundDouble(x: number): number {
  return Number.isFinite(x) ? roundHalfEven(x) : x;
}

function logArgument(x: number): void {
  if (x > 0 || Number.isNaN(x)) return;
  const what = x === 0 ? 'zero' : 'a negative number';
  throw new SqlValueError('2201E', `cannot take logarithm of ${what}`);
}

function powerDouble(base: number, exponent: number): number {
  if (base === 0 && exponent < 0) {
    throw new SqlValueError('2201F', 'zero raised to a negative power is undefined');
  }
  if (base < 0 && Number.isFinite(exponent) && !Number.isInteger(exponent)) {
    throw new SqlValueError(
      '2201F',
      'a negative number raised to a non-integer power yields a complex result',
    );
  }
  if (base === 1) return 1; // even to the power of NaN
  if (base === -1 && Math.abs(exponent) === Infinity) return 1; // as in POSIX; JavaScript returns NaN
  const finite = Number.isFinite(base) && Number.isFinite(exponent);
  return checkFloat(base ** exponent, finite, base === 0 || !finite);
}

function powers(): ScalarFunction[] {
  const list: ScalarFunction[] = [];
  for (const name of ['power', 'pow', '^']) {
    list.push(define(name, [DOUBLE, DOUBLE], DOUBLE, powerDouble));
    list.push(define(name, [NUMERIC, NUMERIC], NUMERIC, numericPower));
  }
  for (const name of ['log', 'log10']) {
    list.push(define(name, [NUMERIC], NUMERIC, (x: bigint) => numericLog(10n * ONE, x)));
    list.push(
      define(name, [DOUBLE], DOUBLE, (x: number) => {
        logArgument(x);
        return Math.log10(x) + 0;
      }),
    );
  }
  return [
    ...list,
    define('log', [NUMERIC, NUMERIC], NUMERIC, numericLog),
    define('sqrt', [NUMERIC], NUMERIC, numericSqrt),
    define('sqrt', [DOUBLE], DOUBLE, (x: number) => {
      if (x < 0) throw new SqlValueError('2201F', 'cannot take square root of a negative number');
      return Math.sqrt(x);
    }),
    define('cbrt', [DOUBLE], DOUBLE, (x: number) => Math.cbrt(x)),
    define('exp', [NUMERIC], NUMERIC, numericExp),
    define('exp', [DOUBLE], DOUBLE, (x: number) =>
      checkFloat(Math.exp(x), Number.isFinite(x), x === -Infinity),
    ),
    define('ln', [NUMERIC], NUMERIC, numericLn),
    define('ln', [DOUBLE], DOUBLE, (x: number) => {
      logArgument(x);
      return Math.log(x) + 0;
    }),
  ];
}

function trigonometry(): ScalarFunction[] {
  const one = (name: string, f: (x: number) => number): ScalarFunction =>
    define(name, [DOUBLE], DOUBLE, (x: number) => f(x) + 0);
  const within = (limit: number, f: (x: number) => number) => (x: number) => {
    if (Math.abs(x) > limit) throw new SqlValueError('22003', 'input is out of range');
    return f(x);
  };
  return [
    one('sin', within(Number.MAX_VALUE, Math.sin)),
    one('cos', within(Number.MAX_VALUE, Math.cos)),
    one('tan', within(Number.MAX_VALUE, Math.tan)),
    one('asin', within(1, Math.asin)),
    one('acos', within(1, Math.acos)),
    one('atan', Math.atan),
    one('sinh', Math.sinh),
    one('cosh', Math.cosh),
    one('tanh', Math.tanh),
    one('degrees', (x) => checkFloat(x / (Math.PI / 180), Number.isFinite(x), true)),
    one('radians', (x) => checkFloat(x * (Math.PI / 180), Number.isFinite(x), x === 0)),
    define('atan2', [DOUBLE, DOUBLE], DOUBLE, (y: number, x: number) => Math.atan2(y, x) + 0),
    define('pi', [], DOUBLE, () => Math.PI),
  ];
}

function bucketCount(n: number): void {
  if (n <= 0) throw new SqlValueError('22023', 'count must be greater than zero');
}

function bucketAbove(n: number): number {
  if (n === 2_147_483_647) throw new SqlValueError('22003', 'integer out of range');
  return n + 1;
}

function buckets(): ScalarFunction[] {
  return [
    define(
      'width_bucket',
      [DOUBLE, DOUBLE, DOUBLE, INTEGER],
      INTEGER,
      (x: number, low: number, high: number, n: number) => {
        bucketCount(n);
        if (low === high || !Number.isFinite(low) || !Number.isFinite(high) || Number.isNaN(x)) {
          throw new SqlValueError('22023', 'bounds must be finite and differ, the operand must not be NaN');
        }
        const [from, to, at] = low < high ? [low, high, x] : [-low, -high, -x];
        if (at < from) return 0;
        if (at >= to) return bucketAbove(n);
        // Computes with halves if the width of the range overflows.
        const h = Number.isFinite(to - from) ? 1 : 0.5;
        const share = (at * h - from * h) / (to * h - from * h);
        return Math.min(Math.floor(n * share), n - 1) + 1;
      },
    ),
    define(
      'width_bucket',
      [NUMERIC, NUMERIC, NUMERIC, INTEGER],
      INTEGER,
      (x: bigint, low: bigint, high: bigint, n: number) => {
        bucketCount(n);
        if (low === high) throw new SqlValueError('22023', 'lower bound cannot equal upper bound');
        const [from, to, at] = low < high ? [low, high, x] : [-low, -high, -x];
        if (at < from) return 0;
        return at >= to ? bucketAbove(n) : Number((BigInt(n) * (at - from)) / (to - from)) + 1;
      },
    ),
    define('gcd', [INTEGER, INTEGER], INTEGER, (a: number, b: number) =>
      integerDatum(divisor(BigInt(a), BigInt(b)), INTEGER),
    ),
    define('gcd', [BIGINT, BIGINT], BIGINT, (a: bigint, b: bigint) => integerDatum(divisor(a, b), BIGINT)),
  ];
}

/** Returns the greatest common divisor. */
function divisor(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a < 0n ? -a : a;
}

export const MATH: readonly ScalarFunction[] = [...rounding(), ...powers(), ...trigonometry(), ...buckets()];
