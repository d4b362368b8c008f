/**
 * Sums of doubles in exact arithmetic, without code of the engine. A double is a decimal of at most 1,075 digits after
 * the point, so doubles are added as integers in units of 10^-1075. JavaScript rounds the decimal text of the sum to
 * the nearest double, half to even.
 */

const DIGITS = 1075;

/** Returns a finite double times 10^1075, exactly. */
function scaled(x: number): bigint {
  let size = Math.abs(x);
  let exponent = 0;
  while (!Number.isInteger(size) || size > Number.MAX_SAFE_INTEGER) {
    if (size > Number.MAX_SAFE_INTEGER) {
      size /= 2;
      exponent++;
    } else {
      size *= 2;
      exponent--;
    }
  }
  const ten = 10n ** BigInt(DIGITS);
  const value =
    exponent >= 0 ? (BigInt(size) << BigInt(exponent)) * ten : (BigInt(size) * ten) >> BigInt(-exponent);
  return x < 0 ? -value : value;
}

/** Returns the double nearest to n * 10^-1075, half to even. */
function read(n: bigint): number {
  const size = (n < 0n ? -n : n).toString().padStart(DIGITS + 1, '0');
  const x = Number(`${size.slice(0, -DIGITS)}.${size.slice(-DIGITS)}`);
  return n < 0n ? -x + 0 : x;
}

function special(values: readonly number[]): number | undefined {
  if (values.every((x) => Number.isFinite(x))) return undefined;
  const both = values.includes(Infinity) && values.includes(-Infinity);
  if (both || values.some((x) => Number.isNaN(x))) return NaN;
  return values.includes(Infinity) ? Infinity : -Infinity;
}

function total(values: readonly number[]): bigint {
  return values.reduce((sum, x) => sum + scaled(x), 0n);
}

/** Returns the SUM of doubles: null without values, and null if the sum is beyond the range of doubles. */
export function exactSum(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sum = special(values);
  if (sum !== undefined) return sum;
  const x = read(total(values));
  return Number.isFinite(x) ? x : null;
}

/** Returns the AVG of doubles or reals; null without values. */
export function exactAverage(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sum = special(values);
  if (sum !== undefined) return sum;
  // A last digit 1 stands for a remainder of the division.
  const n = BigInt(values.length);
  const t = total(values) * 10n ** 1000n;
  const size = t < 0n ? -t : t;
  const text = (size / n).toString().padStart(DIGITS + 1001, '0') + (size % n === 0n ? '0' : '1');
  const x = Number(`${text.slice(0, -DIGITS - 1001)}.${text.slice(-DIGITS - 1001)}`);
  return t < 0n ? -x + 0 : x;
}

/** Returns the SUM of reals as the real nearest to the exact sum, half to even; null without values or beyond all. */
export function exactRealSum(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sum = special(values);
  if (sum !== undefined) return sum;
  const exact = total(values);
  const distance = (x: number): bigint => {
    const d = scaled(x) - exact;
    return d < 0n ? -d : d;
  };
  const near = Math.fround(read(exact));
  // The largest real rounds up from halfway to 2^128, as if larger exponents existed.
  const largest = 2 ** 128 - 2 ** 104;
  const size = exact < 0n ? -exact : exact;
  if (size >= scaled(2 ** 128 - 2 ** 103)) return null;
  const start = Number.isFinite(near) ? near : exact < 0n ? -largest : largest;
  const [best] = [start, neighbour(start, 1), neighbour(start, -1)]
    .filter((x) => Number.isFinite(x))
    .sort((a, b) => {
      const by = distance(a) - distance(b);
      return by < 0n ? -1 : by > 0n ? 1 : lastBit(a) - lastBit(b);
    });
  return best! + 0;
}

const REAL = new Float32Array(1);
const BITS = new Int32Array(REAL.buffer);

function neighbour(x: number, step: 1 | -1): number {
  if (x === 0) return step * 2 ** -149;
  REAL[0] = x;
  BITS[0]! += x > 0 ? step : -step;
  return REAL[0]!;
}

function lastBit(x: number): number {
  REAL[0] = x;
  return BITS[0]! & 1;
}
