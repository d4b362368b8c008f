import { invalid } from '../api-error.ts';
import { capacityText, jsonObject } from '../answer.ts';
import { readUnits } from '../capacity.ts';
import type { Condition } from '../expressions/condition.ts';
import { holds } from '../expressions/evaluate-condition.ts';
import type { Path } from '../expressions/path.ts';
import { project } from '../expressions/projection.ts';
import type { Request } from '../request.ts';
import type { StoredItem } from '../sorted-items.ts';
import { checkKey, keyOf, type TableDefinition } from '../table-definition.ts';
import { itemOf } from '../table.ts';
import { itemText, type Item } from '../value.ts';
import { messageOf } from '../../values/error-message.ts';

const MAX_PAGE_BYTES = 1024 * 1024;

export interface PageRequest {
  readonly request: Request;
  readonly table: TableDefinition;
  readonly items: Iterable<StoredItem>;
  readonly filter: Condition | undefined;
  readonly paths: readonly Path[] | undefined;
}

/**
 * Returns the response of Query and Scan: the items that pass the filter, among those read until the limit or 1 MB is
 * reached, and the key from which to continue.
 */
export function readPage({ request, table, items, filter, paths }: PageRequest): string {
  const limit = request.count('Limit', 1) ?? Infinity;
  const isCount = readSelect(request, paths) === 'COUNT';
  const texts: string[] = [];
  let count = 0;
  let scanned = 0;
  let bytes = 0;
  let last: StoredItem | undefined;
  let before: StoredItem | undefined;
  for (const stored of items) {
    if (bytes >= MAX_PAGE_BYTES) {
      last = before;
      break;
    }
    before = stored;
    scanned++;
    bytes += stored.bytes;
    const item = filter === undefined && paths === undefined ? undefined : itemOf(stored);
    if (filter === undefined || holds(filter, item!)) {
      count++;
      if (!isCount) texts.push(paths === undefined ? stored.text : itemText(project(item!, paths)));
    }
    if (scanned >= limit) {
      last = stored;
      break;
    }
  }
  const units = readUnits(bytes, request.flag('ConsistentRead'));
  return jsonObject({
    Items: isCount ? undefined : `[${texts.join(',')}]`,
    Count: `${count}`,
    ScannedCount: `${scanned}`,
    LastEvaluatedKey: last === undefined ? undefined : itemText(keyOf(table, itemOf(last))),
    ConsumedCapacity: capacityText(request.capacityReport(), table.name, units),
  });
}

/** Reads ExclusiveStartKey, the key at which the previous page ended. Throws ValidationException if it is not a key. */
export function readStartKey(request: Request, table: TableDefinition): Item | undefined {
  const key = request.optionalItem('ExclusiveStartKey');
  if (key === undefined) return undefined;
  try {
    checkKey(table, key);
  } catch (error) {
    throw invalid(`The provided starting key is invalid: ${messageOf(error)}`);
  }
  return key;
}

function readSelect(request: Request, paths: readonly Path[] | undefined): string {
  const select = request.choice('Select', [
    'SPECIFIC_ATTRIBUTES',
    'COUNT',
    'ALL_ATTRIBUTES',
    'ALL_PROJECTED_ATTRIBUTES',
  ]);
  if (select === 'ALL_PROJECTED_ATTRIBUTES') {
    throw invalid('ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName');
  }
  if (paths !== undefined && select !== undefined && select !== 'SPECIFIC_ATTRIBUTES') {
    throw invalid(`Cannot specify the ProjectionExpression when choosing to get ${select}`);
  }
  if (select === 'SPECIFIC_ATTRIBUTES' && paths === undefined) {
    throw invalid('Must specify the ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES');
  }
  return select ?? 'ALL_ATTRIBUTES';
}
