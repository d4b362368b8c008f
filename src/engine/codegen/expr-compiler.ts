import { castDatum } from '../../values/cast.ts';
import type { Datum } from '../../values/datum.ts';
import type { SqlType } from '../../values/types.ts';
import type { CaseExpr, CoalesceExpr, Expr, InListExpr } from '../../plan/expr.ts';
import { usesNow } from '../../plan/clock-flow.ts';
import { unreachable } from '../../plan/expr.ts';
import { layoutOf } from '../column.ts';
import type { StringPool } from '../text/string-pool.ts';
import { boxedCall } from './boxed-calls.ts';
import type { CodeBuilder } from './builder.ts';
import { compare, equals } from './comparisons.ts';
import { constant } from './constants.ts';
import { inlineCall } from './inline-calls.ts';
import { inlineCast } from './inline-casts.ts';
import type { Reg } from './reg.ts';

const TWO32 = 4294967296;

/**
 * Generates the code of expressions for one row of a loop.
 *
 * The generated code is exact for the common domain. For a value outside it (a BIGINT beyond 2^53 in arithmetic, a
 * numeric that does not fit its limbs, an overflow, a failing function) it sets `bail` to 1 and goes on with garbage;
 * the caller then evaluates the row with the interpreter, the reference. So generated code never changes a result.
 */
export class ExprCompiler {
  readonly b: CodeBuilder;
  readonly pool: StringPool;
  /** True once generated code may set `bail`. */
  canBail = false;
  readonly #column: (index: number) => Reg;
  readonly #params: ReadonlyMap<Expr, Reg>;
  /** Registers computed so far, by expression object; one map per enclosing conditional block. */
  readonly #scopes: Map<Expr, Reg>[] = [new Map()];

  constructor(options: {
    builder: CodeBuilder;
    pool: StringPool;
    column: (index: number) => Reg;
    params: ReadonlyMap<Expr, Reg>;
  }) {
    this.b = options.builder;
    this.pool = options.pool;
    this.#column = options.column;
    this.#params = options.params;
  }

  /** Reuses the registers of a compiler for the same row under another clock, if they do not depend on the clock. */
  adopt(other: ExprCompiler): void {
    for (const [e, reg] of other.#scopes[0]!) if (!usesNow(e)) this.#scopes[0]!.set(e, reg);
    this.canBail ||= other.canBail;
  }

  compile(e: Expr): Reg {
    for (const scope of this.#scopes) {
      const known = scope.get(e);
      if (known !== undefined) return known;
    }
    const param = this.#params.get(e);
    if (param !== undefined) return param;
    const reg = this.#compile(e);
    this.#scopes[this.#scopes.length - 1]!.set(e, reg);
    return reg;
  }

  /** Returns code that is true if a boolean register is TRUE. */
  isTrue(reg: Reg): string {
    return reg.nul === undefined ? `${reg.v}===1` : `(${reg.nul}===0&&${reg.v}===1)`;
  }

  /** Emits that the row leaves the common domain, if `condition` (code) is given and true, or always without it. */
  bail(condition?: string): void {
    this.canBail = true;
    this.b.line(condition === undefined ? 'bail=1;' : `if(${condition})bail=1;`);
  }

  /** Returns code of an i64 register as a double; bails if the double is not exact. */
  asDouble(reg: Reg): string {
    if (reg.lo === undefined) return reg.v;
    const v = this.b.fresh('v');
    this.b.line(`const ${v}=${reg.hi}*${TWO32}+(${reg.lo}>>>0);`);
    this.bail(`${reg.hi}>2097151||${reg.hi}<-2097152`);
    return v;
  }

  /** Returns the names of an i64 register's two words. */
  asWords(reg: Reg): { lo: string; hi: string } {
    if (reg.lo !== undefined && reg.hi !== undefined) return { lo: reg.lo, hi: reg.hi };
    const lo = this.b.fresh('v');
    const hi = this.b.fresh('v');
    this.b.line(`const ${lo}=${reg.v}|0,${hi}=Math.floor(${reg.v}/${TWO32})|0;`);
    return { lo, hi };
  }

  /** Returns the limbs of a numeric register; bails if the value does not fit limbs. */
  limbs(reg: Reg): [string, string, string] {
    if (reg.big !== undefined) this.bail(`${reg.v}!==${reg.v}`);
    return [reg.v, reg.f1!, reg.f2!];
  }

  /** Returns the null flag of a value that is NULL if any of `regs` is; undefined if none can be. */
  anyNull(regs: readonly Reg[]): string | undefined {
    const flags = [...new Set(regs.map((r) => r.nul).filter((n) => n !== undefined))];
    if (flags.length === 0) return undefined;
    if (flags.length === 1) return flags[0];
    const nul = this.b.fresh('n');
    this.b.line(`const ${nul}=${flags.join('|')};`);
    return nul;
  }

  /** Emits code under a condition; registers computed there are not reused outside. */
  block(condition: string, then: () => void, otherwise?: () => void): void {
    this.b.line(`if(${condition}){`);
    this.#scoped(then);
    if (otherwise !== undefined) {
      this.b.line('}else{');
      this.#scoped(otherwise);
    }
    this.b.line('}');
  }

  #scoped(f: () => void): void {
    this.#scopes.push(new Map());
    f();
    this.#scopes.pop();
  }

