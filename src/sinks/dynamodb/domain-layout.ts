import type { Column } from '../../engine/column.ts';
import type { PlanColumn } from '../../plan/nodes.ts';
import type { SinkDef } from '../../plan/pipeline.ts';
import { SinkError } from '../sink.ts';
import { attributeEncoder, type AttributeEncoder } from './attribute-encoder.ts';
import { BOOKKEEPING, SINK_ATTRIBUTE } from '../../dynamodb/bookkeeping.ts';
import type { AttributeMap } from '../../dynamodb/wire.ts';
import { ItemError } from './item-error.ts';
import { itemBytes, MAX_ITEM_BYTES } from '../../dynamodb/item-size.ts';
import { KeyEncoder } from './key-encoder.ts';
import { keyFault } from './key-fault.ts';
import type { ItemLayout, ItemStamp } from './layout.ts';
import type { DynamoDbSinkSettings } from './options.ts';
import { stampText } from './stamp-text.ts';

interface Attribute {
  readonly column: number;
  readonly prefix: string;
  readonly encode: AttributeEncoder;
}

/** What another layout changes of an item per row. */
export interface ItemVariant {
  /** Returns whether a column is no attribute. */
  isLeftOut(column: number): boolean;
  /** Returns further attributes of row `i` as wire text, with a comma before each. */
  more(row: readonly (Column | undefined)[], i: number, stamp: ItemStamp): string;
}

/** Returns layout `domain`: an item per row, an attribute per column. Throws SinkError for an invalid key or column. */
export function domainLayout(
  def: SinkDef,
  columns: readonly PlanColumn[],
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
  const attributes: Attribute[] = [];
  columns.forEach(({ name, type }, column) => {
    if (def.primaryKey.includes(column) || variant?.isLeftOut(column) === true) return;
    attributes.push({ column, prefix: `,${JSON.stringify(name)}:`, encode: attributeEncoder(type) });
  });

  const owner =
    sortKey === undefined ? `,${JSON.stringify(SINK_ATTRIBUTE)}:{"S":${JSON.stringify(def.name)}}` : '';

  return {
    keyAttributes: key.attributes,
    encodeKey: (row, i) => key.encode(row, i),
    encodeItem: (keyText, row, i, stamp) => {
      let text = keyText;
      for (const { column, prefix, encode } of attributes) {
        text += prefix + encodeAttribute(encode, row[column]!, i, columns[column]!.name);
      }
      if (variant !== undefined) text += variant.more(row, i, stamp);
      if (bookkeeping) text += stampText(stamp) + owner;
      checkSize(text);
      return text;
    },
  };
}

function encodeAttribute(encode: AttributeEncoder, column: Column, i: number, name: string): string {
  try {
    return encode(column, i);
  } catch (error) {
    if (error instanceof ItemError) throw new ItemError(error.code, `attribute ${name}: ${error.message}`);
    throw error;
  }
}

/**
 * Throws ItemError if an item is too large. Its wire text is never shorter than its size as DynamoDB counts it, so only
 * long texts are measured exactly.
 */
function checkSize(text: string): void {
  if (text.length * 3 <= MAX_ITEM_BYTES || Buffer.byteLength(text) <= MAX_ITEM_BYTES) return;
  const bytes = itemBytes(JSON.parse(`{${text}}`) as AttributeMap);
  if (bytes > MAX_ITEM_BYTES) {
    throw new ItemError('item_too_large', `the item has ${bytes} bytes; DynamoDB allows ${MAX_ITEM_BYTES}`);
  }
}
