import { differs } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';
import { aggregateCalls } from './bound-plan.ts';

const COLLECTING: ReadonlySet<string> = new Set(['array_agg', 'string_agg', 'jsonb_agg']);

/** Freshet orders the elements by the whole row, so that the result is a function of the rows. */
export const ORDER_OF_ELEMENTS: TargetRule = {
  code: 'R029',
  about: 'array_agg, string_agg or jsonb_agg without ORDER BY, whose elements RisingWave leaves in any order',
  source: "RisingWave's src/stream/src/executor/aggregate/minput.rs keeps the rows by the key of the stream",
  renderable: false,
  check: ({ pipeline }) =>
    aggregateCalls(pipeline).flatMap(({ call }) => {
      if (!COLLECTING.has(call.name) || call.orderBy.length > 0 || call.span === undefined) return [];
      const hint = 'order the elements: ... ORDER BY x; if no order is needed, write -- freshet:allow R029';
      return [
        differs('R029', `without ORDER BY, ${call.name} has another order in RisingWave`, hint, call.span),
      ];
    }),
};
