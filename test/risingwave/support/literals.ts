import type { SourceDef } from '../../../src/plan/pipeline.ts';
import type { Datum } from '../../../src/values/datum.ts';
import { formatDatum } from '../../../src/values/text.ts';
import { typeName, type SqlType } from '../../../src/values/types.ts';

/** Returns a value as an SQL literal with its type. */
export function literal(type: SqlType, value: Datum): string {
  if (value === null) return `NULL::${typeName(type)}`;
  const text = formatDatum(type, value);
  // RisingWave wants the offset in full.
  const whole = type.kind === 'timestamptz' ? `${text}:00` : text;
  return `'${whole.replaceAll("'", "''")}'::${typeName(type)}`;
}

/** Returns the table that takes the rows of a source: its columns and key, without a connector. */
export function tableOf({ name, columns, primaryKey, kind, appendOnly }: SourceDef): string {
  const generated = columns.find((column) => column.generated !== undefined);
  if (generated !== undefined)
    throw new Error(`${name}.${generated.name} is a generated column, which these tests cannot fill`);
  const parts = columns.map((column) => `${quoted(column.name)} ${typeName(column.type)}`);
  if (primaryKey.length > 0)
    parts.push(`PRIMARY KEY (${primaryKey.map((i) => quoted(columns[i]!.name)).join(', ')})`);
  const end = kind === 'source' || appendOnly ? ' APPEND ONLY' : '';
  return `CREATE TABLE ${quoted(name)} (${parts.join(', ')})${end}`;
}

/** Returns the statement that inserts rows. */
export function insertInto({ name, columns }: SourceDef, rows: readonly (readonly Datum[])[]): string {
  const names = columns.map((column) => quoted(column.name)).join(', ');
  const values = rows.map((row) => `(${row.map((value, i) => literal(columns[i]!.type, value)).join(', ')})`);
  return `INSERT INTO ${quoted(name)} (${names}) VALUES ${values.join(', ')}`;
}

/** Returns the statement that deletes a row of a table by its key. */
export function deleteFrom({ name, columns, primaryKey }: SourceDef, row: readonly Datum[]): string {
  const terms = primaryKey.map((i) => `${quoted(columns[i]!.name)} = ${literal(columns[i]!.type, row[i]!)}`);
  return `DELETE FROM ${quoted(name)} WHERE ${terms.join(' AND ')}`;
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
