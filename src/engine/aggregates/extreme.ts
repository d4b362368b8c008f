import type { SqlType } from '../../values/types.ts';
import { layoutOf } from '../column.ts';
import type { FieldAggregate } from './aggregate.ts';

/**
 * MIN and MAX over rows that are never taken away, of types that are one number. Fields: the value, and whether there
 * is one. (With retractions, or for other types, the values are kept in order: see ordered.ts.)
 */
export function appendOnlyExtreme(kind: 'min' | 'max', type: SqlType): FieldAggregate | undefined {
  const layout = layoutOf(type);
  if (layout !== 'i32' && layout !== 'f64') return undefined;
  if (type.kind === 'double' || type.kind === 'real') return undefined; // NaN has an order of its own
  const sign = kind === 'min' ? '<' : '>';
  return {
    f64Count: 2,
    i32Count: 0,
    update(x, { f }, { s, args }) {
      const v = args[0]!.v;
      x.b.line(`if(${f[1]}[${s}]===0||${v}${sign}${f[0]}[${s}]){${f[0]}[${s}]=${v};${f[1]}[${s}]=1;}`);
    },
    result(x, { f }, i) {
      const [v, nul] = [x.b.fresh('v'), x.b.fresh('n')];
      x.b.line(`const ${v}=${f[0]}[${i}],${nul}=${f[1]}[${i}]===0?1:0;`);
      return { layout, nul, v };
    },
  };
}
