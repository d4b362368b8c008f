import { violated } from '../request.ts';
import type { Operation } from './operation.ts';

const MAX_NAMES = 100;

export const listTables: Operation = (request, { store }) => {
  const after = request.optionalText('ExclusiveStartTableName');
  const limit = request.count('Limit', 1) ?? MAX_NAMES;
  if (limit > MAX_NAMES) {
    throw violated('limit', `${limit}`, `Member must have value less than or equal to ${MAX_NAMES}`);
  }
  const names = store.tableNames.filter((name) => after === undefined || name > after);
  const page = names.slice(0, limit);
  return JSON.stringify({
    TableNames: page,
    ...(page.length < names.length ? { LastEvaluatedTableName: page.at(-1) } : {}),
  });
};
