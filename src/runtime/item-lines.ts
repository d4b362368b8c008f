import { Batch } from '../engine/batch.ts';
import type { Kernel } from '../engine/contract.ts';
import { StringPool } from '../engine/text/string-pool.ts';
import type { PlanColumn } from '../plan/nodes.ts';
import type { Pipeline, SinkDef } from '../plan/pipeline.ts';
import { domainLayout } from '../sinks/dynamodb/domain-layout.ts';
import { ItemError } from '../sinks/dynamodb/item-error.ts';
import { readSinkOptions } from '../sinks/dynamodb/options.ts';
import type { Datum } from '../values/datum.ts';
import { named } from './named.ts';
import { rowFormatter, sortedRows } from './sorted-rows.ts';
import { FreshetError } from '../values/freshet-error.ts';

/** Characters of a row in a message. */
const MAX_SHOWN = 200;

/**
 * The DynamoDB items that a sink writes for its view's rows as they are, as JSON, sorted by the sink's key. Version and
 * write time belong to a delivery, not to the row: they are left out.
 */
export function itemLines(pipeline: Pipeline, kernel: Pick<Kernel, 'view'>, name: string): string[] {
  const sink = named('sink', name, pipeline.sinks);
  const view = kernel.view(sink.from);
  return sortedRows(view, sink.primaryKey).map(itemFormatter(sink, view.columns));
}

function itemFormatter(sink: SinkDef, columns: readonly PlanColumn[]): (row: readonly Datum[]) => string {
  if (sink.connector !== 'dynamodb') {
    throw new FreshetError(
      'no_items',
      `sink "${sink.name}" has connector '${sink.connector}', which writes no items`,
      {
        hint: 'select its view to see the rows',
      },
    );
  }
  const layout = domainLayout(sink, columns, {
    ...readSinkOptions(sink.name, sink.options),
    bookkeeping: false,
  });
  const batch = new Batch(
    columns.map(({ type }) => type),
    1,
    new StringPool(16),
  );
  const asText = rowFormatter(columns);
  return (row) => {
    batch.n = 0;
    batch.append(row);
    try {
      const key = layout.encodeKey(batch.columns, 0);
      return `{${layout.encodeItem(key, batch.columns, 0, { epoch: 0, written_at_ms: 0 })}}`;
    } catch (cause) {
      if (!(cause instanceof ItemError)) throw cause;
      const shown = asText(row).slice(0, MAX_SHOWN);
      throw new FreshetError('no_item', `sink ${sink.name} writes no item for ${shown}: ${cause.message}`, {
        cause,
      });
    }
  };
}
