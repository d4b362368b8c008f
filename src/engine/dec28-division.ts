import { numericDiv } from '../values/numeric.ts';
import { DEC, E28, decToDatum, exact, roundLimbs } from './dec28.ts';

const HALF_LIMB = 1e7;

/**
 * Puts a / b into DEC, with the digits of RisingWave's decimal (values/numeric.ts); returns false if the caller must
 * take the exact path. A whole dividend and a small whole divisor, the usual `seconds / 60.0`, are divided limb by
 * limb; all others as bigints.
 */
export function decDiv(av: number, a1: number, a2: number, bv: number, b1: number, b2: number): boolean {
  if (Number.isNaN(av) || Number.isNaN(bv)) return false; // a big value beside the limbs
  if (b1 === 0 && b2 === 0 && bv > 0 && bv <= 1e8 && a1 === 0 && a2 === 0 && av >= 0 && av < 1e14) {
    return wholeDiv(av, bv);
  }
  return exact(numericDiv, decToDatum(av, a1, a2, undefined), decToDatum(bv, b1, b2, undefined));
}

/**
 * Puts a / b into DEC for whole 0 <= a < 1e14 and 0 < b <= 1e8. Remainders come from floor and multiplication, since
 * `%` on doubles is a slow library call; below 2^53 they are exact once a quotient that was rounded up is corrected.
 */
function wholeDiv(a: number, b: number): boolean {
  let whole = Math.floor(a / b);
  let r = a - whole * b;
  if (r < 0) {
    whole -= 1;
    r += b;
  }
  const rest = fractionOf(r, b);
  return roundLimbs(whole, DEC[1]!, DEC[2]!, rest) || exact(numericDiv, BigInt(a) * E28, BigInt(b) * E28);
}

/**
 * Returns a `decDiv` with a fixed divisor, a whole 0 < b <= {@link MAX_TABLE_DIVISOR}. A table holds the fractions of
 * all remainders, so that `seconds / 60.0` takes one division of doubles instead of five.
 */
export function divideBy(b: number): (av: number, a1: number, a2: number) => boolean {
  const limbs1 = new Float64Array(b);
  const limbs2 = new Float64Array(b);
  const rests = new Uint8Array(b);
  for (let r = 1; r < b; r++) {
    rests[r] = fractionOf(r, b);
    limbs1[r] = DEC[1]!;
    limbs2[r] = DEC[2]!;
  }
  return (av, a1, a2) => {
    // A big value beside the limbs is NaN, which fails the comparison.
    if (!(a1 === 0 && a2 === 0 && av >= 0 && av < 1e14)) return decDiv(av, a1, a2, b, 0, 0);
    let whole = Math.floor(av / b);
    let r = av - whole * b;
    if (r < 0) {
      whole -= 1;
      r += b;
    }
    return roundLimbs(whole, limbs1[r]!, limbs2[r]!, rests[r]!) || decDiv(av, 0, 0, b, 0, 0);
  };
}

/** The largest divisor for which {@link divideBy} makes a table (17 bytes for each remainder). */
export const MAX_TABLE_DIVISOR = 4096;

/**
 * Puts the first 28 digits of r / b into DEC[1] and DEC[2], for whole 0 <= r < b <= 1e8. Returns how the rest compares
 * with half of the last digit: 0 nothing, 1 less, 2 exactly half, 3 more.
 */
function fractionOf(r: number, b: number): number {
  DEC[1] = limbOf(r, b);
  DEC[2] = limbOf(LEFT[0]!, b);
  const left = LEFT[0]!;
  return left === 0 ? 0 : 2 * left < b ? 1 : 2 * left === b ? 2 : 3;
}

/** {@link limbOf} leaves the remainder here. */
const LEFT = new Float64Array(1);

/** Returns the next 14 digits of r / b, in two steps of 7: r < b <= 1e8, so r * 1e7 is exact. */
function limbOf(r: number, b: number): number {
  let high = Math.floor((r * HALF_LIMB) / b);
  let left = r * HALF_LIMB - high * b;
  if (left < 0) {
    high -= 1;
    left += b;
  }
  let low = Math.floor((left * HALF_LIMB) / b);
  left = left * HALF_LIMB - low * b;
  if (left < 0) {
    low -= 1;
    left += b;
  }
  LEFT[0] = left;
  return high * HALF_LIMB + low;
}
