import type { SourceColumn } from '../../plan/pipeline.ts';
import type { CreateSource } from '../ddl/statement.ts';
import { failure } from '../failure.ts';
import type { BoundFormat } from './source-format.ts';

/**
 * Throws SqlFailure if a source cannot take records that change rows (FORMAT UPSERT or DEBEZIUM). As in RisingWave,
 * INCLUDE KEY makes the key of the record the primary key, and FORMAT DEBEZIUM takes no INCLUDE. Unlike RisingWave,
 * FORMAT UPSERT without INCLUDE KEY reads the columns of the primary key from the record's key.
 */
export function checkChanges(
  s: CreateSource,
  { format, keyEncode }: BoundFormat,
  {
    columns,
    primaryKey,
  }: { readonly columns: readonly SourceColumn[]; readonly primaryKey: readonly number[] },
): void {
  const name = `FORMAT ${format.toUpperCase()}`;
  const at = s.format?.span ?? s.name.span;
  const keyColumn = columns.findIndex(({ include }) => include === 'key');
  if (s.kind === 'source') {
    throw failure(
      '42P16',
      `${name} needs a TABLE with a PRIMARY KEY`,
      at,
      'write CREATE TABLE: a source keeps no rows that records could replace or delete',
    );
  }
  if (s.appendOnly !== undefined) {
    throw failure('42P16', `an APPEND ONLY table cannot have ${name}`, at, 'remove APPEND ONLY');
  }
  const included = s.includes[0];
  if (format === 'debezium' && included !== undefined) {
    throw failure('42601', 'FORMAT DEBEZIUM takes no INCLUDE', included.span, 'leave INCLUDE out');
  }
  if (primaryKey.length === 0) {
    const hint =
      keyColumn < 0
        ? "add PRIMARY KEY (...) with the columns that the record's key holds"
        : `add PRIMARY KEY (${columns[keyColumn]!.name}) to the columns`;
    throw failure('42P16', `${name} needs a TABLE with a PRIMARY KEY`, at, hint);
  }
  checkKey(s, { columns, primaryKey, keyColumn });
  if (keyEncode === undefined) return;
  const { span } = s.format!.keyEncode!;
  if (keyColumn >= 0)
    throw failure('42601', 'INCLUDE KEY takes the key as it is', span, 'leave KEY ENCODE or INCLUDE KEY out');
  if (keyEncode === 'text' && primaryKey.length > 1) {
    throw failure(
      '42P16',
      `KEY ENCODE TEXT is the text of one column, and the primary key has ${primaryKey.length}`,
      span,
      'leave KEY ENCODE out: the key is then a JSON object of the key columns',
    );
  }
}

function checkKey(
  s: CreateSource,
  {
    columns,
    primaryKey,
    keyColumn,
  }: {
    readonly columns: readonly SourceColumn[];
    readonly primaryKey: readonly number[];
    readonly keyColumn: number;
  },
): void {
  const at = s.primaryKey?.span ?? columns[primaryKey[0]!]!.span;
  if (keyColumn >= 0) {
    if (primaryKey.length === 1 && primaryKey[0] === keyColumn) return;
    const name = columns[keyColumn]!.name;
    throw failure(
      '42P16',
      `with INCLUDE KEY only "${name}" can be the primary key`,
      at,
      `write PRIMARY KEY (${name}), or leave INCLUDE KEY out: the primary key is then read from the record's key`,
    );
  }
  const odd = primaryKey
    .map((i) => columns[i]!)
    .find((c) => c.generated !== undefined || c.include !== undefined);
  if (odd === undefined) return;
  const what = odd.generated === undefined ? `INCLUDE ${odd.include}` : 'a generated column';
  throw failure(
    '42P16',
    `"${odd.name}" is ${what}, and the primary key must come from the records`,
    at,
    "use columns that the record's key holds",
  );
}
