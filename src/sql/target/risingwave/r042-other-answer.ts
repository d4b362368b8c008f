import type { Diagnostic } from '../../diagnostic.ts';
import { locationOf } from '../../bind/expr-binder.ts';
import { functionName, walk } from '../query.ts';
import { allExprs } from './bound-plan.ts';
import { differs } from '../target-rule.ts';
import type { TargetInput, TargetRule } from '../target-rule.ts';

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
  about: 'initcap, and to_jsonb of NULL, which RisingWave computes otherwise',
  source: "RisingWave's src/expr/impl/src/scalar/string.rs (initcap) and to_jsonb.rs",
  renderable: false,
  check: (input) => [...byName(input), ...jsonOfNull(input)],
};

function byName({ trees }: TargetInput): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const { tree, slice } of trees) {
    walk(tree, (_, node) => {
      const other = FUNCTIONS.get(functionName(node) ?? '');
      if (other !== undefined)
        found.push(differs('R042', other[0], other[1], slice.spanAt(locationOf(node))));
    });
  }
  return found;
}

function jsonOfNull({ pipeline }: TargetInput): readonly Diagnostic[] {
  return allExprs(pipeline).flatMap((e) => {
    if (e.kind !== 'call' || e.fn.name !== 'to_jsonb' || e.args[0]?.nullable !== true) return [];
    if (e.span === undefined) return [];
    const message = "RisingWave's to_jsonb makes JSON null of NULL; in PostgreSQL and Freshet it is NULL";
    return [differs('R042', message, 'write CASE WHEN x IS NOT NULL THEN to_jsonb(x) END', e.span)];
  });
}
