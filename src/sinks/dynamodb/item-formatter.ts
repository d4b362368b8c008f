import { Batch } from '../../engine/batch.ts';
import { StringPool } from '../../engine/text/string-pool.ts';
import type { SinkDef } from '../../plan/pipeline.ts';
import { rowFormatter } from '../../plan/row-json.ts';
import type { Datum } from '../../values/datum.ts';
import { FreshetError } from '../../values/freshet-error.ts';
import type { SinkView } from '../connector.ts';
import { itemLayout } from './layouts.ts';
import { ItemError } from './item-error.ts';
import { readSinkOptions } from './options.ts';

/** Characters of a row that a message shows. */
const MAX_SHOWN = 200;

/**
 * Returns a function that writes a row's items as JSON, without the versions and the write times, which differ from
 * delivery to delivery. Rows that have expired at `now_ms` have no items. It throws FreshetError (`no_item`) for a row
 * that DynamoDB cannot hold.
 */
export function itemFormatter(
  def: SinkDef,
  view: SinkView,
  now_ms: number,
): (row: readonly Datum[]) => readonly string[] {
  const { columns } = view;
  const layout = itemLayout(def, view, readSinkOptions(def.name, def.options));
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
      return layout.itemsOf(key, batch.columns, 0, now_ms).map((item) => `{${item}}`);
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
