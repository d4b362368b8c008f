import { numericAbs, numericAdd, numericDiv, numericMod, numericMul, numericSub } from '../values/numeric.ts';
import { SqlValueError } from '../values/sql-error.ts';
import { BIGINT, DOUBLE, INTEGER, NUMERIC, REAL, SMALLINT, typeName } from '../values/types.ts';
import type { ScalarType, SqlType } from '../values/types.ts';
import { define } from './define.ts';
import type { ScalarFunction } from './function.ts';

/** The operators + - * / % of numbers, and bit operators. An integer overflow is 22003, a division by zero 22012. */

function divisionByZero(): SqlValueError {
  return new SqlValueError('22012', 'division by zero');
}

function smallOps(type: ScalarType, low: number, high: number): ScalarFunction[] {
  const check = (n: number): number => {
    if (!(n >= low && n <= high))
      throw new SqlValueError('22003', `${typeName(type).toLowerCase()} out of range`);
    return n + 0; // never -0
  };
  const two: SqlType[] = [type, type];
  return [
    define('+', two, type, (a: number, b: number) => check(a + b)),
    define('-', two, type, (a: number, b: number) => check(a - b)),
    define('*', two, type, (a: number, b: number) => check(a * b)),
    define('/', two, type, (a: number, b: number) => {
      if (b === 0) throw divisionByZero();
      return check(Math.trunc(a / b));
    }),
    define('%', two, type, (a: number, b: number) => {
      if (b === 0) throw divisionByZero();
      return (a % b) + 0;
    }),
    define('-', [type], type, (a: number) => check(-a)),
    define('+', [type], type, (a: number) => a),
    define('abs', [type], type, (a: number) => check(Math.abs(a))),
  ];
}

function checkBigint(n: bigint): bigint {
  if (BigInt.asIntN(64, n) !== n) throw new SqlValueError('22003', 'bigint out of range');
  return n;
}

function bigintOps(): ScalarFunction[] {
  const two = [BIGINT, BIGINT];
  return [
    define('+', two, BIGINT, (a: bigint, b: bigint) => checkBigint(a + b)),
    define('-', two, BIGINT, (a: bigint, b: bigint) => checkBigint(a - b)),
    define('*', two, BIGINT, (a: bigint, b: bigint) => checkBigint(a * b)),
    define('/', two, BIGINT, (a: bigint, b: bigint) => {
      if (b === 0n) throw divisionByZero();
      return checkBigint(a / b);
    }),
    define('%', two, BIGINT, (a: bigint, b: bigint) => {
      if (b === 0n) throw divisionByZero();
      return a % b;
    }),
    define('-', [BIGINT], BIGINT, (a: bigint) => checkBigint(-a)),
    define('+', [BIGINT], BIGINT, (a: bigint) => a),
    define('abs', [BIGINT], BIGINT, (a: bigint) => checkBigint(a < 0n ? -a : a)),
  ];
}

function numericOps(): ScalarFunction[] {
  const two = [NUMERIC, NUMERIC];
  return [
    define('+', two, NUMERIC, numericAdd),
    define('-', two, NUMERIC, numericSub),
    define('*', two, NUMERIC, numericMul),
    define('/', two, NUMERIC, numericDiv),
    define('%', two, NUMERIC, numericMod),
    define('-', [NUMERIC], NUMERIC, (a: bigint) => -a),
    define('+', [NUMERIC], NUMERIC, (a: bigint) => a),
    define('abs', [NUMERIC], NUMERIC, numericAbs),
  ];
}

/**
 * Returns the result of an operation on floats. As in PostgreSQL, an infinity from finite operands is an overflow, and
 * a zero from operands that cannot give zero (`mayBeZero` is false) an underflow; both throw 22003.
 */
export function checkFloat(result: number, finite: boolean, mayBeZero: boolean): number {
  if (Math.abs(result) === Infinity && finite)
    throw new SqlValueError('22003', 'value out of range: overflow');
  if (result === 0 && !mayBeZero) throw new SqlValueError('22003', 'value out of range: underflow');
  return result + 0;
}

function floatOps(type: ScalarType, round: (x: number) => number): ScalarFunction[] {
  const two = [type, type];
  const finite = (a: number, b: number): boolean => Number.isFinite(a) && Number.isFinite(b);
  return [
    define('+', two, type, (a: number, b: number) => checkFloat(round(a + b), finite(a, b), true)),
    define('-', two, type, (a: number, b: number) => checkFloat(round(a - b), finite(a, b), true)),
    define('*', two, type, (a: number, b: number) =>
      checkFloat(round(a * b), finite(a, b), a === 0 || b === 0),
    ),
    define('/', two, type, (a: number, b: number) => {
      if (b === 0 && !Number.isNaN(a)) throw divisionByZero();
      return checkFloat(round(a / b), Number.isFinite(a), a === 0 || !Number.isFinite(b));
    }),
    define('-', [type], type, (a: number) => -a + 0),
    define('+', [type], type, (a: number) => a),
    define('abs', [type], type, (a: number) => Math.abs(a)),
  ];
}

function bitOps(): ScalarFunction[] {
  const s = [SMALLINT, SMALLINT];
  const i = [INTEGER, INTEGER];
  const b = [BIGINT, BIGINT];
  const shift = [BIGINT, INTEGER];
  const smallShift = [SMALLINT, INTEGER];
  return [
    define('&', s, SMALLINT, (x: number, y: number) => x & y),
    define('|', s, SMALLINT, (x: number, y: number) => x | y),
    define('#', s, SMALLINT, (x: number, y: number) => x ^ y),
    define('<<', smallShift, SMALLINT, (x: number, n: number) => ((x << n) << 16) >> 16),
    define('>>', smallShift, SMALLINT, (x: number, n: number) => x >> n),
    define('~', [SMALLINT], SMALLINT, (x: number) => ~x),
    define('~', [INTEGER], INTEGER, (x: number) => ~x),
    define('~', [BIGINT], BIGINT, (x: bigint) => ~x),
    define('&', i, INTEGER, (x: number, y: number) => x & y),
    define('|', i, INTEGER, (x: number, y: number) => x | y),
    define('#', i, INTEGER, (x: number, y: number) => x ^ y),
    define('<<', i, INTEGER, (x: number, n: number) => x << n),
    define('>>', i, INTEGER, (x: number, n: number) => x >> n),
    define('&', b, BIGINT, (x: bigint, y: bigint) => x & y),
    define('|', b, BIGINT, (x: bigint, y: bigint) => x | y),
    define('#', b, BIGINT, (x: bigint, y: bigint) => x ^ y),
    define('<<', shift, BIGINT, (x: bigint, n: number) => BigInt.asIntN(64, x << BigInt(n & 63))),
    define('>>', shift, BIGINT, (x: bigint, n: number) => x >> BigInt(n & 63)),
  ];
}

export const ARITHMETIC: readonly ScalarFunction[] = [
  ...smallOps(SMALLINT, -32_768, 32_767),
  ...smallOps(INTEGER, -2_147_483_648, 2_147_483_647),
  ...bigintOps(),
  ...numericOps(),
  ...floatOps(REAL, Math.fround),
  ...floatOps(DOUBLE, (x) => x),
  ...bitOps(),
];
