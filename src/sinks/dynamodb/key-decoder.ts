import type { PlanColumn } from '../../plan/nodes.ts';
import { castDatum } from '../../values/cast.ts';
import type { Datum } from '../../values/datum.ts';
import { SqlValueError } from '../../values/sql-error.ts';
import { VARCHAR } from '../../values/types.ts';
import type { AttributeMap, AttributeValue } from '../../dynamodb/wire.ts';

/** Returns the values of the key columns in an item; undefined if no row of the view can have this key. */
export function decodeKey(item: AttributeMap, columns: readonly PlanColumn[]): readonly Datum[] | undefined {
  try {
    return columns.map(({ name, type }) => {
      const value = item[name];
      if (value === undefined) throw new SqlValueError('22P02', `the item has no ${name}`);
      return 'B' in value
        ? new Uint8Array(Buffer.from(value.B, 'base64'))
        : castDatum(textOf(value), VARCHAR, type);
    });
  } catch (error) {
    if (error instanceof SqlValueError) return undefined;
    throw error;
  }
}

function textOf(value: AttributeValue): string {
  if ('N' in value) return value.N;
  if ('S' in value) return value.S;
  throw new SqlValueError('22P02', 'a key is a number, text or bytes');
}
