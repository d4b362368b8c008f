import { exactDouble, nearestDouble, nearestReal } from '../../values/exact-double.ts';
import { SqlValueError } from '../../values/sql-error.ts';
import { num } from '../codegen/builder.ts';
import type { ExprCompiler } from '../codegen/expr-compiler.ts';
import type { Reg } from '../codegen/reg.ts';
import type { WideSums } from '../state/wide-sums.ts';
import type { FieldAggregate, FieldCode } from './aggregate.ts';
import type { ResultKind } from './result-kind.ts';
import { emitKind, IS_FAILURE, IS_NULL, IS_VALUE } from './result-kind.ts';

/**
 * Exact sums of doubles: no addition ever rounds, so a sum is a function of the values in it, whatever was added and
 * retracted before. Only the result is rounded, once, half to even.
 *
 * The sum is `high + middle + low`, doubles on three grids: whole multiples of 2^10, 2^-40 and 2^-90, where middle and
 * low are at most half a step of the next coarser grid. A value below 2^61 whose last bit is 2^-90 or more (a double
 * from 4e-12 on, a whole number, a real from 1e-19 on) is split onto the grids: adding and subtracting 1.5 * 2^52 steps
 * rounds it to a whole number of steps. Values that do not fit, and values that are not finite, go to the operator's
 * {@link WideSums}, which are exact as well, so a value may be added in one place and retracted in the other.
 */
const HIGH_STEP = 2 ** 10;
const MIDDLE_STEP = 2 ** -40;
const LOW_STEP = 2 ** -90;
/** Values up to this are split, and sums up to twice this are kept: larger ones are not exact on the high grid. */
const LARGEST = 2 ** 61;

const [TO_HIGH, TO_MIDDLE, TO_LOW] = [HIGH_STEP, MIDDLE_STEP, LOW_STEP].map((step) =>
  num(1.5 * 2 ** 52 * step),
);

/**
 * SUM and AVG of REAL and DOUBLE PRECISION. The result is the sum, rounded once to a double or a real, or the exact
 * quotient, rounded once to a double. Accumulators: high, middle, low, the number of the sum's wide part, the count of
 * values.
 */
export function doubleSum(result: 'double' | 'real' | 'average'): FieldAggregate {
  const of = { double: sumOfDoubles, real: sumOfReals, average: averageOf }[result];
  return {
    count: 5,
    wide: 3,
    update(x, fields, { w, args }) {
      x.b.line(`${fields.f(4)}+=${w};`);
      emitAdd(x, fields, { w, v: args[0]!.v });
    },
    result: (x, fields) => emitResult(x, fields, of),
  };
}

/** Emits the addition of a double. */
function emitAdd(x: ExprCompiler, fields: FieldCode, row: { w: string; v: string }): void {
  const b = x.b;
  const [high, middle, low, wide] = [0, 1, 2, 3].map((k) => fields.f(k));
  const [y, h, m, l] = [b.fresh('y'), b.fresh('h'), b.fresh('m'), b.fresh('l')];
  const [th, tm, tl, cm, ch] = [b.fresh('t'), b.fresh('t'), b.fresh('t'), b.fresh('c'), b.fresh('c')];
  b.line(
    `const ${y}=${row.w}*${row.v},${h}=${y}+${TO_HIGH}-${TO_HIGH},${m}=${y}-${h}+${TO_MIDDLE}-${TO_MIDDLE};`,
  );
  b.line(`const ${l}=${y}-${h}-${m};`);
  // Carries are computed without branches: half a step of the next coarser grid, or more, moves there.
  b.line(`const ${tl}=${low}+${l},${cm}=${tl}+${TO_MIDDLE}-${TO_MIDDLE};`);
  b.line(`const ${tm}=${middle}+${m}+${cm},${ch}=${tm}+${TO_HIGH}-${TO_HIGH},${th}=${high}+${h}+${ch};`);
  // NaN fails the comparisons, too.
  b.line(`if(${y}<=${LARGEST}&&${y}>=${-LARGEST}&&${l}+${TO_LOW}-${TO_LOW}===${l}`);
  b.line(`&&${th}<=${2 * LARGEST}&&${th}>=${-2 * LARGEST}){`);
  b.line(`${high}=${th};${middle}=${tm}-${ch};${low}=${tl}-${cm};`);
  b.line(`}else ${wide}=${fields.wide}.add(${wide},${row.v},${row.w});`);
}

/** The result register. */
const VALUE = new Float64Array(1);
const OVERFLOW = new SqlValueError('22003', 'sum: value out of range: overflow');

/** Computes a result from a sum's accumulators into VALUE, and returns its kind. */
type Result = (
  wide: WideSums,
  high: number,
  middle: number,
  low: number,
  part: number,
  count: number,
) => ResultKind;

/** Emits a single call without branches: rare cases lie in functions that all operators share. */
function emitResult(x: ExprCompiler, fields: FieldCode, result: Result): Reg {
  const b = x.b;
  const accumulators = [0, 1, 2, 3, 4].map((k) => fields.f(k)).join();
  const flags = emitKind(b, `${b.bind(result)}(${fields.wide},${accumulators})`, OVERFLOW);
  const v = b.fresh('v');
  b.line(`const ${v}=${b.bind(VALUE)}[0];`);
  return { layout: 'f64', v, ...flags };
}

