import type { Diagnostic } from '../../diagnostic.ts';
import { locationOf } from '../../bind/expr-binder.ts';
import { functionName, walk } from '../query.ts';
import { differs } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';

/** Functions that answer otherwise: what RisingWave does, and what to write. */
const FUNCTIONS: ReadonlyMap<string, readonly [message: string, hint: string]> = new Map([
  [
    'initcap',
    [
      "RisingWave's initcap begins words behind blanks only, sci-fi as Sci-fi; PostgreSQL and Freshet Sci-Fi",
      'compare texts in LOWER; if it is only shown, write -- freshet:allow R042',
    ],
  ],
]);

/** RisingWave has these functions, with another result for some values. */
export const OTHER_ANSWER: TargetRule = {
  code: 'R042',
  about: 'initcap, which RisingWave computes otherwise',
  source: "RisingWave's src/expr/impl/src/scalar/string.rs (initcap)",
  renderable: true,
  check({ trees }) {
    const found: Diagnostic[] = [];
    for (const { tree, slice } of trees) {
      walk(tree, (_, node) => {
        const other = FUNCTIONS.get(functionName(node) ?? '');
        if (other !== undefined)
          found.push(differs('R042', other[0], other[1], slice.spanAt(locationOf(node))));
      });
    }
    return found;
  },
};
