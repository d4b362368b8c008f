import type { Pipeline } from '../plan/pipeline.ts';
import { usesNow } from '../plan/clock-flow.ts';

/**
 * Whether what a pipeline's views hold may depend on when rows came and where the clock stood then, not only on the
 * rows, each source's order, and the time now. One thing does: a generated column that reads the clock, in a table that
 * keeps the first or the last row of a key.
 */
export function dependsOnOrder(pipeline: Pipeline): boolean {
  return pipeline.sources.some((source) =>
    source.columns.some((c) => c.generated !== undefined && usesNow(c.generated)),
  );
}