const sumOfDoubles: Result = (wide, high, middle, low, part, count) => {
  if (count === 0) return leaveNull();
  if (part === 0) return leave(nearest(high, middle, low), 0);
  const notFinite = notFiniteSum(wide, part);
  if (notFinite !== 0) return leave(notFinite, notFinite);
  return leave(nearestDouble(exactSum(wide, high, middle, low, part), 1n), 0);
};

const sumOfReals: Result = (wide, high, middle, low, part, count) => {
  if (count === 0) return leaveNull();
  if (part === 0) return leave(Math.fround(towardsOdd(nearest(high, middle, low))), 0);
  const notFinite = notFiniteSum(wide, part);
  if (notFinite !== 0) return leave(notFinite, notFinite);
  return leave(nearestReal(exactSum(wide, high, middle, low, part)), 0);
};

const averageOf: Result = (wide, high, middle, low, part, count) => {
  if (count === 0) return leaveNull();
  if (part === 0) {
    const quotient = divided(nearest(high, middle, low), count);
    if (quotient !== undefined) return leave(quotient, 0);
  }
  const notFinite = notFiniteSum(wide, part);
  if (notFinite !== 0) return leave(notFinite, notFinite);
  return leave(nearestDouble(exactSum(wide, high, middle, low, part), BigInt(count)), 0);
};

function leaveNull(): ResultKind {
  VALUE[0] = 0;
  return IS_NULL;
}

/** Puts a rounded value into VALUE. A value that is not finite has overflowed, unless `expected` is not 0. */
function leave(value: number, expected: number): ResultKind {
  const failed = expected === 0 && !Number.isFinite(value);
  VALUE[0] = failed ? 0 : value + 0;
  return failed ? IS_FAILURE : IS_VALUE;
}

/** Returns the sum if some values are not finite, else 0. */
function notFiniteSum(wide: WideSums, part: number): number {
  const { nans, infinities, negativeInfinities } = wide.get(part);
  if (nans > 0 || (infinities > 0 && negativeInfinities > 0)) return NaN;
  return infinities > 0 ? Infinity : negativeInfinities > 0 ? -Infinity : 0;
}

function exactSum(wide: WideSums, high: number, middle: number, low: number, part: number): bigint {
  return exactDouble(high) + exactDouble(middle) + exactDouble(low) + wide.get(part).finite;
}

/** The exact sum minus the last result of `nearest`; it may be rounded, but is 0 only if the result is exact. */
const REST = new Float64Array(1);

/** Returns the double nearest to high + middle + low, the even one of two, and sets REST. */
function nearest(high: number, middle: number, low: number): number {
  let sum = high + middle;
  let rest = middle - (sum - high); // exact: high is 0 or larger
  if (rest === 0) {
    rest = sum;
    sum += low;
    REST[0] = low - (sum - rest);
    return sum;
  }
  // The rest is a whole number of middle steps, and low is less than one of them: low decides only if the rest is half
  // the distance to the next double.
  if (low !== 0 && low > 0 === rest > 0) {
    const next = sum + 2 * rest;
    if (next - sum === 2 * rest) {
      sum = next;
      rest = -rest;
    }
  }
  REST[0] = rest + low;
  return sum;
}

const WORDS = new Int32Array(VALUE.buffer);

/**
 * Rounds to odd: returns the sum if it is exact, otherwise that of the two doubles around the exact sum whose last bit
 * is 1. Rounding it again to a real then gives the real nearest to the exact sum.
 */
function towardsOdd(sum: number): number {
  const rest = REST[0]!;
  VALUE[0] = sum;
  if (rest === 0 || (WORDS[0]! & 1) === 1) return sum;
  // The last bit is 0: the next larger magnitude sets it, the next smaller one borrows.
  if (rest > 0 === sum > 0) WORDS[0]! |= 1;
  else {
    if (WORDS[0] === 0) WORDS[1]! -= 1;
    WORDS[0]! -= 1;
  }
  return VALUE[0]!;
}

const SPLITTER = 2 ** 27 + 1;
/** Bounds for the error in the estimated rest of a quotient: relative to the rest, and to the quotient. */
const OFF_REST = 2 ** -40;
const OFF_QUOTIENT = 2 ** -90;

/** Returns the double nearest to the exact sum / n; undefined if the estimate cannot decide between two doubles. */
function divided(sum: number, n: number): number | undefined {
  const quotient = sum / n;
  const rest = REST[0]!;
  if (rest === 0) return quotient;
  // quotient * n as the sum of two doubles (Veltkamp, Dekker).
  const product = quotient * n;
  const [q, m] = [upperHalf(quotient), upperHalf(n)];
  const error = q * m - product + q * (n - m) + (quotient - q) * m + (quotient - q) * (n - m);
  const more = (sum - product - error + rest) / n;
  const off = Math.abs(more) * OFF_REST + Math.abs(quotient) * OFF_QUOTIENT;
  const nearestQuotient = quotient + (more - off);
  return nearestQuotient === quotient + (more + off) ? nearestQuotient : undefined;
}

function upperHalf(x: number): number {
  const t = SPLITTER * x;
  return t - (t - x);
}
