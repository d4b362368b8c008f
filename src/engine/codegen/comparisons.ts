import type { CompareOp } from '../../plan/expr.ts';
import { compareDatum } from '../../values/compare.ts';
import type { Datum } from '../../values/datum.ts';
import type { SqlType } from '../../values/types.ts';
import { VARCHAR } from '../../values/types.ts';
import type { ExprCompiler } from './expr-compiler.ts';
import type { Reg } from './reg.ts';

/** Returns code that is true if two values of one type, neither of them NULL, are equal. */
export function equals(c: ExprCompiler, a: Reg, b: Reg, type: SqlType): string {
  switch (a.layout) {
    case 'i64': {
      const x = c.asWords(a);
      const y = c.asWords(b);
      return `${x.lo}===${y.lo}&&${x.hi}===${y.hi}`;
    }
    case 'dec': {
      const x = c.limbs(a);
      const y = c.limbs(b);
      return x.map((limb, i) => `${limb}===${y[i]}`).join('&&');
    }
    case 'ref': {
      const same = (l: Datum, r: Datum): boolean =>
        l !== null && r !== null && compareDatum(type, l, r) === 0;
      return `${c.b.bind(same)}(${a.v},${b.v})`;
    }
    case 'f64':
      bailOnNaN(c, type, a, b);
      return `${a.v}===${b.v}`;
    default:
      return `${a.v}===${b.v}`;
  }
}

/** Returns code that is true if `a op b` is; meaningless if a side is NULL. */
export function compare(c: ExprCompiler, op: CompareOp, sides: readonly [Reg, Reg], type: SqlType): string {
  const [a, b] = sides;
  if (op === '=') return `(${equals(c, a, b, type)})`;
  if (op === '<>') return `!(${equals(c, a, b, type)})`;
  switch (a.layout) {
    case 'u8':
    case 'i32':
      return `${a.v}${op}${b.v}`;
    case 'f64':
      bailOnNaN(c, type, a, b);
      return `${a.v}${op}${b.v}`;
    case 'i64':
      return `${c.asDouble(a)}${op}${c.asDouble(b)}`;
    case 'dec': {
      const [av, a1, a2] = c.limbs(a);
      const [bv, b1, b2] = c.limbs(b);
      const strict = op[0]!;
      return `(${av}${strict}${bv}||(${av}===${bv}&&(${a1}${strict}${b1}||(${a1}===${b1}&&${a2}${op}${b2}))))`;
    }
    case 'str': {
      const { pool } = c;
      const order = c.b.bind((x: number, y: number) =>
        x === y ? 0 : compareDatum(VARCHAR, pool.get(x), pool.get(y)),
      );
      const nul = c.anyNull([a, b]);
      const call = `${order}(${a.v},${b.v})${op}0`;
      return nul === undefined ? `(${call})` : `(${nul}===0&&${call})`;
    }
    case 'ref': {
      const order = c.b.bind((x: Datum, y: Datum) =>
        x === null || y === null ? 0 : compareDatum(type, x, y),
      );
      return `(${order}(${a.v},${b.v})${op}0)`;
    }
  }
}

/**
 * Leaves NaN to the interpreter: in PostgreSQL it equals itself and is the largest value, in JavaScript it is neither.
 */
function bailOnNaN(c: ExprCompiler, type: SqlType, a: Reg, b: Reg): void {
  if (type.kind === 'double' || type.kind === 'real') c.bail(`${a.v}!==${a.v}||${b.v}!==${b.v}`);
}
