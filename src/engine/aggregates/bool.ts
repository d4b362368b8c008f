import type { FieldAggregate } from './aggregate.ts';

/** BOOL_AND and BOOL_OR: the number of TRUE and of FALSE values. NULL without values. */
export function boolAggregate(kind: 'and' | 'or'): FieldAggregate {
  return {
    f64Count: 2,
    i32Count: 0,
    update(x, { f }, { s, w, args }) {
      x.b.line(`if(${args[0]!.v}===1)${f[0]}[${s}]+=${w};else ${f[1]}[${s}]+=${w};`);
    },
    result(x, { f }, i) {
      const [v, nul] = [x.b.fresh('v'), x.b.fresh('n')];
      x.b.line(`const ${nul}=${f[0]}[${i}]+${f[1]}[${i}]===0?1:0;`);
      const test = kind === 'and' ? `${f[1]}[${i}]===0` : `${f[0]}[${i}]>0`;
      x.b.line(`const ${v}=${nul}===0&&${test}?1:0;`);
      return { layout: 'u8', nul, v };
    },
  };
}
