import type { Column } from './column.ts';

/** One limb: 14 decimal digits. Two limbs make the 28 digits after the point. */
export const LIMB = 1e14;
export const MAX_INT = Number.MAX_SAFE_INTEGER;
const E14 = 10n ** 14n;
const E28 = 10n ** 28n;
const MAX_INT_BIG = BigInt(MAX_INT);

/** Limbs to a numeric datum (the value times 10^28). */
export function decToDatum(v: number, f1: number, f2: number, big: bigint | undefined): bigint {
  if (Number.isNaN(v)) {
    if (big === undefined) throw new Error('numeric: the value is marked big but there is none');
    return big;
  }
  return BigInt(v) * E28 + BigInt(f1) * E14 + BigInt(f2);
}

/** A numeric datum into row `i` of a `dec` column. */
export function decFromDatum(x: bigint, column: Column, i: number): void {
  let whole = x / E28;
  let fraction = x % E28;
  if (fraction < 0n) {
    fraction += E28;
    whole -= 1n;
  }
  if (whole > MAX_INT_BIG || whole < -MAX_INT_BIG) {
    column.v[i] = NaN;
    column.f1[i] = 0;
    column.f2[i] = 0;
    column.big[i] = x;
    return;
  }
  column.v[i] = Number(whole);
  column.f1[i] = Number(fraction / E14);
  column.f2[i] = Number(fraction % E14);
}
