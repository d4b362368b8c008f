import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';
import { planNodes } from './bound-plan.ts';

/** Without its number, the first n rows are a top-n, which RisingWave has; with it, they are a window function. */
export const RANK_OF_ALL: TargetRule = {
  code: 'R037',
  about: 'ROW_NUMBER() without PARTITION BY whose number is selected',
  source:
    'RisingWave\'s src/frontend/src/optimizer/plan_node/logical_over_window.rs answers "Window function with empty PARTITION BY is not supported because of potential bad performance"',
  renderable: false,
  check: ({ pipeline }) =>
    planNodes(pipeline).flatMap((node) => {
      if (node.kind !== 'top_n' || !node.rank || node.partitionBy.length > 0) return [];
      if (node.span === undefined) return [];
      return [
        refused(
          'R037',
          'RisingWave numbers rows only within partitions',
          'write PARTITION BY 1::int, or do not select the number',
          node.span,
        ),
      ];
    }),
};
