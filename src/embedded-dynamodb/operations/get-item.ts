import { capacityText, jsonObject } from '../answer.ts';
import { readUnits } from '../capacity.ts';
import { parseProjection, project } from '../expressions/projection.ts';
import { checkKey, placeOf } from '../table-definition.ts';
import { itemOf } from '../table.ts';
import { itemText } from '../value.ts';
import type { Operation } from './operation.ts';

export const getItem: Operation = (request, { store }) => {
  const name = request.tableName();
  const key = request.item('Key');
  const isConsistent = request.flag('ConsistentRead');
  const report = request.capacityReport();
  const { ProjectionExpression: paths } = request.expressions({ ProjectionExpression: parseProjection });
  const table = store.table(name);
  checkKey(table.definition, key);
  const found = table.items.get(placeOf(table.definition, key));
  return jsonObject({
    Item: paths === undefined || found === undefined ? found?.text : itemText(project(itemOf(found), paths)),
    ConsumedCapacity: capacityText(report, name, readUnits(found?.bytes ?? 0, isConsistent)),
  });
};
