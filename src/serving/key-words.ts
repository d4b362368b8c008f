import { isNumber, type SqlType } from '../values/types.ts';

/** The key of a pipeline's profiles in the words of its SQL, for the texts of the API. */
export interface KeyWords {
  /** Name of the partition key, such as `customer_id`. */
  readonly name: string;
  readonly type: 'N' | 'S';
  /** A value of the key's type, as a path holds it before it is percent-encoded. */
  readonly example: string;
}

/** Returns the words for a key column of a view. */
export function keyWords({ name, type }: { readonly name: string; readonly type: SqlType }): KeyWords {
  return { name, type: isNumber(type) ? 'N' : 'S', example: exampleOf(name, type) };
}

function exampleOf(name: string, type: SqlType): string {
  switch (type.kind) {
    case 'smallint':
      return '42';
    case 'integer':
    case 'bigint':
    case 'numeric':
      return '8821043';
    case 'real':
    case 'double':
      return '10.5';
    case 'date':
      return '2026-03-15';
    case 'time':
      return '12:34:56';
    case 'timestamp':
      return '2026-03-15 12:34:56';
    case 'timestamptz':
      return '2026-03-15 12:34:56+00:00';
    case 'interval':
      return '1 day 02:00:00';
    default:
      return `${name.replace(/_id$/, '')}-1`;
  }
}

/** Returns a sentence about the values that the id in a path may have. */
export function aboutKey(key: KeyWords | undefined): string {
  if (key === undefined)
    return 'value of the partition key: a decimal number, or a text if the key of the table is text';
  return `${key.name}: ${key.type === 'N' ? 'a decimal number' : 'a text, percent-encoded'}`;
}
