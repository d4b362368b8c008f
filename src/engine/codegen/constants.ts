import type { Datum } from '../../values/datum.ts';
import type { SqlType } from '../../values/types.ts';
import { layoutOf } from '../column.ts';
import { DEC, decSplit } from '../dec28.ts';
import { num } from './builder.ts';
import type { ExprCompiler } from './expr-compiler.ts';
import type { Reg } from './reg.ts';

/** Returns the register of a constant. Emits no code. */
export function constant(c: ExprCompiler, value: Datum, type: SqlType): Reg {
  const layout = layoutOf(type);
  if (value === null) {
    if (layout === 'dec') return { layout, nul: '1', v: '0', f1: '0', f2: '0' };
    return { layout, nul: '1', v: layout === 'ref' ? 'null' : '0' };
  }
  switch (layout) {
    case 'u8':
      return { layout, nul: undefined, v: value === true ? '1' : '0' };
    case 'i32':
      return { layout, nul: undefined, v: num(value as number) };
    case 'f64': {
      const x = value as number;
      return { layout, nul: undefined, v: Number.isFinite(x) ? num(x) : c.b.bind(x) };
    }
    case 'str':
      return { layout, nul: undefined, v: `${c.b.bind(c.pool.literal(value as string))}.id` };
    case 'i64': {
      const x = value as bigint;
      const lo = num(Number(BigInt.asIntN(32, x)));
      const hi = num(Number(BigInt.asIntN(32, x >> 32n)));
      const safe = x <= BigInt(Number.MAX_SAFE_INTEGER) && x >= BigInt(Number.MIN_SAFE_INTEGER);
      return safe
        ? { layout, nul: undefined, v: num(Number(x)) }
        : { layout, nul: undefined, v: '0', lo, hi };
    }
    case 'dec':
      if (decSplit(value as bigint)) {
        return { layout, nul: undefined, v: num(DEC[0]!), f1: num(DEC[1]!), f2: num(DEC[2]!) };
      }
      return { layout, nul: undefined, v: 'NaN', f1: '0', f2: '0', big: c.b.bind(value) };
    case 'ref':
      return { layout, nul: undefined, v: c.b.bind(value) };
  }
}
