import { MAX_NUMERIC, fit96, numericDiv } from '../../values/numeric.ts';
import { SqlValueError } from '../../values/sql-error.ts';
import { num } from '../codegen/builder.ts';
import { box } from '../codegen/boxed-calls.ts';
import type { ExprCompiler } from '../codegen/expr-compiler.ts';
import type { Reg } from '../codegen/reg.ts';
import { decDiv } from '../dec28-division.ts';
import { DEC, LIMB, decSplit, roundLimbs } from '../dec28.ts';
import type { FieldCode } from './aggregate.ts';
import type { ResultKind } from './result-kind.ts';
import { emitKind, IS_FAILURE, IS_NULL, IS_VALUE } from './result-kind.ts';

/**
 * Exact sums in doubles. The whole part is kept as `low + carry * 2^52` with |low| < 2^52, so no addition ever rounds;
 * a numeric's two fraction limbs are kept beside it. Retracting what was added restores the sum exactly, whatever
 * happened in between.
 */

const NUMERIC_OVERFLOW = new SqlValueError(
  '22003',
  'sum: numeric value out of range (at most 28 digits, below 2^96)',
);
const BIGINT_OVERFLOW = new SqlValueError('22003', 'sum: bigint out of range');

const STEP = 2 ** 52;
const STEP_BIG = 2n ** 52n;
const E14 = 10n ** 14n;
const E28 = 10n ** 28n;

/** Emits the addition of a whole |y| <= 2^52 to accumulators 0 (low) and 1 (carry). */
export function emitAddWhole(x: ExprCompiler, fields: FieldCode, y: string): void {
  const t = x.b.fresh('t');
  const [low, carry] = [fields.f(0), fields.f(1)];
  x.b.line(`let ${t}=${low}+${y};`);
  x.b.line(
    `if(${t}>=${STEP}){${t}-=${STEP};${carry}+=1;}else if(${t}<=-${STEP}){${t}+=${STEP};${carry}-=1;}`,
  );
  x.b.line(`${low}=${t};`);
}

/** Adds a whole bigint of any size to low and carry at `values[at]`. */
function addWholeBig(values: Float64Array, at: number, y: bigint): void {
  const t = BigInt(values[at]!) + BigInt(values[at + 1]!) * STEP_BIG + y;
  values[at + 1] = Number(t / STEP_BIG);
  values[at] = Number(t % STEP_BIG);
}

/** Emits the addition of an i64 register of any size. */
export function emitAddBigint(x: ExprCompiler, fields: FieldCode, row: { w: string; arg: Reg }): void {
  const { w, arg } = row;
  // Values beyond 2^52, one bit less than a double holds, are added as bigints.
  const test =
    arg.lo === undefined ? `${arg.v}>${STEP}||${arg.v}<-${STEP}` : `${arg.hi}>1048574||${arg.hi}<-1048575`;
  const y = arg.lo === undefined ? arg.v : `(${arg.hi}*4294967296+(${arg.lo}>>>0))`;
  const big = box(x, { ...arg, nul: undefined });
  x.b.line(`if(${test})${x.b.bind(addWholeBig)}(${fields.array},${fields.at},BigInt(${w})*${big});else{`);
  emitAddWhole(x, fields, `${w}*${y}`);
  x.b.line('}');
}

/** Adds a numeric of any size to low, carry, f1, f2 at `values[at]`. */
function addNumericBig(values: Float64Array, at: number, y: bigint): void {
  const t = sumToBig(values[at]!, values[at + 1]!, values[at + 2]!, values[at + 3]!) + y;
  let whole = t / E28;
  let fraction = t % E28;
  if (fraction < 0n) {
    fraction += E28;
    whole -= 1n;
  }
  values[at] = Number(whole % STEP_BIG);
  values[at + 1] = Number(whole / STEP_BIG);
  values[at + 2] = Number(fraction / E14);
  values[at + 3] = Number(fraction % E14);
}

/** Emits the addition of a numeric register. Accumulators: low, carry, f1, f2. */
export function emitAddNumeric(x: ExprCompiler, fields: FieldCode, row: { w: string; arg: Reg }): void {
  const { w, arg } = row;
  const b = x.b;
  const [s1, s2] = [fields.f(2), fields.f(3)];
  // NaN, which marks a big value, fails the comparison as well.
  b.line(`if(!(${arg.v}<=${STEP - 2}&&${arg.v}>=-${STEP - 2})){`);
  const big = box(x, { ...arg, nul: undefined });
  b.line(`${b.bind(addNumericBig)}(${fields.array},${fields.at},BigInt(${w})*${big});}else{`);
  const [t1, t2, y] = [b.fresh('t'), b.fresh('t'), b.fresh('t')];
  b.line(`let ${t2}=${s2}+${w}*${arg.f2},${t1}=${s1}+${w}*${arg.f1},${y}=${w}*${arg.v};`);
  // Carries are computed without branches: a branch first taken late makes V8 discard the loop's optimized code.
  const [c2, c1] = [b.fresh('c'), b.fresh('c')];
  b.line(`const ${c2}=${t2}>=${LIMB}?1:${t2}<0?-1:0;${s2}=${t2}-${c2}*${LIMB};${t1}+=${c2};`);
  b.line(`const ${c1}=${t1}>=${LIMB}?1:${t1}<0?-1:0;${s1}=${t1}-${c1}*${LIMB};${y}+=${c1};`);
  emitAddWhole(x, fields, y);
  b.line('}');
}

function sumToBig(low: number, carry: number, f1: number, f2: number): bigint {
  return (BigInt(low) + BigInt(carry) * STEP_BIG) * E28 + BigInt(f1) * E14 + BigInt(f2);
}

