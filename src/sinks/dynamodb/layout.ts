import type { Column } from '../../engine/column.ts';
import type { KeyAttribute } from '../../dynamodb/wire.ts';

/** The values of the bookkeeping attributes of a write. */
export interface ItemStamp {
  /** The barrier that changed the row. It never decreases for a key. */
  readonly epoch: number;
  readonly written_at_ms: number;
}

/** Encodes rows as items, directly from columns to wire text without the outer braces. */
export interface ItemLayout {
  /** The table's key: the partition key, then the sort key if there is one. */
  readonly keyAttributes: readonly KeyAttribute[];
  /** Returns the key of row `i`; equal keys give equal text. Throws ItemError if DynamoDB cannot hold the key. */
  encodeKey(row: readonly (Column | undefined)[], i: number): string;
  /** Returns the item of row `i`, whose key {@link encodeKey} returned. Throws ItemError if DynamoDB cannot hold it. */
  encodeItem(key: string, row: readonly (Column | undefined)[], i: number, stamp: ItemStamp): string;
}
