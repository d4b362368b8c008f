import { MIRRORED } from '../../../../plan/expr.ts';
import type { CallExpr, CompareOp, Expr } from '../../../../plan/expr.ts';
import { isInstant, usesNow } from '../../../../plan/clock-flow.ts';
import { DAY_US } from '../../../../values/civil.ts';
import type { Interval } from '../../../../values/datum.ts';
import { numericFromBigint, numericFromDouble } from '../../../../values/numeric.ts';
import { isInteger, isNumber } from '../../../../values/types.ts';
import type { Condition, RowTime } from './condition.ts';
import { times } from './clock-form.ts';
import { mayBeNull, plus, rowTime } from './row-time.ts';
import { differenceOf } from './difference.ts';
import type { Difference } from './difference.ts';
import type { Solver } from './solver.ts';

/** A constant as an exact fraction. */
interface Ratio {
  readonly over: bigint;
  readonly under: bigint;
}

const NUMERIC_ONE = numericFromBigint(1n);

/**
 * Returns `left op right`, where `right` is a number that the clock counts up: days or seconds since a time of the row,
 * whole parts and multiples of them, the year, the seconds of the epoch. Returns undefined for any other number.
 */
export function solveNumber(left: Expr, op: CompareOp, right: Expr, solver: Solver): Condition | undefined {
  const constant = ratioOf(left);
  if (constant !== undefined) {
    switch (op) {
      case '<=':
        return atLeast(right, constant, false, solver);
      case '<':
        return atLeast(right, constant, true, solver);
      case '>':
        return not(atLeast(right, constant, false, solver));
      case '>=':
        return not(atLeast(right, constant, true, solver));
      default: {
        const from = atLeast(right, constant, false, solver);
        const beyond = not(atLeast(right, constant, true, solver));
        if (from === undefined || beyond === undefined) return undefined;
        const same: Condition = { kind: 'and', args: [from, beyond] };
        return op === '=' ? same : { kind: 'not', arg: same };
      }
    }
  }
  return ofRow(left, op, right, solver);
}

/** Returns a comparison of a number of the row with days since a time, or with the seconds of the epoch. */
function ofRow(left: Expr, op: CompareOp, right: Expr, solver: Solver): Condition | undefined {
  const { text } = solver;
  const plain = withoutCasts(right);
  const parts = differenceOf(plain);
  if (parts !== undefined && plain.type.kind === 'integer' && isInteger(left.type)) {
    const by = `${text.operand(left)} * INTERVAL '1 day'`;
    const how = parts.sign === 1 ? op : MIRRORED[op];
    const row = plus(rowTime(parts.row, text), parts.sign === 1 ? '+' : '-', by, mayBeNull(left, text));
    return solver.time(row, how, parts.clock);
  }
  const seconds = epochOf(plain);
  const number = withoutCasts(left);
  if (seconds === undefined || !isInstant(seconds) || !isInteger(number.type)) return undefined;
  const sql = `to_timestamp(${text.operand(number)}::double precision)`;
  const row: RowTime = { sql, type: 'timestamptz', nullable: mayBeNull(left, text), grid: undefined };
  return solver.time(row, op, seconds);
}

/** Returns `e >= c`, or `e > c` if `strictly`; undefined if `e` is no number that the clock counts up or down. */
function atLeast(e: Expr, c: Ratio, strictly: boolean, solver: Solver): Condition | undefined {
  if (e.kind === 'cast') {
    const isExact = isNumber(e.arg.type) && !(isInteger(e.type) && !isInteger(e.arg.type));
    return isExact ? atLeast(e.arg, c, strictly, solver) : undefined;
  }
  if (e.kind !== 'call') return undefined;
  if (isInteger(e.type) && (strictly || c.under !== 1n)) {
    const least = strictly ? floor(c) + 1n : -floor(negative(c));
    return atLeast(e, whole(least), false, solver);
  }
  const parts = differenceOf(e);
  if (parts !== undefined && e.type.kind === 'integer')
    return differs(parts, { months: 0, days: Number(c.over), us: 0 }, false, solver);
  switch (e.fn.name) {
    case '+':
    case '-':
    case '*':
    case '/':
      return ofArithmetic(e, c, strictly, solver);
    case 'floor':
      return atLeast(e.args[0]!, whole(strictly ? floor(c) + 1n : -floor(negative(c))), false, solver);
    case 'ceil':
    case 'ceiling':
      return atLeast(e.args[0]!, whole(strictly ? floor(c) : -floor(negative(c)) - 1n), true, solver);
    case 'extract':
    case 'date_part':
      return ofField(e, c, strictly, solver);
    default:
      return undefined;
  }
}

