import type { Datum } from '../../values/datum.ts';
import { sleep, type Clock } from '../../platform/clock.ts';
import type { ClearReport, ClearRequest } from '../sink.ts';
import type { AttributeMap, KeyAttribute } from '../../dynamodb/wire.ts';
import type { OwnItems } from './own-items.ts';
import type { SinkClient } from './sink-client.ts';

/** Items per page of the scan, and the pause after a page: about 2,000 items a second, far below a table's capacity. */
const PAGE_ITEMS = 500;
const PAUSE_MS = 250;

/** How to find and remove the items of a sink in its table. */
export interface GoneItemsOptions {
  readonly client: SinkClient;
  readonly clock: Clock;
  readonly table: string;
  /** The table's key, partition key first. */
  readonly key: readonly KeyAttribute[];
  readonly own: OwnItems;
  /** True to delete gone items; false to count them only. */
  readonly isDeleting: boolean;
  /** Removes the sink's part of shared items. `version` is what the item has; the sink may have written it since. */
  endRow(key: readonly Datum[], version: number): void;
  /** Resolves when the rows that were ended are acknowledged. */
  settled(): Promise<void>;
}

/** An item that no row stands for. */
interface GoneItem {
  readonly item: AttributeMap;
  readonly row: readonly Datum[];
}

/**
 * Scans the table for items of this sink that no row stands for, and deletes them. Rejects with DynamoDbError.
 *
 * Items of other sinks and programs in the same table stay untouched. An item is a candidate if its version is below
 * `since_epoch` or above the epoch of the last barrier, or if it has none. A candidate is deleted if the view has no
 * row with its key. The delete is conditional on the version, so an item that this sink wrote since the scan stays.
 */
export async function clearGoneItems(options: GoneItemsOptions, request: ClearRequest): Promise<ClearReport> {
  const { client, clock, table, key, own } = options;
  const names: Record<string, string> = { '#v': own.version, ...own.names };
  key.forEach(({ name }, k) => (names[`#k${k}`] = name));
  const scan = {
    TableName: table,
    FilterExpression: own.filter,
    ProjectionExpression: ['#v', ...key.map((_, k) => `#k${k}`)].join(','),
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: own.values,
    Limit: PAGE_ITEMS,
  };
  let [found, deleted, kept] = [0, 0, 0];
  let from: AttributeMap | undefined;
  do {
    if (request.isCancelled()) return { found, deleted, kept, isComplete: false };
    const page = await client.scan(from === undefined ? scan : { ...scan, ExclusiveStartKey: from });
    found += page.Items.length;
    for (const gone of goneOf(page.Items, own, request)) {
      if (!options.isDeleting) kept++;
      else if (await remove(gone, options, request)) deleted++;
    }
    await options.settled();
    from = page.LastEvaluatedKey;
    if (from !== undefined) await sleep(clock, PAUSE_MS);
  } while (from !== undefined);
  return { found, deleted, kept, isComplete: true };
}

function goneOf(items: readonly AttributeMap[], own: OwnItems, request: ClearRequest): readonly GoneItem[] {
  const candidates: GoneItem[] = [];
  for (const item of items) {
    const row = isFromElsewhere(item[own.version], request) ? own.rowOf(item) : undefined;
    if (row !== undefined) candidates.push({ item, row });
  }
  if (candidates.length === 0) return [];
  const hasRow = request.hasRows(candidates.map(({ row }) => row));
  return candidates.filter(({ item }, i) => !hasRow[i] || own.isObsolete?.(item) === true);
}

/** Returns whether a version is one that this pipeline cannot have written since `since_epoch`, or missing. */
function isFromElsewhere(version: AttributeMap[string] | undefined, request: ClearRequest): boolean {
  if (version === undefined) return true;
  if (!('N' in version)) return false;
  const given = Number(version.N);
  return given < request.since_epoch || given > request.epoch();
}

/** Resolves to false if the item has changed since it was read. */
async function remove(
  { item, row }: GoneItem,
  { client, table, key, own, endRow }: GoneItemsOptions,
  request: ClearRequest,
): Promise<boolean> {
  const seen = item[own.version];
  if (own.areShared) {
    // A version above ours, of a state that was lost, would win against the deletion.
    endRow(row, Math.max(request.epoch(), seen !== undefined && 'N' in seen ? Number(seen.N) : 0));
    return true;
  }
  return client.deleteItem({
    TableName: table,
    Key: Object.fromEntries(key.map(({ name }) => [name, item[name]!])),
    ConditionExpression: seen === undefined ? 'attribute_not_exists(#v)' : '#v = :seen',
    ExpressionAttributeNames: { '#v': own.version },
    ...(seen === undefined ? {} : { ExpressionAttributeValues: { ':seen': seen } }),
  });
}
