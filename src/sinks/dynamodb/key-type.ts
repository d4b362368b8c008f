import type { SqlType } from '../../values/types.ts';

/** What DynamoDB calls the type of a key attribute: number, string or binary. */
export type KeyType = 'N' | 'S' | 'B';

const KEY_TYPES: Readonly<Partial<Record<SqlType['kind'], KeyType>>> = {
  smallint: 'N',
  integer: 'N',
  bigint: 'N',
  numeric: 'N',
  varchar: 'S',
  date: 'S',
  time: 'S',
  timestamp: 'S',
  timestamptz: 'S',
  bytea: 'B',
};

/**
 * The key type that a column is stored as; undefined for a type whose equal values are written in several ways
 * (floats, intervals, json), or that is no single value.
 */
export function keyTypeOf(type: SqlType): KeyType | undefined {
  return KEY_TYPES[type.kind];
}
