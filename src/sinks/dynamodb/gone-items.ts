import type { PlanColumn } from '../../plan/nodes.ts';
import type { Datum } from '../../values/datum.ts';
import { sleep, type Clock } from '../../platform/clock.ts';
import type { ClearReport, ClearRequest } from '../sink.ts';
import type { SinkClient } from './sink-client.ts';
import type { AttributeMap, KeyAttribute } from '../../dynamodb/wire.ts';
import { VERSION_ATTRIBUTE, SINK_ATTRIBUTE } from '../../dynamodb/bookkeeping.ts';
import { decodeKey } from './key-decoder.ts';
import type { UnversionedItems } from './unversioned.ts';

/** Items per page of the scan, and the pause after a page: about 2,000 items a second, far below a table's capacity. */
const PAGE_ITEMS = 500;
const PAUSE_MS = 250;

/** How to find the items of a sink in its table. */
export interface GoneItemsOptions {
  readonly client: SinkClient;
  readonly clock: Clock;
  readonly sink: string;
  readonly table: string;
  /** The table's key, partition key first. */
  readonly key: readonly KeyAttribute[];
  /** The view's columns for the parts of the key that are not constant. */
  readonly keyColumns: readonly PlanColumn[];
  /** The constant sort key, which identifies the sink's items. Undefined if the sink's name in `_s` does. */
  readonly sortKey: string | undefined;
  /** Items without a version that count as this sink's; undefined if none do. */
  readonly unversioned: UnversionedItems | undefined;
  /** True to delete gone items; false to count them only. */
  readonly isDeleting: boolean;
}

/**
 * Scans the table for items of this sink that no row stands for, and deletes them. Rejects with DynamoDbError.
 *
 * An item belongs to this sink if it has a version (`_v`), and the sink's constant sort key or its name (`_s`); or if
 * it is one of the `unversioned`. Items of other sinks and programs in the same table stay untouched. An item is a
 * candidate if its version is below `since_epoch` or above the epoch of the last barrier, or if it has none. A
 * candidate is deleted if the view has no row with its key. The delete is conditional on the version, so an item that
 * this sink wrote since the scan stays.
 */
export async function clearGoneItems(options: GoneItemsOptions, request: ClearRequest): Promise<ClearReport> {
  const { client, clock, table, key } = options;
  const names: Record<string, string> = { '#v': VERSION_ATTRIBUTE };
  key.forEach(({ name }, k) => (names[`#k${k}`] = name));
  if (options.sortKey === undefined) names['#s'] = SINK_ATTRIBUTE;
  const { filter, values } = ownItems(options);
  const scan = {
    TableName: table,
    FilterExpression: filter,
    ProjectionExpression: ['#v', ...key.map((_, k) => `#k${k}`)].join(','),
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
    Limit: PAGE_ITEMS,
  };
  let [found, deleted, kept] = [0, 0, 0];
  let from: AttributeMap | undefined;
  do {
    if (request.isCancelled()) return { found, deleted, kept, isComplete: false };
    const page = await client.scan(from === undefined ? scan : { ...scan, ExclusiveStartKey: from });
    found += page.Items.length;
    for (const item of goneOf(page.Items, options.keyColumns, request)) {
      if (!options.isDeleting) kept++;
      else if (await deleteAsItIs(client, table, key, item)) deleted++;
    }
    from = page.LastEvaluatedKey;
    if (from !== undefined) await sleep(clock, PAUSE_MS);
  } while (from !== undefined);
  return { found, deleted, kept, isComplete: true };
}

/** Returns the condition that an item belongs to the sink. `#v`, `#s`, `#k1`: version, sink and sort key. */
function ownItems({ sortKey, sink, unversioned }: GoneItemsOptions) {
  const owner: AttributeMap = { ':owner': { S: sortKey ?? sink } };
  const written = `attribute_exists(#v) AND ${sortKey === undefined ? '#s' : '#k1'} = :owner`;
  if (unversioned === undefined) return { filter: written, values: owner };
  if (unversioned.sortKey === undefined)
    return { filter: `(${written}) OR attribute_not_exists(#v)`, values: owner };
  return {
    filter: `(${written}) OR (attribute_not_exists(#v) AND #k1 = :sort)`,
    values: { ...owner, ':sort': { S: unversioned.sortKey } },
  };
}

function goneOf(
  items: readonly AttributeMap[],
  keyColumns: readonly PlanColumn[],
  request: ClearRequest,
): readonly AttributeMap[] {
  const candidates: { readonly item: AttributeMap; readonly key: readonly Datum[] }[] = [];
  for (const item of items) {
    const key = isFromElsewhere(item, request) ? decodeKey(item, keyColumns) : undefined;
    if (key !== undefined) candidates.push({ item, key });
  }
  if (candidates.length === 0) return [];
  const hasRow = request.hasRows(candidates.map(({ key }) => key));
  return candidates.filter((_, i) => !hasRow[i]).map(({ item }) => item);
}

/** Returns whether the item's version is one that this pipeline cannot have written since `since_epoch`, or missing. */
function isFromElsewhere(item: AttributeMap, { since_epoch, epoch }: ClearRequest): boolean {
  const version = item[VERSION_ATTRIBUTE];
  if (version === undefined) return true;
  if (!('N' in version)) return false;
  const given = Number(version.N);
  return given < since_epoch || given > epoch();
}

/** Deletes an item if it still has the version that was read, or still none. Resolves to false if it does not. */
function deleteAsItIs(
  client: SinkClient,
  table: string,
  key: readonly KeyAttribute[],
  item: AttributeMap,
): Promise<boolean> {
  const seen = item[VERSION_ATTRIBUTE];
  return client.deleteItem({
    TableName: table,
    Key: Object.fromEntries(key.map(({ name }) => [name, item[name]!])),
    ConditionExpression: seen === undefined ? 'attribute_not_exists(#v)' : '#v = :seen',
    ExpressionAttributeNames: { '#v': VERSION_ATTRIBUTE },
    ...(seen === undefined ? {} : { ExpressionAttributeValues: { ':seen': seen } }),
  });
}
