import { describeTable } from '../table-definition.ts';
import type { Operation } from './operation.ts';

/** The table is deleted when the response is sent. */
export const deleteTable: Operation = async (request, { store }) => {
  const table = store.table(request.tableName());
  const size = { items: table.items.count, bytes: table.items.bytes };
  await store.drop(table);
  return JSON.stringify({ TableDescription: describeTable(table.definition, size, 'DELETING') });
};
