import { capacityText, jsonObject } from '../answer.ts';
import { invalid } from '../api-error.ts';
import { writeUnits } from '../capacity.ts';
import { parseCondition } from '../expressions/condition.ts';
import { putChange } from '../store.ts';
import { checkItemKey, placeOf } from '../table-definition.ts';
import { itemBytes, MAX_ITEM_BYTES } from '../value-bytes.ts';
import { itemText } from '../value.ts';
import { conditionFailure } from './conditional-write.ts';
import type { Operation } from './operation.ts';

export const putItem: Operation = async (request, { store }) => {
  const name = request.tableName();
  const item = request.item('Item');
  const returned = request.choice('ReturnValues', [
    'ALL_NEW',
    'UPDATED_OLD',
    'ALL_OLD',
    'NONE',
    'UPDATED_NEW',
  ]);
  if (returned !== undefined && returned !== 'NONE' && returned !== 'ALL_OLD') {
    throw invalid('ReturnValues can only be ALL_OLD or NONE');
  }
  const report = request.capacityReport();
  const { ConditionExpression: condition } = request.expressions({ ConditionExpression: parseCondition });
  const bytes = itemBytes(item);
  if (bytes > MAX_ITEM_BYTES) throw invalid('Item size has exceeded the maximum allowed size');
  const table = store.table(name);
  checkItemKey(table.definition, item);
  const key = placeOf(table.definition, item);
  const before = table.latest(key);
  const failure = conditionFailure(condition, before, request);
  if (failure !== undefined) {
    await store.settled();
    throw failure;
  }
  await store.write([putChange(table, { key, text: itemText(item), bytes })]);
  return jsonObject({
    Attributes: returned === 'ALL_OLD' ? before?.text : undefined,
    ConsumedCapacity: capacityText(report, name, writeUnits(before?.bytes ?? 0, bytes)),
  });
};
