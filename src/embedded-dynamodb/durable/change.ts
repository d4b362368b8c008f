import type { ByteReader, ByteWriter } from '../../storage/bytes.ts';
import type { StoredItem } from '../sorted-items.ts';
import type { TableDefinition } from '../table-definition.ts';

/** One change of the store's state. `table` is a table's id, so that a later table with the same name differs. */
export type Change =
  | { readonly kind: 'put'; readonly table: string; readonly item: StoredItem }
  | { readonly kind: 'delete'; readonly table: string; readonly key: string }
  | { readonly kind: 'define'; readonly definition: TableDefinition }
  | { readonly kind: 'drop'; readonly table: string };

const PUT = 1;
const DELETE = 2;
const DEFINE = 3;
const DROP = 4;

export function writeChange(to: ByteWriter, change: Change): void {
  switch (change.kind) {
    case 'put':
      to.u8(PUT);
      to.text(change.table);
      to.sized(Buffer.from(change.item.key, 'latin1'));
      to.u32(change.item.bytes);
      to.text(change.item.text);
      break;
    case 'delete':
      to.u8(DELETE);
      to.text(change.table);
      to.sized(Buffer.from(change.key, 'latin1'));
      break;
    case 'define':
      to.u8(DEFINE);
      to.text(JSON.stringify(change.definition));
      break;
    case 'drop':
      to.u8(DROP);
      to.text(change.table);
      break;
  }
}

/** Reads what {@link writeChange} wrote. Throws RangeError or SyntaxError for other bytes. */
export function readChange(from: ByteReader): Change {
  const kind = from.u8();
  switch (kind) {
    case PUT: {
      const table = from.text();
      const key = placeText(from.sized());
      const bytes = from.u32();
      return { kind: 'put', table, item: { key, text: from.text(), bytes } };
    }
    case DELETE:
      return { kind: 'delete', table: from.text(), key: placeText(from.sized()) };
    case DEFINE:
      return { kind: 'define', definition: JSON.parse(from.text()) as TableDefinition };
    case DROP:
      return { kind: 'drop', table: from.text() };
    default:
      throw new RangeError(`unknown kind of change: ${kind}`);
  }
}

function placeText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
