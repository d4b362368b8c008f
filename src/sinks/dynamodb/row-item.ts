import type { KeyAttribute } from '../../dynamodb/wire.ts';
import type { ItemLayout, ItemStamp, Row } from './layout.ts';
import type { OwnItems } from './own-items.ts';

/** A layout in which a row is one item that belongs to the sink alone. */
export interface RowItem {
  /** The table's key: the partition key, then the sort key if there is one. */
  readonly keyAttributes: readonly KeyAttribute[];
  readonly own: OwnItems;
  /** As {@link ItemLayout.encodeKey}. */
  encodeKey(row: Row, i: number): string;
  /** Returns the item of row `i` without braces; if `isBare`, without bookkeeping attributes. */
  encodeItem(key: string, row: Row, i: number, stamp: ItemStamp, isBare: boolean): string;
}

/** Returns the layout that puts and deletes whole items. */
export function rowItemLayout({ keyAttributes, own, encodeKey, encodeItem }: RowItem): ItemLayout {
  return {
    keyAttributes,
    own,
    sentBy: 'batch',
    parts: undefined,
    encodeKey,
    encodePut: (key, _part, row, i, stamp) =>
      `{"PutRequest":{"Item":{${encodeItem(key, row, i, stamp, false)}}}}`,
    encodeEnd: (key) => `{"DeleteRequest":{"Key":{${key}}}}`,
    itemsOf: (key, row, i, now_ms) => [encodeItem(key, row, i, { epoch: 0, written_at_ms: now_ms }, true)],
  };
}
