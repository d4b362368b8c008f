import { invalid } from '../api-error.ts';
import { parseCondition } from '../expressions/condition.ts';
import { attributesOf } from '../expressions/condition-paths.ts';
import { keyRange } from '../expressions/key-condition.ts';
import { parseProjection } from '../expressions/projection.ts';
import { keyAttributes, partitionPlace, placeOf } from '../table-definition.ts';
import type { Operation } from './operation.ts';
import { readPage, readStartKey } from './read-page.ts';

export const query: Operation = (request, { store }) => {
  const name = request.tableName();
  const isForward = request.raw('ScanIndexForward') === undefined || request.flag('ScanIndexForward');
  const {
    KeyConditionExpression: condition,
    FilterExpression: filter,
    ProjectionExpression: paths,
  } = request.expressions({
    KeyConditionExpression: parseCondition,
    FilterExpression: parseCondition,
    ProjectionExpression: parseProjection,
  });
  if (condition === undefined) {
    throw invalid(
      'Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.',
    );
  }
  const { definition, items } = store.table(name);
  const range = keyRange(definition, condition);
  let { from, to } = range;
  if (filter !== undefined) {
    const used = new Set(attributesOf(filter));
    const key = keyAttributes(definition).find((attribute) => used.has(attribute.name));
    if (key !== undefined) {
      throw invalid(
        'Filter Expression can only contain non-primary key attributes: ' +
          `Primary key attribute: ${key.name}`,
      );
    }
  }
  const start = readStartKey(request, definition);
  if (start !== undefined) {
    const place = placeOf(definition, start);
    if (!place.startsWith(partitionPlace(range.partitionKey))) {
      throw invalid('The provided starting key is invalid');
    }
    if (place < from || place >= to) {
      throw invalid('The provided starting key is outside query boundaries based on provided conditions');
    }
    if (isForward) from = `${place}\u0000`;
    else to = place;
  }
  return readPage({ request, table: definition, items: items.range(from, to, isForward), filter, paths });
};
