import type { Datum } from '../../../src/values/datum.ts';
import { formatDatum } from '../../../src/values/text.ts';
import type { SqlType } from '../../../src/values/types.ts';

/** A value of ours as PostgreSQL writes it, for comparing; numbers as {@link theirText} gives them. */
export function ourText(type: SqlType, value: Datum): string {
  if (value === null) return 'NULL';
  if (type.kind === 'boolean') return value === true ? 'true' : 'false';
  return theirText(type, formatDatum(type, value));
}

/** PostgreSQL's text of a value. Scales differ by design: ours has no trailing zeros, and 28 digits at most. */
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

/** PostgreSQL's name of a type as ours has it. */
export function typeOfPostgres(name: string): string {
  const array = name.endsWith('[]');
  const base = array ? name.slice(0, -2) : name;
  return (TYPES[base] ?? base.toUpperCase()) + (array ? '[]' : '');
}
