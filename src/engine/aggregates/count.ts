import type { FieldAggregate } from './aggregate.ts';

/** COUNT(*), COUNT(x): rows, as a whole double. */
export const COUNT: FieldAggregate = {
  f64Count: 1,
  i32Count: 0,
  update(x, { f }, { s, w }) {
    x.b.line(`${f[0]}[${s}]+=${w};`);
  },
  result(x, { f }, i) {
    const v = x.b.fresh('v');
    x.b.line(`const ${v}=${f[0]}[${i}];`);
    return { layout: 'i64', nul: undefined, v };
  },
};
