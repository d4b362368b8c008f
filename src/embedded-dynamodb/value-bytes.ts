import { decimalBytes, parseDecimal } from './decimal.ts';
import type { Item, Value } from './value.ts';

/** Maximum size of an item, names included. */
export const MAX_ITEM_BYTES = 400 * 1024;

/** Returns the size of an item as DynamoDB counts and bills it. */
export function itemBytes(item: Item): number {
  let bytes = 0;
  for (const [name, value] of item) bytes += Buffer.byteLength(name) + valueBytes(value);
  return bytes;
}

/** Returns a value's size: UTF-8 of text, 1 for NULL and BOOL, 3 for a list or map and 1 more for each element. */
function valueBytes(value: Value): number {
  switch (value.type) {
    case 'S':
      return Buffer.byteLength(value.value);
    case 'N':
      return decimalBytes(parseDecimal(value.value));
    case 'B':
      return value.value.length;
    case 'BOOL':
    case 'NULL':
      return 1;
    case 'L':
      return value.value.reduce((sum, element) => sum + 1 + valueBytes(element), 3);
    case 'M':
      return 3 + value.value.size + itemBytes(value.value);
    case 'SS':
      return value.value.reduce((sum, element) => sum + Buffer.byteLength(element), 0);
    case 'NS':
      return value.value.reduce((sum, element) => sum + decimalBytes(parseDecimal(element)), 0);
    case 'BS':
      return value.value.reduce((sum, element) => sum + element.length, 0);
  }
}
