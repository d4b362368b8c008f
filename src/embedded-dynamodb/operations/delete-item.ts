import { capacityText, jsonObject } from '../answer.ts';
import { invalid } from '../api-error.ts';
import { writeUnits } from '../capacity.ts';
import { parseCondition } from '../expressions/condition.ts';
import { deleteChange } from '../store.ts';
import { checkKey, placeOf } from '../table-definition.ts';
import { conditionFailure } from './conditional-write.ts';
import type { Operation } from './operation.ts';

export const deleteItem: Operation = async (request, { store }) => {
  const name = request.tableName();
  const key = request.item('Key');
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
  const table = store.table(name);
  checkKey(table.definition, key);
  const place = placeOf(table.definition, key);
  const before = table.latest(place);
  const failure = conditionFailure(condition, before, request);
  if (failure !== undefined || before === undefined) {
    await store.settled();
    if (failure !== undefined) throw failure;
  } else {
    await store.write([deleteChange(table, place)]);
  }
  return jsonObject({
    Attributes: returned === 'ALL_OLD' ? before?.text : undefined,
    ConsumedCapacity: capacityText(report, name, writeUnits(before?.bytes ?? 0, 0)),
  });
};
