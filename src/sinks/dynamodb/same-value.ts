import type { Column } from '../../engine/column.ts';
import { sameDatum } from '../../values/identity.ts';

/** Returns whether rows `i` and `j` of a column hold the identical value; NULL is identical to NULL. */
export function sameValue(column: Column, i: number, j: number): boolean {
  if (column.nulls[i] !== column.nulls[j]) return false;
  switch (column.layout) {
    case 'i64':
      return column.w[2 * i] === column.w[2 * j] && column.w[2 * i + 1] === column.w[2 * j + 1];
    case 'dec':
      if (Number.isNaN(column.v[i] as number)) return column.big[i] === column.big[j];
      return column.v[i] === column.v[j] && column.f1[i] === column.f1[j] && column.f2[i] === column.f2[j];
    case 'ref':
      return column.nulls[i] === 1 || sameDatum(column.type, column.refs[i]!, column.refs[j]!);
    default:
      return column.v[i] === column.v[j] || (Number.isNaN(column.v[i]) && Number.isNaN(column.v[j]));
  }
}
