import * as numeric from '../../values/numeric.ts';
import { SqlValueError } from '../../values/sql-error.ts';
import type { SeriesInItem } from './buckets.ts';
import type { Formula, Kind, WindowDays, Zero } from './program.ts';

/** A value: integers and dates (days since 1970) as numbers, BIGINT as bigint, NUMERIC as bigint times 10^28. */
export type Value = null | boolean | number | bigint | string;

/** What formulas read. */
export interface FormulaInput {
  /** The oldest day that the item keeps, in days before it was written; Infinity if every day is an item. */
  readonly reach: number;
  /** The series of the program. */
  readonly series: readonly SeriesInItem[];
  /** The reader's UTC date, in days since 1970. */
  readonly today: number;
  /** Returns an attribute of the item. */
  get(name: string, kind: Kind): Value;
  /** Returns the numbers of the series of a group. */
  seriesOf(group: number): readonly number[];
}

/** A formula needs a series, or days of it, that the item does not hold: another version of the SQL wrote the item. */
export class UnknownSeries extends Error {
  constructor() {
    super('another version of the SQL wrote the item');
    this.name = 'UnknownSeries';
  }
}

/**
 * Computes a formula by SQL's rules, with the digits that the pipeline would have written. A call or a cast that fails,
 * such as a division by zero, is NULL, as in a stream. Throws UnknownSeries.
 */
export function evaluate(f: Formula, input: FormulaInput): Value {
  switch (f[0]) {
    case 'const':
      return constant(f[1], f[2]);
    case 'get':
      return input.get(f[2], f[1]);
    case 'today':
      return input.today;
    case 'sum':
      return sum(f[1], f[2], f[3], input);
    case 'count':
      return count(f[1], input);
    case 'exists':
      return exists(f[1], input);
    case 'call': {
      const [, name, kind, ...rest] = f;
      const args = rest.map((arg) => evaluate(arg, input));
      return args.includes(null) ? null : lenient(() => call(name, kind, args));
    }
    case 'cast': {
      const value = evaluate(f[3], input);
      return value === null ? null : lenient(() => cast(value, f[1], f[2]));
    }
    case 'compare': {
      const [a, b] = [evaluate(f[3], input), evaluate(f[4], input)];
      return a === null || b === null ? null : compare(f[1], a, b);
    }
    case 'and':
    case 'or':
      return logic(f[0] === 'or', f.slice(1) as readonly Formula[], input);
    case 'not': {
      const value = evaluate(f[1], input);
      return value === null ? null : value === false;
    }
    case 'null':
      return evaluate(f[1], input) === null;
    case 'case':
      return choose(f.slice(1) as readonly Formula[], input);
    case 'coalesce': {
      for (const arg of f.slice(1) as readonly Formula[]) {
        const value = evaluate(arg, input);
        if (value !== null) return value;
      }
      return null;
    }
  }
}

function constant(kind: Kind, value: string | boolean | null): Value {
  if (value === null || typeof value === 'boolean' || kind === 'varchar') return value;
  if (kind === 'numeric') return numeric.numericParse(value);
  return kind === 'bigint' ? BigInt(value) : Number(value);
}

function lenient(compute: () => Value): Value {
  try {
    return compute();
  } catch (error) {
    if (error instanceof SqlValueError) return null;
    throw error;
  }
}

/** Calls `add` for each value of the windows. Returns false if one of their groups does not exist. */
function eachValue(
  windows: readonly WindowDays[],
  input: FormulaInput,
  add: (value: bigint) => void,
): boolean {
  for (const [series, from, to] of windows) {
    const buckets = input.series[series];
    if (buckets === undefined || to > input.reach) throw new UnknownSeries();
    if (buckets === null) return false;
    const { values } = buckets;
    const [first, last] = [input.today - to, from === null ? Infinity : input.today - from];
    buckets.days.forEach((day, i) => {
      const value = values[i]!;
      if (day >= first && day <= last && value !== null) add(value);
    });
  }
  return true;
}

function sum(
  kind: 'bigint' | 'numeric',
  windows: readonly WindowDays[],
  zero: Zero | null,
  input: FormulaInput,
): Value {
  let total: bigint | null = null;
  const isThere = eachValue(windows, input, (value) => {
    total = (total ?? 0n) + value;
  });
  if (!isThere) return null;
  if (total === null && zero !== null && isZero(zero, input)) return 0n;
  const found = total as bigint | null;
  if (found === null) return null;
  return lenient(() => (kind === 'numeric' ? numeric.fit96(found) : integer(found, kind)));
}