/** Holds a result too large for limbs; DEC[0] is NaN then. */
const LARGE: { value: bigint | undefined } = { value: undefined };

/** Puts a numeric into DEC, or into LARGE if it does not fit. */
function leave(x: bigint): void {
  if (decSplit(x)) return;
  DEC[0] = NaN;
  DEC[1] = 0;
  DEC[2] = 0;
  LARGE.value = x;
}

/** Puts zeros into DEC, for a result without a value. */
function leaveNothing(is: ResultKind): ResultKind {
  DEC[0] = 0;
  DEC[1] = 0;
  DEC[2] = 0;
  return is;
}

/** Puts the numeric sum of `count` values into DEC. */
function numericSum(low: number, carry: number, f1: number, f2: number, count: number): ResultKind {
  if (count === 0) return leaveNothing(IS_NULL);
  if (carry === 0) {
    if (f1 === 0 && f2 === 0) {
      DEC[0] = low;
      DEC[1] = 0;
      DEC[2] = 0;
      return IS_VALUE;
    }
    if (low >= 0 && roundLimbs(low, f1, f2, 0)) return IS_VALUE;
  }
  const exact = sumToBig(low, carry, f1, f2);
  if (exact > MAX_NUMERIC || exact < -MAX_NUMERIC) return leaveNothing(IS_FAILURE);
  leave(fit96(exact));
  return IS_VALUE;
}

/** Code of the loaded accumulators of a sum. */
export interface SumCode {
  readonly low: string;
  readonly carry: string;
  readonly f1: string;
  readonly f2: string;
  /** Code of the number of values. */
  readonly count: string;
}

/** Emits a NUMERIC result of a sum: NULL without values, a failure beyond NUMERIC's range. */
export function emitNumericSum(x: ExprCompiler, sum: SumCode): Reg {
  return emitDec(x, numericSum, sum);
}

/** Emits a single call without branches: rare cases lie in functions that all operators share. */
function emitDec(x: ExprCompiler, result: typeof numericSum, sum: SumCode): Reg {
  const b = x.b;
  const [v, f1, f2] = [b.fresh('v'), b.fresh('v'), b.fresh('v')];
  const dec = b.bind(DEC);
  const call = `${b.bind(result)}(${sum.low},${sum.carry},${sum.f1},${sum.f2},${sum.count})`;
  const { nul, failure } = emitKind(b, call, NUMERIC_OVERFLOW);
  b.line(`const ${v}=${dec}[0],${f1}=${dec}[1],${f2}=${dec}[2];`);
  const big = b.fresh('g');
  b.line(`const ${big}=${v}===${v}?undefined:${b.bind(LARGE)}.value;`);
  return { layout: 'dec', nul, v, f1, f2, big, failure };
}

/** The result register of `bigintSum`: the words of a BIGINT. */
const BIG_WORDS = new Int32Array(2);

/** Puts the words of a whole sum with a carry into BIG_WORDS. */
function bigintSum(low: number, carry: number): ResultKind {
  const sum = BigInt(low) + BigInt(carry) * STEP_BIG;
  const fits = BigInt.asIntN(64, sum) === sum;
  BIG_WORDS[0] = fits ? Number(BigInt.asIntN(32, sum)) : 0;
  BIG_WORDS[1] = fits ? Number(BigInt.asIntN(32, sum >> 32n)) : 0;
  return fits ? IS_VALUE : IS_FAILURE;
}

/** Emits the BIGINT result of a whole sum; `isNull` is code that is true if the sum has no values. */
export function emitBigintSum(
  x: ExprCompiler,
  code: { low: string; carry: string; isNull: string | undefined },
): Reg {
  const b = x.b;
  const [lo, hi, is] = [b.fresh('v'), b.fresh('v'), b.fresh('r')];
  const words = b.bind(BIG_WORDS);
  b.line(`let ${lo}=${code.low}|0,${hi}=Math.floor(${code.low}/4294967296)|0;`);
  b.line(`let ${is}=${code.isNull === undefined ? IS_VALUE : `${code.isNull}?${IS_NULL}:${IS_VALUE}`};`);
  b.line(`if(${code.carry}!==0){${is}=${b.bind(bigintSum)}(${code.low},${code.carry});`);
  b.line(`${lo}=${words}[0];${hi}=${words}[1];}`);
  return { layout: 'i64', ...emitKind(b, is, BIGINT_OVERFLOW), v: '', lo, hi };
}

/** Puts sum / count into DEC. The average of numerics is in NUMERIC's range even if their sum is not. */
function numericAverage(low: number, carry: number, f1: number, f2: number, count: number): ResultKind {
  if (count === 0) return leaveNothing(IS_NULL);
  if (carry === 0 && decDiv(low, f1, f2, count, 0, 0)) return IS_VALUE;
  leave(numericDiv(sumToBig(low, carry, f1, f2), BigInt(count) * E28));
  return IS_VALUE;
}

/** Emits the NUMERIC average. */
export function emitAverage(x: ExprCompiler, sum: SumCode): Reg {
  return emitDec(x, numericAverage, sum);
}

/** Emits loads of the accumulators of a whole or numeric sum. */
export function loadSum(
  x: ExprCompiler,
  fields: FieldCode,
  numeric: boolean,
): { low: string; carry: string; f1: string; f2: string } {
  const b = x.b;
  const [low, carry] = [b.fresh('v'), b.fresh('v')];
  b.line(`const ${low}=${fields.f(0)},${carry}=${fields.f(1)};`);
  if (!numeric) return { low, carry, f1: num(0), f2: num(0) };
  const [f1, f2] = [b.fresh('v'), b.fresh('v')];
  b.line(`const ${f1}=${fields.f(2)},${f2}=${fields.f(3)};`);
  return { low, carry, f1, f2 };
}
