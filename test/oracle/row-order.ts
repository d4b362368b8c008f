import type { OrderKey } from '../../src/plan/nodes.ts';
import { compareDatum } from '../../src/values/compare.ts';
import type { Datum } from '../../src/values/datum.ts';
import type { SqlType } from '../../src/values/types.ts';

export type Row = readonly Datum[];

/** Compares two rows by ORDER BY keys. */
export function compareKeys(keys: readonly OrderKey[], a: Row, b: Row): number {
  for (const [i, key] of keys.entries()) {
    const [x, y] = [a[i]!, b[i]!];
    if (x === null || y === null) {
      if (x === y) continue;
      return (x === null) === key.nullsFirst ? -1 : 1;
    }
    const by = compareDatum(key.expr.type, x, y);
    if (by !== 0) return key.descending ? -by : by;
  }
  return 0;
}

/** Compares two rows column by column, ascending, NULLs last; breaks ties. */
export function compareRows(types: readonly SqlType[], a: Row, b: Row): number {
  for (const [i, type] of types.entries()) {
    const [x, y] = [a[i]!, b[i]!];
    if (x === null || y === null) {
      if (x === y) continue;
      return x === null ? 1 : -1;
    }
    const by = compareDatum(type, x, y);
    if (by !== 0) return by;
  }
  return 0;
}
