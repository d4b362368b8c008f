import { castKind } from './cast.ts';
import { VARCHAR } from './types.ts';
import type { SqlType } from './types.ts';

export type TypeCategory =
  | 'boolean'
  | 'number'
  | 'string'
  | 'datetime'
  | 'timespan'
  | 'array'
  | 'other'
  | 'unknown';

/** Returns PostgreSQL's category of a type. Common types are chosen within one category. */
export function categoryOf(type: SqlType): TypeCategory {
  switch (type.kind) {
    case 'boolean':
      return 'boolean';
    case 'smallint':
    case 'integer':
    case 'bigint':
    case 'numeric':
    case 'real':
    case 'double':
      return 'number';
    case 'varchar':
      return 'string';
    case 'date':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return 'datetime';
    case 'interval':
      return 'timespan';
    case 'array':
      return 'array';
    case 'bytea':
    case 'jsonb':
      return 'other';
    case 'unknown':
      return 'unknown';
  }
}

/** Returns whether a type is the preferred one of its category. */
export function isPreferred(type: SqlType): boolean {
  switch (type.kind) {
    case 'boolean':
    case 'double':
    case 'varchar':
    case 'timestamptz':
    case 'interval':
      return true;
    default:
      return false;
  }
}

/**
 * Returns the common type of the branches of CASE, COALESCE, UNION, VALUES, ARRAY or GREATEST by PostgreSQL's rules;
 * undefined if there is none. If all types are UNKNOWN it is VARCHAR.
 */
export function commonType(types: readonly SqlType[]): SqlType | undefined {
  let chosen: SqlType | undefined;
  for (const type of types) {
    if (type.kind === 'unknown') continue;
    if (chosen === undefined) {
      chosen = type;
    } else if (categoryOf(chosen) !== categoryOf(type)) {
      return undefined;
    } else if (
      !isPreferred(chosen) &&
      castKind(chosen, type) === 'implicit' &&
      castKind(type, chosen) !== 'implicit'
    ) {
      chosen = type;
    }
  }
  if (chosen === undefined) return VARCHAR;
  return types.every((type) => castKind(type, chosen) === 'implicit') ? chosen : undefined;
}
