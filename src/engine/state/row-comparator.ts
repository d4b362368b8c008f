import { compareDatum } from '../../values/compare.ts';
import { VARCHAR } from '../../values/types.ts';
import type { Column } from '../column.ts';

export interface SortKey {
  readonly column: number;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/** Compares two rows (by slot) of the same columns, key by key. */
export function rowComparator(
  columns: readonly Column[],
  keys: readonly SortKey[],
): (a: number, b: number) => number {
  const steps = keys.map((key) => keyComparator(columns[key.column]!, key));
  const [first, second] = steps;
  if (steps.length === 1) return first!;
  if (steps.length === 2) return (a, b) => first!(a, b) || second!(a, b);
  return (a, b) => {
    for (const step of steps) {
      const order = step(a, b);
      if (order !== 0) return order;
    }
    return 0;
  };
}

function keyComparator(column: Column, key: SortKey): (a: number, b: number) => number {
  const values = valueComparator(column);
  const sign = key.descending ? -1 : 1;
  const nullOrder = key.nullsFirst ? -1 : 1;
  return (a, b) => {
    const an = column.nulls[a]!;
    const bn = column.nulls[b]!;
    if (an !== 0 || bn !== 0) return an === bn ? 0 : an !== 0 ? nullOrder : -nullOrder;
    return sign * values(a, b);
  };
}

function valueComparator(column: Column): (a: number, b: number) => number {
  const { type, pool } = column;
  switch (column.layout) {
    case 'u8':
    case 'i32':
      return (a, b) => (column.v[a] as number) - (column.v[b] as number);
    case 'f64':
      if (type.kind === 'real' || type.kind === 'double') break;
      return (a, b) => (column.v[a] as number) - (column.v[b] as number);
    case 'str':
      return (a, b) => {
        const x = column.v[a] as number;
        const y = column.v[b] as number;
        return x === y ? 0 : compareDatum(VARCHAR, pool.get(x), pool.get(y));
      };
    case 'i64':
      return (a, b) =>
        column.w[2 * a + 1]! - column.w[2 * b + 1]! || (column.w[2 * a]! >>> 0) - (column.w[2 * b]! >>> 0);
    default:
  }
  return (a, b) => compareDatum(type, column.get(a)!, column.get(b)!);
}
