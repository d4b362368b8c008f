import { Batch } from '../../engine/batch.ts';
import { StringPool } from '../../engine/text/string-pool.ts';
import type { PlanColumn } from '../../plan/nodes.ts';
import type { SinkDef } from '../../plan/pipeline.ts';
import { rowFormatter } from '../../plan/row-json.ts';
import type { Datum } from '../../values/datum.ts';
import { FreshetError } from '../../values/freshet-error.ts';
import { itemLayout } from './layouts.ts';
import { ItemError } from './item-error.ts';
import { readSinkOptions } from './options.ts';

/** Characters of a row that a message shows. */
const MAX_SHOWN = 200;

/**
 * Returns a function that writes a row's item as JSON, without the version and the write time, which differ from
 * delivery to delivery. It throws FreshetError (`no_item`) for a row that DynamoDB cannot hold.
 */
export function itemFormatter(
  def: SinkDef,
  columns: readonly PlanColumn[],
): (row: readonly Datum[]) => string {
  const layout = itemLayout(def, columns, {
    ...readSinkOptions(def.name, def.options),
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
      throw new FreshetError(
        'no_item',
        `sink "${def.name}" writes no item for the row ${shown}: ${cause.message}`,
        {
          cause,
        },
      );
    }
  };
}
