import { describeTable as description } from '../table-definition.ts';
import type { Operation } from './operation.ts';

/** ItemCount and TableSizeBytes are exact; in DynamoDB they are up to six hours old. */
export const describeTable: Operation = (request, { store }) => {
  const { definition, items } = store.table(request.tableName());
  return JSON.stringify({ Table: description(definition, { items: items.count, bytes: items.bytes }) });
};
