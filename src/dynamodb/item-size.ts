import type { AttributeMap, AttributeValue } from './wire.ts';

/** DynamoDB's limit on one item, names included. */
export const MAX_ITEM_BYTES = 400 * 1024;

/**
 * Returns the size of an item in bytes, as DynamoDB counts it: names and text in UTF-8; for a number, one byte per two
 * digits plus one; one byte for NULL and BOOL; three bytes for a list or map, plus one for each of its elements.
 */
export function itemBytes(item: AttributeMap): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) bytes += Buffer.byteLength(name) + valueBytes(value);
  return bytes;
}

function valueBytes(value: AttributeValue): number {
  if ('S' in value) return Buffer.byteLength(value.S);
  if ('N' in value) return numberBytes(value.N);
  if ('B' in value) return Buffer.byteLength(value.B, 'base64');
  if ('L' in value) return value.L.reduce((sum, element) => sum + 1 + valueBytes(element), 3);
  if ('M' in value) return 3 + Object.keys(value.M).length + itemBytes(value.M);
  if ('SS' in value) return value.SS.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if ('NS' in value) return value.NS.reduce((sum, text) => sum + numberBytes(text), 0);
  if ('BS' in value) return value.BS.reduce((sum, text) => sum + Buffer.byteLength(text, 'base64'), 0);
  return 1;
}

function numberBytes(text: string): number {
  const digits = text
    .replace(/[eE].*$/, '')
    .replace(/[-.]/g, '')
    .replace(/^0+|0+$/g, '');
  return Math.ceil(digits.length / 2) + 1 + (text.startsWith('-') ? 1 : 0);
}
