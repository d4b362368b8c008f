import { DAILY_PREFIX, METRIC_PREFIX, WIDE_SORT_KEY } from '../dynamodb/item-keys.ts';
import type { AttributeMap, AttributeValue } from '../dynamodb/wire.ts';
import { readSinkOptions } from '../sinks/dynamodb/options.ts';
import type { LaidOutSink } from './lay-out.ts';

/** A kind of requests that can read a profile. */
type Operation = 'get_item' | 'batch_get_item' | 'query';
/** A way to read a profile: several GetItems, sent at once, are a way of their own. */
export type ReadWay = Operation | 'parallel_get_item';

/** The items of one table that hold the wanted domains of one viewer. */
interface Wanted {
  readonly table: string;
  readonly partitionKey: string;
  readonly sortKeyName: string | undefined;
  /** The sort keys; undefined if only a Query can tell them. */
  readonly sortKeys: readonly string[] | undefined;
}

export interface ReadContext {
  /** The day of the reader, as days since 1970. */
  readonly today: number;
  /** By table; absent for a table without a sort key. */
  readonly sortKeyNames: ReadonlyMap<string, string>;
}

/** A request as its operation takes it. */
export interface ReadRequest {
  readonly operation: 'GetItem' | 'BatchGetItem' | 'Query';
  readonly body: object;
}

const BATCH_KEYS = 100;

/**
 * Returns the requests by which a viewer's profile of some domains can be read, by way; several GetItems are sent at
 * once. A way that cannot read them is absent.
 */
export function readRequests(
  sinks: readonly LaidOutSink[],
  viewer: AttributeValue,
  { today, sortKeyNames }: ReadContext,
): ReadonlyMap<Operation, readonly ReadRequest[]> {
  const wanted = wantedItems(sinks, { today, sortKeyNames });
  const ways = new Map<Operation, readonly ReadRequest[]>();
  if (wanted.every(({ sortKeys }) => sortKeys !== undefined)) {
    const keys = wanted.flatMap((each) => keysOf(each, viewer).map((key) => ({ table: each.table, key })));
    const gets = keys.map(({ table, key }): ReadRequest => ({
      operation: 'GetItem',
      body: { TableName: table, Key: key },
    }));
    ways.set('get_item', gets);
    ways.set('batch_get_item', batches(keys));
  }
  ways.set(
    'query',
    wanted.map((each) => queryOf(each, viewer)),
  );
  return ways;
}

function wantedItems(sinks: readonly LaidOutSink[], { today, sortKeyNames }: ReadContext): readonly Wanted[] {
  const tables = new Map<string, LaidOutSink[]>();
  for (const sink of sinks) {
    const { table } = sink.domain;
    tables.set(table, [...(tables.get(table) ?? []), sink]);
  }
  return [...tables].map(([table, theirs]) => {
    const keys = theirs.map((sink) => sortKeysOf(sink, today));
    const isKnown = keys.every((each) => each !== undefined);
    return {
      table,
      partitionKey: theirs[0]!.domain.partitionKey.name,
      sortKeyName: sortKeyNames.get(table),
      sortKeys: isKnown ? [...new Set(keys.flat())] : undefined,
    };
  });
}

/** Returns the sort keys of a viewer's items of one sink; undefined if they differ between viewers. */
function sortKeysOf(sink: LaidOutSink, today: number): readonly string[] | undefined {
  const { domain, layout } = sink;
  switch (layout) {
    case 'wide':
      return [WIDE_SORT_KEY];
    case 'metric': {
      const { view, def } = domain;
      return view.columns.flatMap(({ name }, c) =>
        def.primaryKey.includes(c) ? [] : [METRIC_PREFIX + name],
      );
    }
    case 'daily': {
      const days = daysRead(sink);
      return Array.from({ length: days }, (_, i) => DAILY_PREFIX + dayText(today - days + 1 + i));
    }
    default:
      if (domain.sortKeyName === undefined) return [''];
      return domain.sortKey === undefined ? undefined : [domain.sortKey];
  }
}

/** Returns how many days a reader of `daily` adds up: those of its longest window, else those that are kept. */
function daysRead({ def }: LaidOutSink): number {
  return def.buckets?.windows.days ?? readSinkOptions(def.name, def.options).expireAfter_days + 1;
}

function dayText(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10);
}

function keysOf(
  { partitionKey, sortKeyName, sortKeys }: Wanted,
  viewer: AttributeValue,
): readonly AttributeMap[] {
  return sortKeys!.map((sortKey) => ({
    [partitionKey]: viewer,
    ...(sortKeyName === undefined ? {} : { [sortKeyName]: { S: sortKey } }),
  }));
}

function batches(
  keys: readonly { readonly table: string; readonly key: AttributeMap }[],
): readonly ReadRequest[] {
  const requests: ReadRequest[] = [];
  for (let from = 0; from < keys.length; from += BATCH_KEYS) {
    const tables: Record<string, { readonly Keys: AttributeMap[] }> = {};
    for (const { table, key } of keys.slice(from, from + BATCH_KEYS))
      (tables[table] ??= { Keys: [] }).Keys.push(key);
    requests.push({ operation: 'BatchGetItem', body: { RequestItems: tables } });
  }
  return requests;
}

/** Returns the narrowest Query that reads the items: the range from the first sort key to the last. */
function queryOf(
  { table, partitionKey, sortKeyName, sortKeys }: Wanted,
  viewer: AttributeValue,
): ReadRequest {
  const sorted = sortKeys?.toSorted();
  const hasRange = sortKeyName !== undefined && sorted !== undefined;
  return {
    operation: 'Query',
    body: {
      TableName: table,
      KeyConditionExpression: hasRange ? '#p = :p AND #s BETWEEN :from AND :to' : '#p = :p',
      ExpressionAttributeNames: { '#p': partitionKey, ...(hasRange ? { '#s': sortKeyName } : {}) },
      ExpressionAttributeValues: {
        ':p': viewer,
        ...(hasRange ? { ':from': { S: sorted[0]! }, ':to': { S: sorted.at(-1)! } } : {}),
      },
    },
  };
}
