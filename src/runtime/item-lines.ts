import type { Kernel } from '../engine/contract.ts';
import type { Pipeline } from '../plan/pipeline.ts';
import { SINK_CONNECTORS } from '../sinks/connectors.ts';
import { sinkView } from '../sinks/sink-view.ts';
import { FreshetError } from '../values/freshet-error.ts';
import { named } from './named.ts';
import { sortedRows } from './sorted-rows.ts';

/**
 * Returns the items that a sink writes for the rows of its view, as JSON, sorted by the sink's key, as they are at the
 * kernel's time. Throws FreshetError if there is no such sink, or if it writes no items.
 */
export function itemLines(
  pipeline: Pipeline,
  kernel: Pick<Kernel, 'view' | 'now_us'>,
  name: string,
): string[] {
  const sink = named('sink', name, pipeline.sinks);
  const view = kernel.view(sink.from);
  const input = sinkView(sink, pipeline)!;
  const format = SINK_CONNECTORS.get(sink.connector)?.itemFormatter?.(sink, input, kernel.now_us / 1000);
  if (format === undefined) {
    throw new FreshetError(
      'no_items',
      `sink "${sink.name}" writes no items, because its connector is '${sink.connector}'`,
      { hint: `look at the rows of its view "${sink.from}" instead` },
    );
  }
  return sortedRows(view, sink.primaryKey).flatMap(format);
}
