import type { CallExpr, Expr } from '../../plan/expr.ts';
import type { Interval } from '../../values/datum.ts';
import { ONE } from '../../values/numeric.ts';
import { MAX_TABLE_DIVISOR, decDiv, divideBy } from '../dec28-division.ts';
import { DEC, decAdd, decMul, decRound, decSub } from '../dec28.ts';
import { num } from './builder.ts';
import type { ExprCompiler } from './expr-compiler.ts';
import { floorDiv } from './inline-casts.ts';
import type { Reg } from './reg.ts';

const DAY_US = 86_400_000_000;
const MAX_DAY = 104_249;
const SAFE = '9007199254740991';

/** date_trunc units of fixed length, in microseconds; a week starts on Monday and has code of its own. */
const UNITS: ReadonlyMap<string, number> = new Map([
  ['second', 1e6],
  ['minute', 60e6],
  ['hour', 3600e6],
  ['day', DAY_US],
]);

/**
 * Emits a function call inline, with the results of its `impl`; returns undefined if there is no inline code for it.
 */
export function inlineCall(c: ExprCompiler, e: CallExpr): Reg | undefined {
  const { fn, args } = e;
  if (fn.args.length === 2 && args.length === 2) {
    const [left, right] = [fn.args[0]!.kind, fn.args[1]!.kind];
    if ('+-*/%'.includes(fn.name)) {
      if (left === right) return arithmetic(c, fn.name, left, args);
      return calendar(c, fn.name, left, right, args);
    }
    if (fn.name === 'round' && left === 'numeric') return round(c, args);
    if (fn.name === 'date_trunc' && (right === 'timestamp' || right === 'timestamptz'))
      return truncate(c, args);
  }
  return undefined;
}

function arithmetic(c: ExprCompiler, op: string, kind: string, args: readonly Expr[]): Reg | undefined {
  switch (kind) {
    case 'smallint':
    case 'integer': {
      if (op === '%') return undefined;
      const [a, b] = [c.compile(args[0]!), c.compile(args[1]!)];
      const nul = c.anyNull([a, b]);
      const max = kind === 'integer' ? 2147483647 : 32767;
      const v = c.b.fresh('v');
      if (op === '/') {
        c.bail(nonNull(nul, `${b.v}===0`));
        c.b.line(`const ${v}=${b.v}===0?0:Math.trunc(${a.v}/${b.v})+0;`);
      } else c.b.line(`const ${v}=${a.v}${op}${b.v}+0;`);
      c.bail(`${v}>${max}||${v}<${num(-max - 1)}`);
      return { layout: 'i32', nul, v };
    }
    case 'bigint': {
      if (op === '%' || op === '/') return undefined;
      const [a, b] = [c.compile(args[0]!), c.compile(args[1]!)];
      const nul = c.anyNull([a, b]);
      const v = c.b.fresh('v');
      c.b.line(`const ${v}=${c.asDouble(a)}${op}${c.asDouble(b)}+0;`);
      c.bail(`${v}>${SAFE}||${v}<-${SAFE}`);
      return { layout: 'i64', nul, v };
    }
    case 'double': {
      if (op === '%') return undefined;
      const [a, b] = [c.compile(args[0]!), c.compile(args[1]!)];
      const nul = c.anyNull([a, b]);
      const v = c.b.fresh('v');
      if (op === '/') c.bail(nonNull(nul, `${b.v}===0`));
      c.b.line(`const ${v}=${a.v}${op}${b.v}+0;`);
      // The interpreter decides on overflow, underflow to zero and NaN.
      c.bail(
        nonNull(
          nul,
          `!(${v}<Infinity&&${v}>-Infinity)||(${v}===0&&${op === '*' || op === '/' ? `${a.v}!==0` : 'false'})`,
        ),
      );
      return { layout: 'f64', nul, v };
    }
    case 'numeric': {
      const helper = { '+': decAdd, '-': decSub, '*': decMul, '/': decDiv }[op];
      if (helper === undefined) return undefined;
      const [a, b] = [c.compile(args[0]!), c.compile(args[1]!)];
      const nul = c.anyNull([a, b]);
      const divisor = op === '/' ? smallWhole(args[1]!) : undefined;
      if (divisor !== undefined) {
        return decCall(c, `${c.b.bind(divideBy(divisor))}(${c.limbs(a).join(',')})`, nul);
      }
      const limbs = [...c.limbs(a), ...c.limbs(b)];
      return decCall(c, `${c.b.bind(helper)}(${limbs.join(',')})`, nul);
    }
    case 'date': {
      if (op !== '-') return undefined;
      const [a, b] = [c.compile(args[0]!), c.compile(args[1]!)];
      const v = c.b.fresh('v');
      c.b.line(`const ${v}=${a.v}-${b.v};`);
      return { layout: 'i32', nul: c.anyNull([a, b]), v };
    }
    default:
      return undefined;
  }
}

