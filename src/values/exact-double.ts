/**
 * Doubles as exact numbers: bigint multiples of the smallest double, 2^-1074. Sums of these are exact at any size; only
 * {@link nearestDouble} and {@link nearestReal} round, once, half to even.
 */

const VIEW = new DataView(new ArrayBuffer(8));
const TWO_1000 = 1n << 1000n;
const TWO_2000 = 1n << 2000n;
const FRACTION = (1n << 52n) - 1n;
/** A quotient truncated to at least this many bits tells on which side of a tie the exact one lies. */
const KEPT_BITS = 64;

/** Returns a finite double times 2^1074. */
export function exactDouble(x: number): bigint {
  VIEW.setFloat64(0, x);
  const bits = VIEW.getBigUint64(0);
  const biased = Number(bits >> 52n) & 0x7ff;
  const fraction = bits & FRACTION;
  const size = biased === 0 ? fraction : (fraction | (1n << 52n)) << BigInt(biased - 1);
  return x < 0 ? -size : size;
}

/** Returns the double nearest to n / d * 2^-1074, the even one of two; an infinity if it is beyond all doubles. */
export function nearestDouble(n: bigint, d: bigint): number {
  const size = n < 0n ? -n : n;
  const { head, shift } = headOf(size, d);
  const nearest = timesPowerOfTwo(Number(head), shift);
  return n < 0n ? -nearest + 0 : nearest; // + 0: never -0
}

/** Returns the real nearest to n * 2^-1074, the even one of two; an infinity if it is beyond all reals. */
export function nearestReal(n: bigint): number {
  const size = n < 0n ? -n : n;
  const drop = Math.max(0, bitLength(size) - 53);
  const head = size >> BigInt(drop);
  // Rounding to odd: a double whose last bit is 1 if bits were cut off rounds to the same real as the exact number.
  const odd = head << BigInt(drop) === size ? head : head | 1n;
  const nearest = Math.fround(timesPowerOfTwo(Number(odd), drop));
  return n < 0n ? -nearest + 0 : nearest; // + 0: never -0
}

/** Returns n / d as a whole `head` times 2^shift. If bits were cut off, `head` is long and its last bit is 1. */
function headOf(n: bigint, d: bigint): { head: bigint; shift: number } {
  const shift = bitLength(n) - bitLength(d) - KEPT_BITS;
  // Below 2^53, in units of the smallest double, every whole number is a double.
  if (shift + KEPT_BITS <= 52) return { head: d === 1n ? n : divideHalfEven(n, d), shift: 0 };
  const by = BigInt(Math.abs(shift));
  if (shift < 0) return { head: withRest(n << by, d), shift };
  const head = n >> by;
  if (d === 1n) return { head: head << by === n ? head : head | 1n, shift };
  return { head: withRest(n, d << by), shift };
}

/** Returns n / d, with the last bit set if there is a remainder. */
function withRest(n: bigint, d: bigint): bigint {
  const head = n / d;
  return head * d === n ? head : head | 1n;
}

function divideHalfEven(n: bigint, d: bigint): bigint {
  const head = n / d;
  const twice = 2n * (n - head * d);
  return twice > d || (twice === d && (head & 1n) === 1n) ? head + 1n : head;
}

function bitLength(x: bigint): number {
  if (x === 0n) return 0;
  const above = x < TWO_1000 ? 0 : x < TWO_2000 ? 1000 : 2000;
  VIEW.setFloat64(0, Number(above === 0 ? x : x >> BigInt(above)));
  // Rounding up to a power of two makes the result one bit too long.
  const length = above + (VIEW.getUint32(0) >>> 20) - 1022;
  return x >> BigInt(length - 1) === 0n ? length - 1 : length;
}

/** Returns x * 2^(shift - 1074), for results that are exact doubles or beyond all doubles. */
function timesPowerOfTwo(x: number, shift: number): number {
  const exponent = shift - 1074;
  if (exponent > 1023) return Infinity;
  // Two steps, because the power itself may be too small for a normal double.
  return exponent < -1000 ? x * powerOfTwo(exponent + 100) * powerOfTwo(-100) : x * powerOfTwo(exponent);
}

function powerOfTwo(exponent: number): number {
  VIEW.setUint32(0, (exponent + 1023) << 20);
  VIEW.setUint32(4, 0);
  return VIEW.getFloat64(0);
}
