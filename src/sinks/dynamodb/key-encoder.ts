import type { Column } from '../../engine/column.ts';
import type { StringPool } from '../../engine/text/string-pool.ts';
import type { PlanColumn } from '../../plan/nodes.ts';
import type { Datum } from '../../values/datum.ts';
import { formatDatum } from '../../values/text.ts';
import { isNumber, type SqlType } from '../../values/types.ts';
import { attributeEncoder, textOf } from './attribute-encoder.ts';
import { keyTypeOf } from './key-type.ts';
import type { KeyAttribute } from '../../dynamodb/wire.ts';
import { ItemError } from './item-error.ts';

/** DynamoDB's limit for a sort key. */
export const MAX_SORT_KEY_BYTES = 1024;
/** DynamoDB's limits for the partition key and the sort key. */
const MAX_BYTES = [2048, MAX_SORT_KEY_BYTES] as const;
const MAX_REMEMBERED = 1000;

type Row = readonly (Column | undefined)[];

/** One key attribute, whose value comes from a column of the view or is a constant. */
interface KeyPart {
  readonly attribute: KeyAttribute;
  /** Returns the attribute of row `i` as wire text, `"name":value`. */
  encode(row: Row, i: number): string;
}

/**
 * Encodes the key of a row as wire text without braces, `"viewer_id":{"N":"1"},"sk":{"S":"engagement#watch"}`. Equal
 * keys give equal text, so the text also identifies the item.
 */
export class KeyEncoder {
  readonly attributes: readonly KeyAttribute[];
  readonly #parts: readonly KeyPart[];

  /** `def` must be a key for which `keyFault` (key-fault.ts) returns undefined. */
  constructor(def: {
    readonly columns: readonly PlanColumn[];
    readonly primaryKey: readonly number[];
    readonly sortKey: string | undefined;
    readonly sortKeyName: string;
  }) {
    const { columns, primaryKey, sortKey, sortKeyName } = def;
    const parts: KeyPart[] = primaryKey.map((column, i) => {
      const { name, type } = columns[column]!;
      const encode = columnKey({ column, name, type, max: MAX_BYTES[i]! });
      return { attribute: { name, type: keyTypeOf(type)! }, encode };
    });
    if (sortKey !== undefined) {
      const text = `${JSON.stringify(sortKeyName)}:{"S":${JSON.stringify(sortKey)}}`;
      parts.push({ attribute: { name: sortKeyName, type: 'S' }, encode: () => text });
    }
    this.#parts = parts;
    this.attributes = parts.map(({ attribute }) => attribute);
  }

  /** Returns the key of row `i` as wire text. Throws ItemError for a key that is NULL, empty or too long. */
  encode(row: Row, i: number): string {
    const first = this.#parts[0]!.encode(row, i);
    return this.#parts.length === 1 ? first : `${first},${this.#parts[1]!.encode(row, i)}`;
  }
}

/** Returns the text of a key's value in its item, by which readers of the table address the item. */
export function keyText(type: SqlType, value: Datum): string {
  return isNumber(type) ? formatDatum(type, value) : textOf(value, type);
}

function columnKey(key: {
  readonly column: number;
  readonly name: string;
  readonly type: SqlType;
  readonly max: number;
}): (row: Row, i: number) => string {
  const { name, type, max } = key;
  const encode = attributeEncoder(type);
  const prefix = `${JSON.stringify(name)}:`;
  const check = (column: Column, i: number): void => {
    const value = column.get(i);
    const bytes =
      type.kind === 'bytea' ? (value as Uint8Array).length : Buffer.byteLength(textOf(value, type));
    if (bytes === 0) throw new ItemError('empty_key', `key "${name}" is empty`);
    if (bytes > max)
      throw new ItemError('key_too_long', `key "${name}" has ${bytes} bytes; DynamoDB allows ${max}`);
  };
  const encodeChecked = (column: Column, i: number): string => {
    if (!isNumber(type)) check(column, i);
    return prefix + encode(column, i);
  };
  const encodeNotNull = type.kind === 'varchar' ? remembered(encodeChecked) : encodeChecked;
  return (row, i) => {
    const column = row[key.column]!;
    if (column.nulls[i] === 1) throw new ItemError('null_key', `key "${name}" is NULL`);
    return encodeNotNull(column, i);
  };
}

/** Returns `encode` with a cache. Text keys are mostly the few sort keys of a table's domains, and are encoded once. */
function remembered(encode: (column: Column, i: number) => string): (column: Column, i: number) => string {
  const known = new Map<number, string>();
  let pool: StringPool | undefined;
  let sweeps = 0;
  return (column, i) => {
    if (column.pool !== pool || pool.sweeps !== sweeps || known.size > MAX_REMEMBERED) {
      known.clear();
      pool = column.pool;
      sweeps = pool.sweeps;
    }
    const id = column.v[i] as number;
    let text = known.get(id);
    if (text === undefined) {
      text = encode(column, i);
      known.set(id, text);
    }
    return text;
  };
}