  /** Declares a register of variables, which branches assign. It starts as NULL. */
  declare(type: SqlType): Reg {
    const layout = layoutOf(type);
    const nul = this.b.fresh('n');
    const v = this.b.fresh('v');
    if (layout === 'dec') {
      const f1 = this.b.fresh('v');
      const f2 = this.b.fresh('v');
      this.b.line(`let ${nul}=1,${v}=0,${f1}=0,${f2}=0;`);
      return { layout, nul, v, f1, f2 };
    }
    this.b.line(`let ${nul}=1,${v}=${layout === 'ref' ? 'null' : '0'};`);
    return { layout, nul, v };
  }

  assign(to: Reg, from: Reg): void {
    const parts = [`${to.nul}=${from.nul ?? '0'}`];
    if (to.layout === 'i64') parts.push(`${to.v}=${this.asDouble(from)}`);
    else if (to.layout === 'dec') {
      const [v, f1, f2] = this.limbs(from);
      parts.push(`${to.v}=${v}`, `${to.f1}=${f1}`, `${to.f2}=${f2}`);
    } else parts.push(`${to.v}=${from.v}`);
    this.b.line(`${parts.join(';')};`);
  }

  #compile(e: Expr): Reg {
    switch (e.kind) {
      case 'const':
        return constant(this, e.value, e.type);
      case 'column':
        return this.#column(e.index);
      case 'now':
        throw new Error(
          'now() outside a parameter: expressions that use the clock are hoisted before compilation',
        );
      case 'and':
      case 'or':
        return this.#logic(e.kind, e.args);
      case 'not': {
        const arg = this.compile(e.arg);
        return { layout: 'u8', nul: arg.nul, v: this.#const(`1-${arg.v}`) };
      }
      case 'is_null': {
        const arg = this.compile(e.arg);
        return { layout: 'u8', nul: undefined, v: arg.nul ?? '0' };
      }
      case 'distinct_from': {
        const left = this.compile(e.left);
        const right = this.compile(e.right);
        const equal = equals(this, left, right, e.left.type);
        const ln = left.nul ?? '0';
        const rn = right.nul ?? '0';
        return {
          layout: 'u8',
          nul: undefined,
          v: this.#const(`${ln}!==${rn}||(${ln}===0&&!(${equal}))?1:0`),
        };
      }
      case 'compare': {
        const left = this.compile(e.left);
        const right = this.compile(e.right);
        const test = compare(this, e.op, [left, right], e.left.type);
        return { layout: 'u8', nul: this.anyNull([left, right]), v: this.#const(`${test}?1:0`) };
      }
      case 'in_list':
        return this.#inList(e);
      case 'case':
        return this.#case(e);
      case 'coalesce':
        return this.#coalesce(e);
      case 'cast': {
        const arg = this.compile(e.arg);
        const from = e.arg.type;
        const inline = inlineCast(this, arg, from, e.type);
        if (inline !== undefined) return inline;
        const to = e.type;
        const impl = (x: Datum): Datum => castDatum(x, from, to);
        return boxedCall(this, { impl, args: [arg], returns: to, strict: true });
      }
      case 'call': {
        const inline = inlineCall(this, e);
        if (inline !== undefined) return inline;
        const args = e.args.map((a) => this.compile(a));
        return boxedCall(this, { impl: e.fn.impl, args, returns: e.type, strict: e.fn.strict });
      }
      default:
        return unreachable(e);
    }
  }

  #const(code: string): string {
    const v = this.b.fresh('v');
    this.b.line(`const ${v}=${code};`);
    return v;
  }

  #inList(e: InListExpr): Reg {
    const arg = this.compile(e.arg);
    const tests = e.values.map((v) => `(${equals(this, arg, constant(this, v, e.arg.type), e.arg.type)})`);
    const found = this.#const(`${tests.length === 0 ? 'false' : tests.join('||')}?1:0`);
    if (!e.hasNull) return { layout: 'u8', nul: arg.nul, v: found };
    return { layout: 'u8', nul: this.#const(`${arg.nul ?? '0'}|(1-${found})`), v: found };
  }

  #case(e: CaseExpr): Reg {
    const to = this.declare(e.type);
    const arm = (i: number): void => {
      const a = e.arms[i];
      if (a === undefined) {
        this.assign(to, this.compile(e.otherwise));
        return;
      }
      const when = this.compile(a.when);
      this.block(
        this.isTrue(when),
        () => this.assign(to, this.compile(a.then)),
        () => arm(i + 1),
      );
    };
    arm(0);
    return e.nullable ? to : { ...to, nul: undefined };
  }

  #coalesce(e: CoalesceExpr): Reg {
    const to = this.declare(e.type);
    const next = (i: number): void => {
      const arg = e.args[i];
      if (arg === undefined) return;
      this.assign(to, this.compile(arg));
      if (i + 1 < e.args.length) this.block(`${to.nul}===1`, () => next(i + 1));
    };
    next(0);
    return e.nullable ? to : { ...to, nul: undefined };
  }

  #logic(kind: 'and' | 'or', args: readonly Expr[]): Reg {
    const regs = args.map((a) => this.compile(a));
    const nul = this.anyNull(regs);
    if (nul === undefined) {
      return { layout: 'u8', nul, v: this.#const(regs.map((r) => r.v).join(kind === 'and' ? '&' : '|')) };
    }
    // One deciding argument (FALSE of AND, TRUE of OR) makes the result known in spite of NULLs.
    const deciding = kind === 'and' ? '0' : '1';
    const decided = this.#const(
      `${regs.map((r) => `(${r.nul ?? '0'}===0&&${r.v}===${deciding})`).join('||')}?1:0`,
    );
    const v = kind === 'and' ? `1-${decided}` : decided;
    return { layout: 'u8', nul: this.#const(`${decided}===1?0:${nul}`), v: this.#const(v) };
  }
}
