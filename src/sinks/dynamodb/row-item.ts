import type { KeyAttribute } from '../../dynamodb/wire.ts';
import type { ItemLayout, Row } from './layout.ts';
import type { OwnItems } from './own-items.ts';

/** A layout in which a row is one item that belongs to the sink alone. */
export interface RowItem {
  /** The table's key: the partition key, then the sort key if there is one. */
  readonly keyAttributes: readonly KeyAttribute[];
  readonly own: OwnItems;
  /** As {@link ItemLayout.encodeKey}. */
  encodeKey(row: Row, i: number): string;
  /** Returns the item of row `i` without braces. An item without a version has no bookkeeping attributes. */
  encodeItem(key: string, row: Row, i: number, at: WrittenAt): string;
}

interface WrittenAt {
  readonly written_at_ms: number;
  readonly version: number | undefined;
}

/** Returns the layout that puts and deletes whole items. */
export function rowItemLayout({ keyAttributes, own, encodeKey, encodeItem }: RowItem): ItemLayout {
  return {
    keyAttributes,
    own,
    sentBy: 'batch',
    parts: undefined,
    encodeKey,
    encodePut: (key, _part, row, i, { epoch: version, written_at_ms }) =>
      `{"PutRequest":{"Item":{${encodeItem(key, row, i, { version, written_at_ms })}}}}`,
    encodeEnd: (key) => `{"DeleteRequest":{"Key":{${key}}}}`,
    itemsOf: (key, row, i, now_ms) => [
      encodeItem(key, row, i, { version: undefined, written_at_ms: now_ms }),
    ],
  };
}
