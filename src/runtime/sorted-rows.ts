import type { ViewReader } from '../engine/contract.ts';
import { compareNullable } from '../values/compare.ts';
import type { Datum } from '../values/datum.ts';

/** Returns all rows of a view, ordered by its key, or by all columns if it has none. Equal views give equal output. */
export function sortedRows(view: ViewReader, key: readonly number[] | undefined): Datum[][] {
  const rows: Datum[][] = [];
  for (const batch of view.scan()) for (let i = 0; i < batch.n; i++) rows.push(batch.row(i));
  const { columns } = view;
  const by = [...new Set([...(key ?? []), ...columns.keys()])];
  return rows.sort((a, b) => {
    for (const c of by) {
      const order = compareNullable(columns[c]!.type, a[c]!, b[c]!);
      if (order !== 0) return order;
    }
    return 0;
  });
}
