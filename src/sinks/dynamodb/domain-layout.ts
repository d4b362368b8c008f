import type { SinkDef } from '../../plan/pipeline.ts';
import { SinkError } from '../sink.ts';
import { BOOKKEEPING, SINK_ATTRIBUTE } from '../../dynamodb/bookkeeping.ts';
import { attributesOf, checkSize, encodeAttribute } from './item-attributes.ts';
import { KeyEncoder } from './key-encoder.ts';
import { keyFault } from './key-fault.ts';
import type { ItemLayout, LayoutFactory, LayoutView, Row } from './layout.ts';
import type { DynamoDbSinkSettings } from './options.ts';
import { itemsOfSink } from './own-items.ts';
import { rowItemLayout } from './row-item.ts';
import { stampText } from './stamp-text.ts';
import { unversionedItems } from './unversioned.ts';

/** What another layout changes of an item per row. */
export interface ItemVariant {
  /** Returns whether a column is no attribute. */
  isLeftOut(column: number): boolean;
  /** Returns further attributes of row `i` as wire text, with a comma before each. */
  more(row: Row, i: number, written_at_ms: number): string;
}

/** Layout `domain`: an item per row, an attribute per column. */
export const domainLayout: LayoutFactory = (def, view, settings) => rowPerItem(def, view, settings);

/** Returns a layout of an item per row. Throws SinkError for a key or a column that it cannot hold. */
export function rowPerItem(
  def: SinkDef,
  { columns, constantOf }: LayoutView,
  settings: DynamoDbSinkSettings,
  variant?: ItemVariant,
): ItemLayout {
  const { sortKey, sortKeyName, bookkeeping } = settings;
  const fault = keyFault({ label: `"${def.from}"`, columns }, def.primaryKey, def.options);
  if (fault !== undefined) throw new SinkError(def.name, fault.message, { hint: fault.hint });
  const key = new KeyEncoder({ columns, primaryKey: def.primaryKey, sortKey, sortKeyName });
  const taken = bookkeeping ? columns.find(({ name }) => BOOKKEEPING.includes(name)) : undefined;
  if (taken !== undefined) {
    throw new SinkError(def.name, `column "${taken.name}" has the name of a bookkeeping attribute`, {
      hint: "rename the column, or set freshet.bookkeeping = 'off'",
    });
  }
  const attributes = attributesOf(columns, def.primaryKey)
    .filter(({ column }) => variant?.isLeftOut(column) !== true)
    .map(({ name, column, encode }) => ({ name, column, encode, prefix: `,${JSON.stringify(name)}:` }));
  const owner =
    sortKey === undefined ? `,${JSON.stringify(SINK_ATTRIBUTE)}:{"S":${JSON.stringify(def.name)}}` : '';

  return rowItemLayout({
    keyAttributes: key.attributes,
    own: itemsOfSink({
      sink: def.name,
      key: key.attributes,
      keyColumns: def.primaryKey.map((c) => columns[c]!),
      sortKey,
      unversioned: unversionedItems(def, settings, constantOf),
    }),
    encodeKey: (row, i) => key.encode(row, i),
    encodeItem: (keyText, row, i, stamp, isBare) => {
      let text = keyText;
      for (const attribute of attributes) {
        text += attribute.prefix + encodeAttribute(attribute, row[attribute.column]!, i);
      }
      if (variant !== undefined) text += variant.more(row, i, stamp.written_at_ms);
      if (bookkeeping && !isBare) text += stampText(stamp) + owner;
      checkSize(text);
      return text;
    },
  });
}
