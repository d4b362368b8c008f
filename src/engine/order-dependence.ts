import type { PlanNode } from '../plan/nodes.ts';
import { inputsOf } from '../plan/nodes.ts';
import type { Pipeline } from '../plan/pipeline.ts';
import { usesNow } from '../plan/clock-flow.ts';
import type { SqlType } from '../values/types.ts';

/**
 * Whether what a pipeline's views hold may depend on when rows came and where the clock stood then, not only on the
 * rows, each source's order, and the time now. Two things do:
 *
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
    if (node.calls.some(({ args }) => args.some((e) => isInterval(e.type)))) return true;
  }
  return inputsOf(node).some(nodeDepends);
}

function isInterval(type: SqlType): boolean {
  return type.kind === 'interval' || (type.kind === 'array' && isInterval(type.element));
}
