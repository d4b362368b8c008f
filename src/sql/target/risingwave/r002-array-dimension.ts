import type { Diagnostic } from '../../diagnostic.ts';
import { integerConst } from '../../bind/type-name.ts';
import { locationOf } from '../../bind/expr-binder.ts';
import { functionName, walk } from '../query.ts';
import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';

const BY_DIMENSION = new Set(['array_upper', 'array_lower', 'array_length']);

/** RisingWave's arrays have one dimension; further dimensions are arrays of arrays. */
export const ARRAY_DIMENSION: TargetRule = {
  code: 'R002',
  about: 'a dimension of an array other than the first',
  source: "RisingWave's reference of array_upper says that the second argument must be 1",
  renderable: false,
  check({ trees }) {
    const found: Diagnostic[] = [];
    for (const { tree, slice } of trees) {
      walk(tree, (_, node) => {
        const name = functionName(node);
        if (name === undefined || !BY_DIMENSION.has(name) || !('FuncCall' in node)) return;
        const dimension = node.FuncCall.args?.[1];
        const n = dimension === undefined ? undefined : integerConst(dimension);
        if (dimension === undefined || n === undefined || n === 1) return;
        found.push(
          refused(
            'R002',
            `RisingWave's ${name} takes only dimension 1`,
            `for an inner array, write ${name}(a[1], 1)`,
            slice.spanAt(locationOf(dimension)),
          ),
        );
      });
    }
    return found;
  },
};