function exists(group: number, input: FormulaInput): boolean {
  const known = input.seriesOf(group).map((series) => input.series[series]);
  const first = known.find((buckets) => buckets !== undefined);
  if (first === undefined) throw new UnknownSeries();
  return first !== null;
}

function isZero(zero: Zero, input: FormulaInput): boolean {
  if (zero === true) return true;
  const oldest = input.get(zero[0], 'date');
  return typeof oldest === 'number' && oldest <= input.today - zero[1];
}

function count(windows: readonly WindowDays[], input: FormulaInput): Value {
  let total = 0n;
  const isThere = eachValue(windows, input, (value) => {
    total += value;
  });
  return isThere ? total : null;
}

function compare(op: string, a: NonNullable<Value>, b: NonNullable<Value>): boolean {
  switch (op) {
    case '=':
      return a === b;
    case '<>':
      return a !== b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    default:
      return a >= b;
  }
}

function logic(deciding: boolean, args: readonly Formula[], input: FormulaInput): Value {
  let unknown = false;
  for (const arg of args) {
    const value = evaluate(arg, input);
    if (value === deciding) return deciding;
    if (value === null) unknown = true;
  }
  return unknown ? null : !deciding;
}

/** `when, then, when, then, ..., otherwise`. */
function choose(parts: readonly Formula[], input: FormulaInput): Value {
  for (let i = 0; i + 1 < parts.length; i += 2) {
    if (evaluate(parts[i]!, input) === true) return evaluate(parts[i + 1]!, input);
  }
  return evaluate(parts.at(-1)!, input);
}

const INTEGER_BITS = { smallint: 16, integer: 32, bigint: 64 } as const;

function integer(value: bigint, kind: Kind): Value {
  const bits = INTEGER_BITS[kind as keyof typeof INTEGER_BITS];
  if (BigInt.asIntN(bits, value) !== value) throw new SqlValueError('22003', `${kind} out of range`);
  return kind === 'bigint' ? value : Number(value);
}

function cast(value: NonNullable<Value>, from: Kind, to: Kind): Value {
  if (from === to) return value;
  if (from === 'numeric') return integer(numeric.numericToBigint(value as bigint), to);
  const whole = BigInt(value as number | bigint);
  return to === 'numeric' ? numeric.numericFromBigint(whole) : integer(whole, to);
}

function call(name: string, kind: Kind, args: readonly Value[]): Value {
  if (kind === 'numeric') return numericCall(name, args as readonly bigint[]);
  const [a, b = 0n] = (args as readonly (number | bigint)[]).map(BigInt) as [bigint, bigint?];
  return integer(integerCall(name, a, b, args.length), kind);
}

function integerCall(name: string, a: bigint, b: bigint, count_: number): bigint {
  switch (name) {
    case '+':
      return count_ === 1 ? a : a + b;
    case '-':
      return count_ === 1 ? -a : a - b;
    case '*':
      return a * b;
    case 'abs':
      return a < 0n ? -a : a;
    default:
      if (b === 0n) throw new SqlValueError('22012', 'division by zero');
      return name === '/' ? a / b : a % b;
  }
}

function numericCall(name: string, args: readonly bigint[]): bigint {
  const [a, b] = args as readonly [bigint, bigint];
  const digits = args.length < 2 ? 0 : Number(b);
  switch (name) {
    case '+':
      return args.length === 1 ? a : numeric.numericAdd(a, b);
    case '-':
      return args.length === 1 ? -a : numeric.numericSub(a, b);
    case '*':
      return numeric.numericMul(a, b);
    case '/':
      return numeric.numericDiv(a, b);
    case '%':
      return numeric.numericMod(a, b);
    case 'abs':
      return numeric.numericAbs(a);
    case 'sign':
      return numeric.numericSign(a);
    case 'floor':
      return numeric.numericFloor(a);
    case 'ceil':
    case 'ceiling':
      return numeric.numericCeil(a);
    case 'trunc':
      return numeric.numericTrunc(a, digits);
    default:
      return numeric.numericRound(a, digits);
  }
}

/** The functions that formulas may call, with numbers of these kinds as arguments and result. */
export const CALLS: Readonly<Record<'integers' | 'numeric', readonly string[]>> = {
  integers: ['+', '-', '*', '/', '%', 'abs'],
  numeric: ['+', '-', '*', '/', '%', 'abs', 'sign', 'floor', 'ceil', 'ceiling', 'trunc', 'round'],
};
