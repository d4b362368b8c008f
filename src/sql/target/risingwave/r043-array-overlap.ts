import { differs } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';
import { allExprs } from './bound-plan.ts';

/** RisingWave has the other operators of arrays since long, this one since 3.0. */
export const ARRAY_OVERLAP: TargetRule = {
  code: 'R043',
  about: 'the operator && of arrays, which RisingWave before 3.0 does not have',
  source:
    "array_overlaps in RisingWave's src/expr/impl/src/scalar/array_contain.rs is there in v3.0.0, and not in v2.8.4",
  renderable: false,
  check: ({ pipeline }) =>
    allExprs(pipeline).flatMap((e) =>
      e.kind === 'call' && e.fn.name === '&&' && e.span !== undefined
        ? [
            differs(
              'R043',
              'RisingWave before 3.0 has no operator &&',
              'write one a @> ARRAY[x] for each element, with OR between them, or use RisingWave 3.0',
              e.span,
            ),
          ]
        : [],
    ),
};
