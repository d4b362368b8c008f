import { MAX_NUMERIC, fit96, numericDiv } from '../../values/numeric.ts';
import { SqlValueError } from '../../values/sql-error.ts';
import { num } from '../codegen/builder.ts';
import type { ExprCompiler } from '../codegen/expr-compiler.ts';
import type { Reg } from '../codegen/reg.ts';
import { DEC, LIMB, decDiv, decSplit, roundLimbs } from '../dec28.ts';
import type { FieldNames } from './aggregate.ts';

/**
 * Exact sums in doubles. The whole part is kept as `low + carry * 2^52` with |low| < 2^52, so no addition ever
 * rounds; a numeric's two fraction limbs are kept beside it. Adding and taking away the same values returns to the same
 * sum, whatever happened in between: nothing drifts.
 */

const STEP = 2 ** 52;
const STEP_BIG = 2n ** 52n;
const E14 = 10n ** 14n;
const E28 = 10n ** 28n;

/** Emits `low[s] += y` for a whole |y| <= 2^52, with the carry. */
export function emitAddWhole(x: ExprCompiler, low: string, carry: string, s: string, y: string): void {
  const t = x.b.fresh('t');
  x.b.line(`let ${t}=${low}[${s}]+${y};`);
  x.b.line(`if(${t}>=${STEP}){${t}-=${STEP};${carry}[${s}]+=1;}else if(${t}<=-${STEP}){${t}+=${STEP};${carry}[${s}]-=1;}`);
  x.b.line(`${low}[${s}]=${t};`);
}

/** Adds a whole bigint of any size. */
export function addWholeBig(low: Float64Array, carry: Float64Array, s: number, y: bigint): void {
  const t = BigInt(low[s]!) + BigInt(carry[s]!) * STEP_BIG + y;
  carry[s] = Number(t / STEP_BIG);
  low[s] = Number(t % STEP_BIG);
}

/** Emits the addition of an i64 register, of whatever size. */
export function emitAddBigint(x: ExprCompiler, low: string, carry: string, row: { s: string; w: string; arg: Reg }): void {
  const { s, w, arg } = row;
  if (arg.lo === undefined) {
    // Computed values are within 2^53, one bit more than one addition may carry.
    const big = x.b.bind((l: Float64Array, c: Float64Array, slot: number, y: number) => {
      addWholeBig(l, c, slot, BigInt(y));
    });
    x.b.line(`if(${arg.v}>${STEP}||${arg.v}<-${STEP})${big}(${low},${carry},${s},${w}*${arg.v});else{`);
    emitAddWhole(x, low, carry, s, `${w}*${arg.v}`);
    x.b.line('}');
    return;
  }
  const big = x.b.bind((l: Float64Array, c: Float64Array, at: { s: number; w: number; lo: number; hi: number }) => {
    addWholeBig(l, c, at.s, BigInt(at.w) * ((BigInt(at.hi) << 32n) | BigInt(at.lo >>> 0)));
  });
  x.b.line(`if(${arg.hi}>1048574||${arg.hi}<-1048575)${big}(${low},${carry},{s:${s},w:${w},lo:${arg.lo},hi:${arg.hi}});else{`);
  emitAddWhole(x, low, carry, s, `${w}*(${arg.hi}*4294967296+(${arg.lo}>>>0))`);
  x.b.line('}');
}

/** Emits the addition of a numeric register. Fields: low, carry, f1, f2. */
export function emitAddNumeric(x: ExprCompiler, f: readonly string[], row: { s: string; w: string; arg: Reg }): void {
  const { s, w, arg } = row;
  const [low, carry, s1, s2] = f as [string, string, string, string];
  const b = x.b;
  const slow = b.bind((fields: Float64Array[], slot: number, y: bigint) => {
    let t = sumToBig(fields[0]![slot]!, fields[1]![slot]!, fields[2]![slot]!, fields[3]![slot]!) + y;
    let whole = t / E28;
    t %= E28;
    if (t < 0n) {
      t += E28;
      whole -= 1n;
    }
    fields[1]![slot] = Number(whole / STEP_BIG);
    fields[0]![slot] = Number(whole % STEP_BIG);
    fields[2]![slot] = Number(t / E14);
    fields[3]![slot] = Number(t % E14);
  });
  // NaN (a big value) fails the comparison, too.
  b.line(`if(!(${arg.v}<=${STEP - 2}&&${arg.v}>=-${STEP - 2})){`);
  b.line(`const big=${x.box({ ...arg, nul: undefined }, { kind: 'numeric' })};`);
  b.line(`${slow}([${low},${carry},${s1},${s2}],${s},${w}===1?big:-big);}else{`);
  const [t1, t2] = [b.fresh('t'), b.fresh('t')];
  b.line(`let ${t2}=${s2}[${s}]+${w}*${arg.f2},${t1}=${s1}[${s}]+${w}*${arg.f1};`);
  b.line(`if(${t2}>=${LIMB}){${t2}-=${LIMB};${t1}+=1;}else if(${t2}<0){${t2}+=${LIMB};${t1}-=1;}`);
  const y = b.fresh('t');
  b.line(`let ${y}=${w}*${arg.v};`);
  b.line(`if(${t1}>=${LIMB}){${t1}-=${LIMB};${y}+=1;}else if(${t1}<0){${t1}+=${LIMB};${y}-=1;}`);
  b.line(`${s2}[${s}]=${t2};${s1}[${s}]=${t1};`);
  emitAddWhole(x, low, carry, s, y);
  b.line('}');
}

