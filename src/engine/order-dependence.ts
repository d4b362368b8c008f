import type { PlanNode } from '../plan/nodes.ts';
import { inputsOf } from '../plan/nodes.ts';
import type { Pipeline } from '../plan/pipeline.ts';
import { usesNow } from '../plan/clock-rules.ts';
import type { SqlType } from '../values/types.ts';

/**
 * Whether what a pipeline's views hold may depend on when rows came and where the clock stood then, not only on the
 * rows, each source's order, and the time now. Three things do:
 *
 * - a sum of doubles, which is rounded at every step, and steps back when a row leaves a window;
 * - an interval, whose equal values may be written differently ('30 days', '1 mon'): the first one stays;
 * - a generated column that reads the clock, in a table that keeps the first or the last row of a key.
 */
export function dependsOnOrder(pipeline: Pipeline): boolean {
  return (
    pipeline.views.some((view) => nodeDepends(view.plan)) ||
    pipeline.sources.some((source) =>
      source.columns.some((c) => isInterval(c.type) || (c.generated !== undefined && usesNow(c.generated))),
    )
  );
}

function nodeDepends(node: PlanNode): boolean {
  if (node.columns.some((c) => isInterval(c.type))) return true;
  if (node.kind === 'aggregate') {
    for (const { name, args } of node.calls) {
      if (args.some((e) => isInterval(e.type))) return true;
      if ((name === 'sum' || name === 'avg') && isDouble(args[0]!.type)) return true;
    }
  }
  return inputsOf(node).some(nodeDepends);
}

function isDouble(type: SqlType): boolean {
  return type.kind === 'real' || type.kind === 'double';
}

function isInterval(type: SqlType): boolean {
  return type.kind === 'interval' || (type.kind === 'array' && isInterval(type.element));
}