/** Moves a constant summand or factor to the other side. */
function ofArithmetic(e: CallExpr, c: Ratio, strictly: boolean, solver: Solver): Condition | undefined {
  const [a, b] = e.args as readonly [Expr, Expr?];
  if (b === undefined) return undefined;
  const [clock, other, isFirst] = usesNow(a) ? [a, b, true] : [b, a, false];
  const by = ratioOf(other);
  if (by === undefined || usesNow(other)) return undefined;
  const name = e.fn.name;
  if (name === '+') return atLeast(clock, subtract(c, by), strictly, solver);
  if (name === '-') {
    if (isFirst) return atLeast(clock, add(c, by), strictly, solver);
    // by - x >= c is x <= by - c
    return not(atLeast(clock, subtract(by, c), !strictly, solver));
  }
  if (by.over <= 0n) return undefined;
  if (name === '*') return atLeast(clock, divide(c, by), strictly, solver);
  if (!isFirst) return undefined;
  if (!isInteger(e.type)) return atLeast(clock, multiply(c, by), strictly, solver);
  // A quotient of integers is cut towards zero. `c` is whole, and the comparison is not strict.
  return c.over >= 1n
    ? atLeast(clock, multiply(c, by), false, solver)
    : atLeast(clock, multiply(subtract(c, whole(1n)), by), true, solver);
}

function ofField(e: CallExpr, c: Ratio, strictly: boolean, solver: Solver): Condition | undefined {
  const [field, of] = e.args as readonly [Expr, Expr];
  const name = field.kind === 'const' ? String(field.value).trim().toLowerCase() : '';
  const parts = differenceOf(of);
  if (parts !== undefined && of.type.kind === 'interval') {
    if (/^d(?:ays?)?$/.test(name)) {
      const least = strictly ? floor(c) + 1n : -floor(negative(c));
      const days = Number(least);
      // The days of a negative length are cut towards zero.
      return days >= 1
        ? differs(parts, { months: 0, days, us: 0 }, false, solver)
        : differs(parts, { months: 0, days: days - 1, us: 0 }, true, solver);
    }
    if (name !== 'epoch') return undefined;
    const micros = multiply(c, whole(1_000_000n));
    if (micros.under !== 1n) return undefined;
    return differs(parts, lengthOf(Number(micros.over)), strictly, solver);
  }
  return undefined;
}

/** Returns `clock - row >= length` (strictly: `>`), or the same of `row - clock`. */
function differs(
  { clock, row, sign }: Difference,
  length: Interval,
  strictly: boolean,
  solver: Solver,
): Condition {
  const time = rowTime(row, solver.text);
  // clock - row >= c is row <= clock - c; row - clock >= c is row >= clock + c.
  const op: CompareOp = sign === 1 ? (strictly ? '<' : '<=') : strictly ? '>' : '>=';
  return solver.shifted(time, op, clock, times(length, sign === 1 ? -1 : 1));
}

/** Returns the time whose seconds since 1970 an expression gives. */
function epochOf(e: Expr): Expr | undefined {
  if (e.kind !== 'call' || (e.fn.name !== 'extract' && e.fn.name !== 'date_part')) return undefined;
  const [field, of] = e.args as readonly [Expr, Expr];
  const isEpoch = field.kind === 'const' && String(field.value).trim().toLowerCase() === 'epoch';
  return isEpoch ? of : undefined;
}

function withoutCasts(e: Expr): Expr {
  return e.kind === 'cast' && isNumber(e.type) && isNumber(e.arg.type) ? withoutCasts(e.arg) : e;
}

function lengthOf(us: number): Interval {
  return us % DAY_US === 0 ? { months: 0, days: us / DAY_US, us: 0 } : { months: 0, days: 0, us };
}

function not(arg: Condition | undefined): Condition | undefined {
  return arg === undefined ? undefined : { kind: 'not', arg };
}

/** Returns the value of a constant number; undefined for anything else, also for NULL and NaN. */
function ratioOf(e: Expr): Ratio | undefined {
  if (e.kind !== 'const' || e.value === null) return undefined;
  switch (e.type.kind) {
    case 'smallint':
    case 'integer':
      return whole(BigInt(e.value as number));
    case 'bigint':
      return whole(e.value as bigint);
    case 'numeric':
      return reduced(e.value as bigint, NUMERIC_ONE);
    case 'double':
      return Number.isFinite(e.value)
        ? reduced(numericFromDouble(e.value as number), NUMERIC_ONE)
        : undefined;
    default:
      return undefined;
  }
}

function whole(n: bigint): Ratio {
  return { over: n, under: 1n };
}
function reduced(over: bigint, under: bigint): Ratio {
  const by = divisor(over < 0n ? -over : over, under);
  return { over: over / by, under: under / by };
}
function divisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : divisor(b, a % b);
}
function negative({ over, under }: Ratio): Ratio {
  return { over: -over, under };
}
function add(a: Ratio, b: Ratio): Ratio {
  return reduced(a.over * b.under + b.over * a.under, a.under * b.under);
}
function subtract(a: Ratio, b: Ratio): Ratio {
  return add(a, negative(b));
}
function multiply(a: Ratio, b: Ratio): Ratio {
  return reduced(a.over * b.over, a.under * b.under);
}
/** `b` is positive. */
function divide(a: Ratio, b: Ratio): Ratio {
  return reduced(a.over * b.under, a.under * b.over);
}
function floor({ over, under }: Ratio): bigint {
  const cut = over / under;
  return over % under < 0n ? cut - 1n : cut;
}
