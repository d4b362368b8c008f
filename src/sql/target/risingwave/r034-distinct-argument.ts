import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';
import { aggregateCalls } from './bound-plan.ts';

/** RisingWave keeps the distinct values of the first argument only. */
export const DISTINCT_ARGUMENT: TargetRule = {
  code: 'R034',
  about: 'an aggregate with DISTINCT and a second argument that is not a constant',
  source:
    'RisingWave\'s src/frontend/src/binder/expr/function/aggregate.rs answers "non-constant arguments other than the first one for DISTINCT aggregation is not supported now"',
  renderable: false,
  check: ({ pipeline }) =>
    aggregateCalls(pipeline).flatMap(({ call }) => {
      const odd = call.args.slice(1).find((a) => a.kind !== 'const');
      const span = odd?.span ?? call.span;
      if (!call.distinct || odd === undefined || span === undefined) return [];
      const message = 'RisingWave wants a constant here, since the aggregate has DISTINCT';
      return [
        refused('R034', message, "write a text such as ', ', or take distinct rows in a sub-select", span),
      ];
    }),
};