function sumToBig(low: number, carry: number, f1: number, f2: number): bigint {
  return (BigInt(low) + BigInt(carry) * STEP_BIG) * E28 + BigInt(f1) * E14 + BigInt(f2);
}

/** Where a result too large for limbs is left. */
const LARGE: { value: bigint | undefined } = { value: undefined };

/** The numeric sum into DEC and true, or into LARGE and false (undefined there: out of NUMERIC's range). */
function numericSum(low: number, carry: number, f1: number, f2: number): boolean {
  if (carry === 0) {
    if (f1 === 0 && f2 === 0) {
      DEC[0] = low;
      DEC[1] = 0;
      DEC[2] = 0;
      return true;
    }
    if (low >= 0 && roundLimbs(low, f1, f2, 0)) return true;
  }
  const exact = sumToBig(low, carry, f1, f2);
  LARGE.value = undefined;
  if (exact > MAX_NUMERIC || exact < -MAX_NUMERIC) return false;
  const rounded = fit96(exact);
  if (decSplit(rounded)) return true;
  LARGE.value = rounded;
  return false;
}

/** Emits a NUMERIC result of a sum; NULL when `nul` says so, or when it is beyond NUMERIC's range. */
export function emitNumericSum(x: ExprCompiler, code: { low: string; carry: string; f1: string; f2: string; nul: string }): Reg {
  return emitDec(x, `${x.b.bind(numericSum)}(${code.low},${code.carry},${code.f1},${code.f2})`, code.nul);
}

function emitDec(x: ExprCompiler, call: string, nul: string): Reg {
  const b = x.b;
  const [v, f1, f2, big, n] = [b.fresh('v'), b.fresh('v'), b.fresh('v'), b.fresh('g'), b.fresh('n')];
  const dec = b.bind(DEC);
  const large = b.bind(LARGE);
  b.line(`let ${n}=${nul},${v}=0,${f1}=0,${f2}=0,${big}=undefined;`);
  b.line(`if(${n}===0){if(${call}){${v}=${dec}[0];${f1}=${dec}[1];${f2}=${dec}[2];}`);
  b.line(`else{${big}=${large}.value;if(${big}===undefined)${n}=1;else ${v}=NaN;}}`);
  return { layout: 'dec', nul: n, v, f1, f2, big };
}

/** Emits the BIGINT result of a whole sum. */
export function emitBigintSum(x: ExprCompiler, code: { low: string; carry: string; nul: string }): Reg {
  const b = x.b;
  const [lo, hi] = [b.fresh('v'), b.fresh('v')];
  const words = b.bind((low: number, carry: number): bigint => BigInt(low) + BigInt(carry) * STEP_BIG);
  b.line(`let ${lo}=${code.low}|0,${hi}=Math.floor(${code.low}/4294967296)|0;`);
  b.line(`if(${code.carry}!==0){const t=BigInt.asIntN(64,${words}(${code.low},${code.carry}));`);
  b.line(`${lo}=Number(BigInt.asIntN(32,t));${hi}=Number(BigInt.asIntN(32,t>>32n));}`);
  return { layout: 'i64', nul: code.nul, v: '', lo, hi };
}

/** The numeric sum / count into DEC and true, or into LARGE and false. */
function numericAverage(low: number, carry: number, f1: number, f2: number, count: number): boolean {
  if (carry === 0 && decDiv(low, f1, f2, count, 0, 0)) return true;
  LARGE.value = undefined;
  try {
    const quotient = numericDiv(sumToBig(low, carry, f1, f2), BigInt(count) * E28);
    if (decSplit(quotient)) return true;
    LARGE.value = quotient;
  } catch (error) {
    if (!(error instanceof SqlValueError)) throw error;
  }
  return false;
}

/** Emits the NUMERIC average. */
export function emitAverage(
  x: ExprCompiler,
  code: { low: string; carry: string; f1: string; f2: string; count: string },
): Reg {
  const call = `${x.b.bind(numericAverage)}(${code.low},${code.carry},${code.f1},${code.f2},${code.count})`;
  return emitDec(x, call, `(${code.count}===0?1:0)`);
}

/** Emits loads of the fields of a whole or numeric sum at `i`. */
export function loadSum(x: ExprCompiler, { f }: FieldNames, i: string, numeric: boolean): {
  low: string;
  carry: string;
  f1: string;
  f2: string;
  count: string;
} {
  const b = x.b;
  const [low, carry, count] = [b.fresh('v'), b.fresh('v'), b.fresh('v')];
  b.line(`const ${low}=${f[0]}[${i}],${carry}=${f[1]}[${i}],${count}=${f[2]}[${i}];`);
  if (!numeric) return { low, carry, f1: num(0), f2: num(0), count };
  const [f1, f2] = [b.fresh('v'), b.fresh('v')];
  b.line(`const ${f1}=${f[3]}[${i}],${f2}=${f[4]}[${i}];`);
  return { low, carry, f1, f2, count };
}
