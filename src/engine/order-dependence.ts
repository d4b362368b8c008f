import type { Pipeline } from '../plan/pipeline.ts';
import { usesNow } from '../plan/clock-flow.ts';

/**
 * Returns whether the rows of a pipeline's views may depend on the time at which each event arrived, and not only on
 * the events, their order within a source, and the present time. The one cause is a generated column that reads the
 * clock, in a table that keeps the first or last row per key.
 */
export function dependsOnOrder(pipeline: Pipeline): boolean {
  return pipeline.sources.some((source) =>
    source.columns.some((c) => c.generated !== undefined && usesNow(c.generated)),
  );
}
