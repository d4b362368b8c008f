import type { Column } from '../../engine/column.ts';
import type { KeyAttribute } from './client/wire.ts';

/** What bookkeeping attributes say about a write. */
export interface ItemStamp {
  /** The barrier the row is from; never falls for a key. */
  readonly epoch: number;
  readonly written_at_ms: number;
}

/** How a row becomes an item: wire text without the outer braces, straight from the columns. */
export interface ItemLayout {
  /** The table's key: the partition key, then the sort key if there is one. */
  readonly keyAttributes: readonly KeyAttribute[];
  /** Equal keys give equal text. Throws ItemError. */
  encodeKey(row: readonly (Column | undefined)[], i: number): string;
  /** `key` is what encodeKey gave. Throws ItemError. */
  encodeItem(key: string, row: readonly (Column | undefined)[], i: number, stamp: ItemStamp): string;
}
