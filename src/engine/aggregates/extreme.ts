import type { SqlType } from '../../values/types.ts';
import { layoutOf } from '../column.ts';
import type { FieldAggregate } from './aggregate.ts';

/**
 * MIN and MAX over rows that are never retracted, for types that are one number. Accumulators: the value, and whether
 * there is one. With retractions, or for other types, ordered.ts keeps the values in order.
 */
export function appendOnlyExtreme(kind: 'min' | 'max', type: SqlType): FieldAggregate | undefined {
  const layout = layoutOf(type);
  if (layout !== 'i32' && layout !== 'f64') return undefined;
  if (type.kind === 'double' || type.kind === 'real') return undefined; // SQL orders NaN after all numbers
  const sign = kind === 'min' ? '<' : '>';
  return {
    count: 2,
    update(x, fields, { args }) {
      const v = args[0]!.v;
      x.b.line(`if(${fields.f(1)}===0||${v}${sign}${fields.f(0)}){${fields.f(0)}=${v};${fields.f(1)}=1;}`);
    },
    result(x, fields) {
      const [v, nul] = [x.b.fresh('v'), x.b.fresh('n')];
      x.b.line(`const ${v}=${fields.f(0)},${nul}=${fields.f(1)}===0?1:0;`);
      return { layout, nul, v };
    },
  };
}
