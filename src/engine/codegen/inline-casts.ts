import type { SqlType } from '../../values/types.ts';
import { num } from './builder.ts';
import type { ExprCompiler } from './expr-compiler.ts';
import type { Reg } from './reg.ts';

const DAY_US = 86_400_000_000;
/** Days whose midnight is within 2^53 microseconds of 1970. */
const MAX_DAY = 104_249;

/**
 * Emits a cast inline, with the results of `castDatum`; bails if `castDatum` would throw. Returns undefined if there is
 * no inline code for the cast.
 */
export function inlineCast(c: ExprCompiler, arg: Reg, from: SqlType, to: SqlType): Reg | undefined {
  const key = `${from.kind}>${to.kind}`;
  const nul = arg.nul;
  if (from.kind === to.kind && from.kind !== 'array') return arg;
  switch (key) {
    case 'smallint>integer':
      return arg;
    case 'integer>smallint':
      c.bail(`${arg.v}>32767||${arg.v}<-32768`);
      return arg;
    case 'smallint>bigint':
    case 'integer>bigint':
      return { layout: 'i64', nul, v: arg.v };
    case 'smallint>double':
    case 'integer>double':
      return { layout: 'f64', nul, v: arg.v };
    case 'smallint>numeric':
    case 'integer>numeric':
      return { layout: 'dec', nul, v: arg.v, f1: '0', f2: '0' };
    case 'bigint>numeric':
      return { layout: 'dec', nul, v: c.asDouble(arg), f1: '0', f2: '0' };
    case 'bigint>double':
      return { layout: 'f64', nul, v: c.asDouble(arg) };
    case 'bigint>integer': {
      const v = c.asDouble(arg);
      c.bail(`${v}>2147483647||${v}<-2147483648`);
      return { layout: 'i32', nul, v };
    }
    case 'numeric>bigint': {
      const [v, f1, f2] = c.limbs(arg);
      c.bail(`${f1}!==0||${f2}!==0`);
      return { layout: 'i64', nul, v };
    }
    case 'date>timestamp':
    case 'date>timestamptz': {
      c.bail(`${arg.v}>${MAX_DAY}||${arg.v}<${num(-MAX_DAY)}`);
      const v = c.b.fresh('v');
      c.b.line(`const ${v}=${arg.v}*${DAY_US};`);
      return { layout: 'f64', nul, v };
    }
    case 'timestamp>date':
    case 'timestamptz>date':
      return { layout: 'i32', nul, v: floorDiv(c, arg.v, DAY_US) };
    case 'timestamp>timestamptz':
    case 'timestamptz>timestamp':
      return arg; // the session time zone is UTC
    default:
      return undefined;
  }
}

/** Emits the exact floor(x / unit) of a whole double. Rounding can only lift the quotient to the next whole number. */
export function floorDiv(c: ExprCompiler, x: string, unit: number): string {
  const q = c.b.fresh('v');
  c.b.line(`let ${q}=Math.floor(${x}/${num(unit)});if(${q}*${num(unit)}>${x})${q}-=1;`);
  return q;
}
