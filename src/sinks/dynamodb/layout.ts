import type { Column } from '../../engine/column.ts';
import type { SinkDef } from '../../plan/pipeline.ts';
import type { KeyAttribute } from '../../dynamodb/wire.ts';
import type { SinkView } from '../connector.ts';
import type { DynamoDbSinkSettings } from './options.ts';
import type { OwnItems } from './own-items.ts';

/** The values of the bookkeeping attributes of a write. */
export interface ItemStamp {
  /** The barrier that changed the row. It never decreases for a key. */
  readonly epoch: number;
  readonly written_at_ms: number;
}

/** A row in columns. Columns that are not needed may be missing. */
export type Row = readonly (Column | undefined)[];

/**
 * How a write ends the life of a row's item. `tombstone`: an earlier put of the row may still take effect, so the item
 * keeps the version of the deletion until a second deletion removes it.
 */
export type Ending = 'delete' | 'tombstone';

/**
 * How the rows of a view become items: encodes each row as one or several writes, directly from columns to wire text.
 * A layout is one file and a line in layouts.ts.
 */
export interface ItemLayout {
  /** The table's key: the partition key, then the sort key if there is one. */
  readonly keyAttributes: readonly KeyAttribute[];
  /** `batch`: writes are puts and deletes of BatchWriteItem. `update`: each is a request of UpdateItem. */
  readonly sentBy: 'batch' | 'update';
  /**
   * The columns of the view that are written on their own, in the order of `part`. Then only those that changed are
   * written. Undefined if a row is one write, whose part is 0.
   */
  readonly parts: readonly number[] | undefined;
  /** Which items of the table the sink has written. */
  readonly own: OwnItems;
  /** Returns the key of row `i`; equal keys give equal text. Throws ItemError if DynamoDB cannot hold the key. */
  encodeKey(row: Row, i: number): string;
  /**
   * Returns the write of a part of row `i`, whose key {@link encodeKey} returned; undefined if the row is too old to be
   * written. Throws ItemError if DynamoDB cannot hold it.
   */
  encodePut(key: string, part: number, row: Row, i: number, stamp: ItemStamp): string | undefined;
  /** Returns the write that removes a part of a row. Only the key columns of row `i` are filled. */
  encodeEnd(key: string, part: number, row: Row, i: number, stamp: ItemStamp, ending: Ending): string;
  /** Returns the items that hold row `i`, without braces, versions and write times. Throws ItemError as `encodePut`. */
  itemsOf(key: string, row: Row, i: number, now_ms: number): readonly string[];
}

/** Makes the layout of a sink. Throws SinkError for a key or a column that the layout cannot hold. */
export type LayoutFactory = (def: SinkDef, view: LayoutView, settings: DynamoDbSinkSettings) => ItemLayout;

/** What a layout knows of the view. */
export type LayoutView = Pick<SinkView, 'columns' | 'constantOf'>;
