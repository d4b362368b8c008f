import type { Datum } from '../../values/datum.ts';
import { valueErrorOf } from '../../values/sql-error.ts';
import type { SqlType } from '../../values/types.ts';
import { DEC, decSplit, decToDatum } from '../dec28.ts';
import type { ExprCompiler } from './expr-compiler.ts';
import type { Reg } from './reg.ts';

/** Returned by a boxed call that failed: the row goes to the interpreter, which reports the error. */
const FAILED: unique symbol = Symbol('failed');

/** Returns code that yields a register's value as a datum. */
export function box(c: ExprCompiler, reg: Reg): string {
  const value = unchecked(c, reg);
  return reg.nul === undefined ? value : `${reg.nul}===1?null:${value}`;
}

function unchecked(c: ExprCompiler, reg: Reg): string {
  switch (reg.layout) {
    case 'u8':
      return `${reg.v}===1`;
    case 'i32':
    case 'f64':
    case 'ref':
      return reg.v;
    case 'str':
      return `${c.b.bind(c.pool)}.get(${reg.v})`;
    case 'i64':
      return reg.lo === undefined ? `BigInt(${reg.v})` : `${c.b.bind(joinWords)}(${reg.lo},${reg.hi})`;
    case 'dec':
      return `${c.b.bind(decToDatum)}(${reg.v},${reg.f1},${reg.f2},${reg.big ?? 'undefined'})`;
  }
}

function joinWords(lo: number, hi: number): bigint {
  return (BigInt(hi) << 32n) | BigInt(lo >>> 0);
}

/** Declares a register and assigns it the datum in variable `x`. */
function unbox(c: ExprCompiler, x: string, type: SqlType): Reg {
  const to = c.declare(type);
  c.b.line(`if(${x}!==null){${to.nul}=0;`);
  switch (to.layout) {
    case 'u8':
      c.b.line(`${to.v}=${x}===true?1:0;`);
      break;
    case 'i32':
    case 'ref':
      c.b.line(`${to.v}=${x};`);
      break;
    case 'f64':
      c.b.line(`${to.v}=${x}+0;`);
      break;
    case 'str':
      c.b.line(`${to.v}=${c.b.bind(c.pool)}.intern(${x});`);
      break;
    case 'i64':
      c.b.line(`${to.v}=Number(${x});`);
      c.bail(`!Number.isSafeInteger(${to.v})`);
      break;
    case 'dec': {
      const dec = c.b.bind(DEC);
      c.b.line(
        `if(${c.b.bind(decSplit)}(${x})){${to.v}=${dec}[0];${to.f1}=${dec}[1];${to.f2}=${dec}[2];}else{`,
      );
      c.bail();
      c.b.line('}');
      break;
    }
  }
  c.b.line('}');
  return to;
}

/** Emits a call of a function on datums, for functions without inline code. */
export function boxedCall(
  c: ExprCompiler,
  call: {
    readonly impl: (...args: Datum[]) => Datum;
    readonly args: readonly Reg[];
    readonly returns: SqlType;
    readonly strict: boolean;
  },
): Reg {
  const { impl, args } = call;
  const guarded = (...values: Datum[]): Datum | typeof FAILED => {
    try {
      return impl(...values);
    } catch (error) {
      if (valueErrorOf(error) !== undefined) return FAILED;
      throw error;
    }
  };
  const result = c.b.fresh('r');
  const code = `${c.b.bind(guarded)}(${args.map((a) => box(c, a)).join(',')})`;
  const without: string[] = [];
  const nul = call.strict ? c.anyNull(args) : undefined;
  if (nul !== undefined) without.push(`${nul}===1`);
  // After a bail the registers hold garbage, which may not even have the types of the function's arguments.
  if (c.canBail) without.push('bail!==0');
  c.b.line(`let ${result}=${without.length === 0 ? code : `${without.join('||')}?null:${code}`};`);
  c.b.line(`if(${result}===${c.b.bind(FAILED)}){${result}=null;`);
  c.bail();
  c.b.line('}');
  return unbox(c, result, call.returns);
}
