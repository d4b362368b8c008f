import { capacityText, jsonObject } from '../answer.ts';
import { invalid, invalidParameter } from '../api-error.ts';
import { writeUnits } from '../capacity.ts';
import { applyUpdate } from '../expressions/apply-update.ts';
import { parseCondition } from '../expressions/condition.ts';
import type { Path } from '../expressions/path.ts';
import { project } from '../expressions/projection.ts';
import { parseUpdate } from '../expressions/update.ts';
import { putChange } from '../store.ts';
import { checkKey, keyAttributes, placeOf } from '../table-definition.ts';
import { itemOf } from '../table.ts';
import { itemBytes, MAX_ITEM_BYTES } from '../value-bytes.ts';
import { itemText, type Item } from '../value.ts';
import { conditionFailure } from './conditional-write.ts';
import type { Operation } from './operation.ts';

const RETURN_VALUES = ['ALL_NEW', 'UPDATED_OLD', 'ALL_OLD', 'NONE', 'UPDATED_NEW'] as const;

export const updateItem: Operation = async (request, { store }) => {
  const name = request.tableName();
  const key = request.item('Key');
  const returned = request.choice('ReturnValues', RETURN_VALUES) ?? 'NONE';
  const report = request.capacityReport();
  const { UpdateExpression: actions = [], ConditionExpression: condition } = request.expressions({
    UpdateExpression: parseUpdate,
    ConditionExpression: parseCondition,
  });
  const table = store.table(name);
  checkKey(table.definition, key);
  const paths = actions.map(({ path }) => path);
  for (const { name: attribute } of keyAttributes(table.definition)) {
    if (paths.some(([first]) => first === attribute)) {
      throw invalidParameter(`Cannot update attribute ${attribute}. This attribute is part of the key`);
    }
  }
  const place = placeOf(table.definition, key);
  const before = table.latest(place);
  const failure = conditionFailure(condition, before, request);
  if (failure !== undefined) {
    await store.settled();
    throw failure;
  }
  const old = before === undefined ? undefined : itemOf(before);
  const item = applyUpdate(old ?? key, actions);
  const bytes = itemBytes(item);
  if (bytes > MAX_ITEM_BYTES) throw invalid('Item size to update has exceeded the maximum allowed size');
  await store.write([putChange(table, { key: place, text: itemText(item), bytes })]);
  return jsonObject({
    Attributes: returnedText(returned, { old, item, paths }),
    ConsumedCapacity: capacityText(report, name, writeUnits(before?.bytes ?? 0, bytes)),
  });
};

function returnedText(
  returned: (typeof RETURN_VALUES)[number],
  at: { readonly old: Item | undefined; readonly item: Item; readonly paths: readonly Path[] },
): string | undefined {
  switch (returned) {
    case 'NONE':
      return undefined;
    case 'ALL_OLD':
      return at.old === undefined ? undefined : itemText(at.old);
    case 'ALL_NEW':
      return itemText(at.item);
    default: {
      const whole = returned === 'UPDATED_OLD' ? at.old : at.item;
      if (whole === undefined || at.paths.length === 0) return undefined;
      const part = project(whole, at.paths);
      return part.size === 0 ? undefined : itemText(part);
    }
  }
}