/** Returns a constant divisor that is small enough for a table of fractions, otherwise undefined. */
function smallWhole(e: Expr): number | undefined {
  if (e.kind !== 'const' || typeof e.value !== 'bigint' || e.value % ONE !== 0n) return undefined;
  const b = e.value / ONE;
  return b > 0n && b <= BigInt(MAX_TABLE_DIVISOR) ? Number(b) : undefined;
}

/** Emits round(numeric, constant). */
function round(c: ExprCompiler, args: readonly Expr[]): Reg | undefined {
  const scale = args[1]!;
  if (scale.kind !== 'const' || typeof scale.value !== 'number') return undefined;
  const a = c.compile(args[0]!);
  const limbs = c.limbs(a);
  return decCall(c, `${c.b.bind(decRound)}(${limbs.join(',')},${num(scale.value)})`, a.nul);
}

/** Emits a call that puts a numeric result into DEC; bails if it returns false. */
function decCall(c: ExprCompiler, call: string, nul: string | undefined): Reg {
  const [v, f1, f2] = [c.b.fresh('v'), c.b.fresh('v'), c.b.fresh('v')];
  const dec = c.b.bind(DEC);
  c.b.line(`let ${v}=0,${f1}=0,${f2}=0;`);
  c.b.line(`${nul === undefined ? '' : `if(${nul}===0)`}if(${call}){`);
  c.b.line(`${v}=${dec}[0];${f1}=${dec}[1];${f2}=${dec}[2];}else{`);
  c.bail();
  c.b.line('}');
  return { layout: 'dec', nul, v, f1, f2 };
}

function calendar(
  c: ExprCompiler,
  op: string,
  left: string,
  right: string,
  args: readonly Expr[],
): Reg | undefined {
  if (op !== '+' && op !== '-') return undefined;
  if (left === 'date' && right === 'integer') {
    const [a, b] = [c.compile(args[0]!), c.compile(args[1]!)];
    const v = c.b.fresh('v');
    c.b.line(`const ${v}=${a.v}${op}${b.v};`);
    c.bail(`${v}>${MAX_DAY}||${v}<${num(-MAX_DAY)}`);
    return { layout: 'i32', nul: c.anyNull([a, b]), v };
  }
  const shift = args[1]!;
  if (right !== 'interval' || shift.kind !== 'const' || shift.value === null) return undefined;
  const interval = shift.value as Interval;
  if (interval.months !== 0 || !['date', 'timestamp', 'timestamptz'].includes(left)) return undefined;
  const a = c.compile(args[0]!);
  const us = interval.days * DAY_US + interval.us;
  if (!Number.isSafeInteger(us)) return undefined;
  const base = left === 'date' ? `${a.v}*${DAY_US}` : a.v;
  const v = c.b.fresh('v');
  c.b.line(`const ${v}=${base}${op}${num(us)};`);
  // Timestamps beyond 2^53 microseconds are kept to the millisecond, which needs rounding.
  const far = left === 'date' ? '' : `||${a.v}>${SAFE}||${a.v}<-${SAFE}`;
  c.bail(`${v}>${SAFE}||${v}<-${SAFE}${far}`);
  return { layout: 'f64', nul: a.nul, v };
}

function truncate(c: ExprCompiler, args: readonly Expr[]): Reg | undefined {
  const unit = args[0]!;
  if (unit.kind !== 'const' || typeof unit.value !== 'string') return undefined;
  const name = unit.value.toLowerCase();
  const us = UNITS.get(name);
  if (us === undefined && name !== 'week') return undefined;
  const ts = c.compile(args[1]!);
  const v = c.b.fresh('v');
  if (us !== undefined) c.b.line(`const ${v}=${floorDiv(c, ts.v, us)}*${num(us)};`);
  else {
    const day = floorDiv(c, ts.v, DAY_US);
    c.b.line(`const ${v}=(${day}-((${day}+3)%7+7)%7)*${DAY_US};`); // 1970-01-01 was a Thursday
  }
  return { layout: 'f64', nul: ts.nul, v };
}

function nonNull(nul: string | undefined, condition: string): string {
  return nul === undefined ? condition : `${nul}===0&&(${condition})`;
}
