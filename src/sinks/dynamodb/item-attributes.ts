import type { Column } from '../../engine/column.ts';
import type { PlanColumn } from '../../plan/nodes.ts';
import { itemBytes, MAX_ITEM_BYTES } from '../../dynamodb/item-size.ts';
import type { AttributeMap } from '../../dynamodb/wire.ts';
import { attributeEncoder, type AttributeEncoder } from './attribute-encoder.ts';
import { ItemError } from './item-error.ts';

/** A column of the view that becomes an attribute. */
export interface Attribute {
  readonly name: string;
  /** The column's position in the view. */
  readonly column: number;
  readonly encode: AttributeEncoder;
}

/** Returns the attributes that a view's columns become, without the columns of the key. */
export function attributesOf(columns: readonly PlanColumn[], key: readonly number[]): readonly Attribute[] {
  return columns.flatMap(({ name, type }, column) =>
    key.includes(column) ? [] : [{ name, column, encode: attributeEncoder(type) }],
  );
}

/** Returns the value of an attribute as wire text. Throws ItemError, whose message names the attribute. */
export function encodeAttribute({ name, encode }: Attribute, column: Column, i: number): string {
  try {
    return encode(column, i);
  } catch (error) {
    if (error instanceof ItemError) throw new ItemError(error.code, `attribute ${name}: ${error.message}`);
    throw error;
  }
}

/**
 * Throws ItemError if an item, without braces, is too large. Its wire text is never shorter than its size as DynamoDB
 * counts it, so only long texts are measured exactly.
 */
export function checkSize(text: string): void {
  if (text.length * 3 <= MAX_ITEM_BYTES || Buffer.byteLength(text) <= MAX_ITEM_BYTES) return;
  const bytes = itemBytes(JSON.parse(`{${text}}`) as AttributeMap);
  if (bytes > MAX_ITEM_BYTES) {
    throw new ItemError('item_too_large', `the item has ${bytes} bytes; DynamoDB allows ${MAX_ITEM_BYTES}`);
  }
}
