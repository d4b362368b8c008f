import type { SourceColumn, SourceDef } from '../../plan/pipeline.ts';
import { typeName } from '../../values/types.ts';
import { comment, property } from './typescript-names.ts';
import { fieldType } from './typescript-types.ts';

/**
 * Returns the interface of a source's events, as a test inserts them and HTTP takes them: a row; in FORMAT UPSERT a key
 * and a value; in FORMAT DEBEZIUM an envelope.
 */
export function inputLines(source: SourceDef, interfaceName: string): string[] {
  const { columns, format, name } = source;
  const isKey = (column: SourceColumn): boolean => source.primaryKey.includes(columns.indexOf(column));
  const fields = columns.filter(({ include, generated }) => include === undefined && generated === undefined);
  const of = (some: readonly SourceColumn[], indent: string): string[] =>
    some.map((column) => {
      const isNeeded = column.notNull || isKey(column);
      const type = fieldType({ ...column, notNull: isNeeded });
      const optional = isNeeded ? '' : '?';
      return `${indent}/** ${typeName(column.type)} */ readonly ${property(column.name)}${optional}: ${type};`;
    });
  const object = (about: string, member: string, some: readonly SourceColumn[], end: string): string[] => [
    `  /** ${about} */`,
    `  readonly ${member}: {`,
    ...of(some, '    '),
    `  }${end};`,
  ];
  const keys = fields.filter(isKey);
  const others = fields.filter((column) => !isKey(column));
  const members = {
    plain: () => of(fields, '  '),
    upsert: () => [
      ...(keys.length === 0
        ? ['  /** The key of the record. */', '  readonly key: unknown;']
        : source.keyEncode === 'text'
          ? [`  /** The text of ${keys[0]!.name}. */`, '  readonly key: string | number | bigint;']
          : object('The primary key.', 'key', keys, '')),
      ...object('The row; null or missing deletes it.', 'value?', others, ' | null'),
    ],
    debezium: () => [
      '  /** c, r and u set the row in `after`; d deletes that in `before`; t deletes all rows. */',
      "  readonly op: 'c' | 'r' | 'u' | 'd' | 't';",
      ...object('The key of a deleted row.', 'before?', keys, ' | null'),
      ...object('The row.', 'after?', fields, ' | null'),
    ],
  }[format]();
  return [
    comment(`An event of ${name}, for insert of freshet-sql/testing and POST /v1/sources/${name}/events.`),
    `export interface ${interfaceName} {`,
    ...members,
    '}',
    '',
  ];
}
