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

/** PostgreSQL's category of a type: conversions are looked for within one. */
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

/** The type its category prefers when a choice is open. */
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
 * The one type for CASE, COALESCE, UNION, VALUES, ARRAY, GREATEST (PostgreSQL's rules for them); undefined when the
 * types have none. Only UNKNOWN: VARCHAR.
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
