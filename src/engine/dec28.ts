import { numericMul, numericRound } from '../values/numeric.ts';
import { SqlValueError } from '../values/sql-error.ts';
import type { Column } from './column.ts';

/**
 * NUMERIC in three doubles: whole + f1 * 10^-14 + f2 * 10^-28, with 0 <= f1, f2 < 10^14 and a signed whole part within
 * 2^53 (so -0.5 is whole -1, f1 5e13). Values compare limb by limb, and equal values have equal limbs. A value that
 * does not fit is kept as a bigint beside the column; every function here reports that case and leaves it to the exact
 * path, which computes with bigints.
 */

/** One limb: 14 decimal digits. Two limbs make the 28 digits after the point. */
export const LIMB = 1e14;
const MAX_INT = Number.MAX_SAFE_INTEGER;
const E14 = 10n ** 14n;
export const E28 = 10n ** 28n;
const MAX_INT_BIG = BigInt(MAX_INT);

/** The result register: functions that compute a numeric leave its limbs here, as whole, f1, f2. */
export const DEC = new Float64Array(3);

/** Returns limbs as a numeric datum (the value times 10^28): `big` where v is NaN. */
export function decToDatum(v: number, f1: number, f2: number, big: bigint | undefined): bigint {
  if (Number.isNaN(v)) {
    if (big === undefined) throw new Error('numeric: the value is marked big but there is none');
    return big;
  }
  return BigInt(v) * E28 + BigInt(f1) * E14 + BigInt(f2);
}

/** Splits a numeric datum into DEC; returns false if it does not fit. */
export function decSplit(x: bigint): boolean {
  let whole = x / E28;
  let fraction = x % E28;
  if (fraction < 0n) {
    fraction += E28;
    whole -= 1n;
  }
  if (whole > MAX_INT_BIG || whole < -MAX_INT_BIG) return false;
  DEC[0] = Number(whole);
  DEC[1] = Number(fraction / E14);
  DEC[2] = Number(fraction % E14);
  return true;
}

/** Writes a numeric datum into row `i` of a `dec` column. */
export function decFromDatum(x: bigint, column: Column, i: number): void {
  if (decSplit(x)) {
    column.v[i] = DEC[0]!;
    column.f1[i] = DEC[1]!;
    column.f2[i] = DEC[2]!;
  } else {
    column.v[i] = NaN;
    column.f1[i] = 0;
    column.f2[i] = 0;
    column.big[i] = x;
  }
}

/** Puts f(a, b) into DEC; returns false if `f` fails or its result does not fit. */
export function exact(f: (a: bigint, b: bigint) => bigint, a: bigint, b: bigint): boolean {
  try {
    return decSplit(f(a, b));
  } catch (error) {
    if (error instanceof SqlValueError) return false;
    throw error;
  }
}

/** Puts a * b into DEC; returns false if the caller must take the exact path. */
export function decMul(av: number, a1: number, a2: number, bv: number, b1: number, b2: number): boolean {
  if (Number.isNaN(av) || Number.isNaN(bv)) return false; // a big value beside the limbs
  if (a1 === 0 && a2 === 0 && b1 === 0 && b2 === 0) {
    const product = av * bv;
    if (product <= MAX_INT && product >= -MAX_INT) {
      DEC[0] = product + 0;
      DEC[1] = 0;
      DEC[2] = 0;
      return true;
    }
  }
  return exact(numericMul, decToDatum(av, a1, a2, undefined), decToDatum(bv, b1, b2, undefined));
}

/**
 * Rounds a non-negative value half to even, to as many digits as a 96-bit mantissa holds, and puts it into DEC. `rest`
 * tells what was cut off below f2: 0 nothing, 1 less than half a unit, 2 half a unit, 3 more. Returns false if the
 * value is so close to the limit for its number of digits that the exact path must decide.
 */
