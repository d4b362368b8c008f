import type { ColumnSchema, DomainSchema, ProfileSchema } from '../../client/schema.ts';
import { property } from './typescript-names.ts';

/** Returns the declaration of a schema, as `freshet-sql/client` takes it. */
export function schemaLines({ table, key, domains }: ProfileSchema): string[] {
  return [
    '/** Where the items are, and what they hold. */',
    'export const schema: ProfileSchema = {',
    `  table: ${JSON.stringify(table)},`,
    `  key: ${JSON.stringify(key)},`,
    '  domains: {',
    ...Object.keys(domains).flatMap((name) => domainSchemaLines(name, domains[name]!)),
    '  },',
    '};',
    '',
  ];
}

function domainSchemaLines(name: string, { layout, sortKey, tag, columns, windows }: DomainSchema): string[] {
  // An unquoted or quoted __proto__ would set the prototype.
  const key = name === '__proto__' ? '["__proto__"]' : property(name);
  return [
    `    ${key}: {`,
    `      layout: ${JSON.stringify(layout)},`,
    `      sortKey: ${JSON.stringify(sortKey)},`,
    `      tag: ${JSON.stringify(tag)},`,
    '      columns: [',
    ...columns.map((column: ColumnSchema) => `        ${JSON.stringify(column)},`),
    '      ],',
    ...(windows === undefined ? [] : [`      windows: ${JSON.stringify(windows)},`]),
    '    },',
  ];
}
