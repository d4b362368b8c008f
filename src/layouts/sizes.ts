import { END } from '../embedded-dynamodb/sorted-items.ts';
import type { Store } from '../embedded-dynamodb/store.ts';

/** Sizes of the items of a store, in bytes as DynamoDB counts them. */
export interface ItemSizes {
  readonly items: number;
  readonly bytes: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Measures all items of a store. Percentiles are sizes of items: the nearest rank. */
export function measureSizes(store: Store): ItemSizes {
  const sizes: number[] = [];
  for (const name of store.tableNames)
    for (const { bytes } of store.table(name).items.range('', END)) sizes.push(bytes);
  sizes.sort((a, b) => a - b);
  return {
    items: sizes.length,
    bytes: sizes.reduce((sum, bytes) => sum + bytes, 0),
    p50: percentile(sizes, 0.5),
    p99: percentile(sizes, 0.99),
    max: sizes.at(-1) ?? 0,
  };
}

/** Returns the value of nearest rank in sorted values; 0 if there is none. */
function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0;
}
