import type { FieldAggregate } from './aggregate.ts';

/** BOOL_AND and BOOL_OR. Accumulators: the number of TRUE and of FALSE values. The result is NULL without values. */
export function boolAggregate(kind: 'and' | 'or'): FieldAggregate {
  return {
    count: 2,
    update(x, fields, { w, args }) {
      x.b.line(`if(${args[0]!.v}===1)${fields.f(0)}+=${w};else ${fields.f(1)}+=${w};`);
    },
    result(x, fields) {
      const [v, nul] = [x.b.fresh('v'), x.b.fresh('n')];
      x.b.line(`const ${nul}=${fields.f(0)}+${fields.f(1)}===0?1:0;`);
      const test = kind === 'and' ? `${fields.f(1)}===0` : `${fields.f(0)}>0`;
      x.b.line(`const ${v}=${nul}===0&&${test}?1:0;`);
      return { layout: 'u8', nul, v };
    },
  };
}
