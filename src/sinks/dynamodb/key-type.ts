import type { KeyType } from '../../dynamodb/wire.ts';
import type { SqlType } from '../../values/types.ts';

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
 * Returns the type of the key attribute that holds a column of type `type`; undefined if the type cannot be a key
 * because equal values have several texts (floats, intervals, json) or because it is not scalar.
 */
export function keyTypeOf(type: SqlType): KeyType | undefined {
  return KEY_TYPES[type.kind];
}
