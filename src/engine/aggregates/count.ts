import type { FieldAggregate } from './aggregate.ts';

/** COUNT(*) and COUNT(x). Accumulator: the number of rows, as a whole double. */
export const COUNT: FieldAggregate = {
  count: 1,
  update(x, fields, { w }) {
    x.b.line(`${fields.f(0)}+=${w};`);
  },
  result(x, fields) {
    const v = x.b.fresh('v');
    x.b.line(`const ${v}=${fields.f(0)};`);
    return { layout: 'i64', nul: undefined, v };
  },
};
