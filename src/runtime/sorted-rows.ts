import type { ViewReader } from '../engine/contract.ts';
import { compareNullable } from '../values/compare.ts';
import type { Datum } from '../values/datum.ts';
import { quoteJson } from '../values/json.ts';
import { datumToJson } from '../values/text.ts';

/** All rows of a view, ordered by its key (by all columns where it has none), so that equal views give equal output. */
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

/** Writes rows as JSON objects, one per line: columns in the view's order, numbers with all their digits. */
export function rowFormatter(columns: ViewReader['columns']): (row: readonly Datum[]) => string {
  const names = columns.map(({ name }, i) => `${i === 0 ? '{' : ','}${quoteJson(name)}:`);
  return (row) => `${row.map((value, c) => names[c]! + datumToJson(columns[c]!.type, value)).join('')}}`;
}
