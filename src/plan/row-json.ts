import { quoteJson } from '../values/json.ts';
import type { Datum } from '../values/datum.ts';
import { datumToJson } from '../values/text.ts';
import type { PlanColumn } from './nodes.ts';

/** Returns a function that writes a row as a JSON object: columns in order, numbers with all their digits. */
export function rowFormatter(columns: readonly PlanColumn[]): (row: readonly Datum[]) => string {
  const names = columns.map(({ name }, i) => `${i === 0 ? '{' : ','}${quoteJson(name)}:`);
  return (row) => `${row.map((value, c) => names[c]! + datumToJson(columns[c]!.type, value)).join('')}}`;
}
