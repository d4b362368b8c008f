import type { Datum } from '../../../src/values/datum.ts';
import { formatDatum } from '../../../src/values/text.ts';
import type { SqlType } from '../../../src/values/types.ts';

/** Returns the text of Freshet's value in the form that {@link theirText} gives, for comparison. */
export function ourText(type: SqlType, value: Datum): string {
  if (value === null) return 'NULL';
  if (type.kind === 'boolean') return value === true ? 'true' : 'false';
  return theirText(type, formatDatum(type, value));
}

/** Returns PostgreSQL's text of a value; numbers to 12 decimals without trailing zeros, as scales differ by design. */
export function theirText(type: SqlType, text: string | null): string {
  if (text === null) return 'NULL';
  const isPlain =
    (type.kind === 'numeric' || type.kind === 'double') && text.includes('.') && !text.includes('e');
  if (!isPlain) return text;
  return text
    .replace(/(\.\d{12})\d+$/, '$1')
    .replace(/0+$/, '')
    .replace(/\.$/, '');
}

const TYPES: Readonly<Record<string, string>> = {
  text: 'VARCHAR',
  'character varying': 'VARCHAR',
  'timestamp without time zone': 'TIMESTAMP',
  'timestamp with time zone': 'TIMESTAMPTZ',
};

/** Returns Freshet's name of a type that PostgreSQL calls `name`. */
export function typeOfPostgres(name: string): string {
  const array = name.endsWith('[]');
  const base = array ? name.slice(0, -2) : name;
  return (TYPES[base] ?? base.toUpperCase()) + (array ? '[]' : '');
}