export function roundLimbs(whole: number, f1: number, f2: number, rest: number): boolean {
  let scale = whole < 2 ** 31 ? START[32 - Math.clz32(whole)]! : START[31]!;
  while (scale > 0 && whole + 1 > LIMIT[scale]!) scale--;
  if (scale < 28 && whole + 1 <= LIMIT[scale]! && whole === Math.floor(LIMIT[scale + 1]!)) return false;
  const dropped = 28 - scale;
  if (dropped === 0) {
    if (rest === 3 || (rest === 2 && f2 % 2 === 1)) f2 += 1;
  } else if (dropped < 14) {
    const unit = POW10[dropped]!;
    const kept = Math.floor(f2 / unit);
    const low = f2 - kept * unit;
    if (low !== 0 || rest !== 0) {
      const half = unit / 2;
      f2 = (low > half || (low === half && (rest !== 0 || kept % 2 === 1)) ? kept + 1 : kept) * unit;
    }
  } else if (dropped === 14) {
    // The last digit kept is the last one of f1.
    const half = LIMB / 2;
    if (f2 > half || (f2 === half && (rest !== 0 || f1 % 2 === 1))) f1 += 1;
    f2 = 0;
  } else {
    const unit = POW10[dropped - 14]!;
    const kept = Math.floor(f1 / unit);
    const low = f1 - kept * unit;
    if (low !== 0 || f2 !== 0 || rest !== 0) {
      const half = unit / 2;
      f1 =
        (low > half || (low === half && (f2 !== 0 || rest !== 0 || kept % 2 === 1)) ? kept + 1 : kept) * unit;
      f2 = 0;
    }
  }
  if (f2 >= LIMB) {
    f2 -= LIMB;
    f1 += 1;
  }
  if (f1 >= LIMB) {
    f1 -= LIMB;
    whole += 1;
  }
  DEC[0] = whole;
  DEC[1] = f1;
  DEC[2] = f2;
  return true;
}

const POW10: readonly number[] = Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
/** START[bits]: the number of digits after the point for which the smallest whole part of that many bits has room. */
const START: Uint8Array = new Uint8Array(33);
/** LIMIT[s] = 2^96 / 10^s: below it, a value has room for s digits after the point. */
const LIMIT: readonly number[] = Array.from({ length: 29 }, (_, s) => Number(2n ** 96n) / Number(`1e${s}`));
for (let bits = 0; bits <= 32; bits++) {
  const smallest = bits === 0 ? 0 : 2 ** (bits - 1);
  let scale = 28;
  while (smallest + 1 > LIMIT[scale]!) scale--;
  START[bits] = scale;
}

/** Puts a + b into DEC; returns false if the caller must take the exact path. */
export function decAdd(av: number, a1: number, a2: number, bv: number, b1: number, b2: number): boolean {
  let v = av + bv;
  let f1 = a1 + b1;
  let f2 = a2 + b2;
  if (f2 >= LIMB) {
    f2 -= LIMB;
    f1 += 1;
  }
  if (f1 >= LIMB) {
    f1 -= LIMB;
    v += 1;
  }
  return settle(v, f1, f2);
}

/** Puts a - b into DEC; returns false if the caller must take the exact path. */
export function decSub(av: number, a1: number, a2: number, bv: number, b1: number, b2: number): boolean {
  let v = av - bv;
  let f1 = a1 - b1;
  let f2 = a2 - b2;
  if (f2 < 0) {
    f2 += LIMB;
    f1 -= 1;
  }
  if (f1 < 0) {
    f1 += LIMB;
    v -= 1;
  }
  return settle(v, f1, f2);
}

/** Puts round(a, scale), half away from zero, into DEC; returns false if the caller must take the exact path. */
export function decRound(v: number, f1: number, f2: number, scale: number): boolean {
  if (Number.isNaN(v)) return false; // a big value beside the limbs
  if (v < 0 || scale < 0 || scale > 14) {
    return exact((a) => numericRound(a, scale), decToDatum(v, f1, f2, undefined), 0n);
  }
  // The first digit cut off decides: half or more is cut off if it is 5 or more.
  const unit = POW10[14 - scale]!;
  let kept = Math.floor(f1 / unit);
  const low = f1 - kept * unit;
  if (unit === 1 ? f2 >= LIMB / 2 : low >= unit / 2) kept += 1;
  let whole = v;
  let digits = kept * unit;
  if (digits >= LIMB) {
    digits -= LIMB;
    whole += 1;
  }
  if (whole > MAX_INT) return false;
  DEC[0] = whole;
  DEC[1] = digits;
  DEC[2] = 0;
  return true;
}

/** Puts limbs into DEC, rounded to 96 bits; returns false if the caller must take the exact path. */
function settle(v: number, f1: number, f2: number): boolean {
  if (f2 === 0 && v < 7e13 && v > -7e13) {
    DEC[0] = v + 0;
    DEC[1] = f1;
    DEC[2] = 0;
    return true;
  }
  return v >= 0 && v <= MAX_INT && roundLimbs(v, f1, f2, 0);
}
