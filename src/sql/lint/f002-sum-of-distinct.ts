import type { Diagnostic } from '../diagnostic.ts';
import { allNodes, traceExpr } from './lineage.ts';
import type { LintRule } from './rule.ts';

/** Distinct counts of the parts do not add up to the distinct count of the whole. */
export const SUM_OF_DISTINCT: LintRule = {
  code: 'F002',
  about: 'SUM over COUNT(DISTINCT ...): a value that appears in several groups is counted several times',
  fix: 'keep one row per key and value with MAX of its time, and count those rows in the window',
  check(pipeline) {
    const found: Diagnostic[] = [];
    for (const view of pipeline.views) {
      for (const node of allNodes(view.plan)) {
        if (node.kind !== 'aggregate') continue;
        for (const call of node.calls) {
          // Other aggregates, such as the average of daily distinct counts, are what they say.
          if (call.name !== 'sum') continue;
          let distinct = false;
          const visitor = {
            call: (c: typeof call): void => {
              if (c.name === 'count' && c.distinct) distinct = true;
            },
          };
          for (const arg of call.args) {
            traceExpr(arg, node.input, visitor, {
              pipeline,
              throughViews: true,
              conditions: false,
              valuesOnly: true,
            });
          }
          if (!distinct) continue;
          found.push({
            severity: 'warning',
            code: 'F002',
            message: 'SUM over COUNT(DISTINCT ...) counts a value once for each group that it appears in',
            hint: 'keep MAX(time) per key and value in a view, and COUNT(*) its rows within the window',
            span: call.span ?? view.span,
          });
        }
      }
    }
    return found;
  },
};
