import { readSettings } from '../connectors/settings.ts';
import { constantColumn } from '../plan/constant-column.ts';
import type { PlanColumn } from '../plan/nodes.ts';
import type { Pipeline, SinkDef, ViewDef } from '../plan/pipeline.ts';
import { DYNAMODB } from '../sinks/dynamodb/options.ts';
import { isNumber } from '../values/types.ts';

/** What the shipped pipeline puts before a domain's name in the sort key. Where it is used, it is what counts. */
const DOMAIN_PREFIX = 'engagement#';
/** The sort key of the item that recommendations are taken from. */
const TRENDING_SORT_KEY = 'catalogue#trending';

/** A DynamoDB sink with the sort key that all its items have. */
export interface SinkDomain {
  readonly sink: SinkDef;
  readonly view: ViewDef;
  /** Value of the sort key, and its attribute; undefined where it differs from row to row, or there is none. */
  readonly sortKey: string | undefined;
  readonly sortKeyName: string | undefined;
  readonly partitionKey: PlanColumn | undefined;
  /** Position of the partition key in the view's columns. */
  readonly partitionColumn: number | undefined;
}

/** A part of a profile: one item of each viewer (or of whatever the partition key names). */
export interface ProfileDomain extends SinkDomain {
  readonly name: string;
  readonly sortKey: string;
}

/** Where the profiles of a pipeline are, and of what they consist. */
export interface ProfileLayout {
  /** A sink that writes to the profiles' table. */
  readonly sink: string;
  readonly partitionKey: { readonly name: string; readonly type: 'N' | 'S' };
  readonly sortKey: string;
  /** What precedes the domains' names in their sort keys; may be empty. */
  readonly prefix: string;
  readonly domains: readonly ProfileDomain[];
}

/** The domains a pipeline writes, in the order of its sinks. */
export function sinkDomains(pipeline: Pipeline): readonly SinkDomain[] {
  return pipeline.sinks.flatMap((sink) => {
    const view = pipeline.views.find((each) => each.name === sink.from);
    return view === undefined || sink.connector !== DYNAMODB.name ? [] : [domainOf(sink, view)];
  });
}

function domainOf(sink: SinkDef, view: ViewDef): SinkDomain {
  const column = (position: number | undefined): PlanColumn | undefined =>
    position === undefined ? undefined : view.columns[position];
  const keyed = (partition: number | undefined) => ({
    partitionKey: column(partition),
    partitionColumn: partition,
  });
  const { sortKey, sortKeyName } = readSettings(DYNAMODB, sink.options);
  if (sortKey !== undefined) return { sink, view, sortKey, sortKeyName, ...keyed(sink.primaryKey[0]) };
  // The sort key is the second column of the key.
  const [partition, sort] = sink.primaryKey;
  const value = sort === undefined ? undefined : constantColumn(view.plan, sort);
  return {
    sink,
    view,
    sortKey: typeof value === 'string' ? value : undefined,
    sortKeyName: column(sort)?.name,
    ...keyed(partition),
  };
}

/**
 * The profiles of a pipeline; undefined if no sink writes any. A sink writes a part of them if its items have a
 * partition key that differs from row to row and a sort key that does not. Sinks that differ in key or table: the
 * first counts.
 */
export function profileLayout(pipeline: Pipeline): ProfileLayout | undefined {
  const parts = sinkDomains(pipeline).filter(isPart);
  const named = parts.filter(({ sortKey }) => sortKey.startsWith(DOMAIN_PREFIX));
  const first = (named.length > 0 ? named : parts)[0];
  if (first?.partitionKey === undefined || first.sortKeyName === undefined) return undefined;
  const table = tableOf(first.sink);
  const same = parts.filter(
    ({ sink, sortKeyName, partitionKey }) =>
      tableOf(sink) === table &&
      sortKeyName === first.sortKeyName &&
      partitionKey?.name === first.partitionKey?.name,
  );
  const prefix = named.length > 0 ? DOMAIN_PREFIX : commonPrefix(same.map(({ sortKey }) => sortKey));
  const whole = new Set(same.map(({ sortKey }) => sortKey));
  const domains = same.map((part) => {
    const short = part.sortKey.startsWith(prefix) ? part.sortKey.slice(prefix.length) : part.sortKey;
    return { ...part, name: short === '' || (prefix !== '' && whole.has(short)) ? part.sortKey : short };
  });
  return {
    sink: first.sink.name,
    partitionKey: { name: first.partitionKey.name, type: isNumber(first.partitionKey.type) ? 'N' : 'S' },
    sortKey: first.sortKeyName,
    prefix,
    domains,
  };
}

function isPart(domain: SinkDomain): domain is SinkDomain & { readonly sortKey: string } {
  const { view, sortKey, partitionKey, partitionColumn } = domain;
  if (sortKey === undefined || partitionColumn === undefined) return false;
  if (partitionKey?.type.kind === 'bytea') return false; // no path names bytes
  return constantColumn(view.plan, partitionColumn) === undefined;
}

/** What all of them begin with, up to its last `#`. */
function commonPrefix([first = '', ...others]: readonly string[]): string {
  let prefix = first.slice(0, first.lastIndexOf('#') + 1);
  while (prefix !== '' && !others.every((each) => each.startsWith(prefix)))
    prefix = prefix.slice(0, prefix.slice(0, -1).lastIndexOf('#') + 1);
  return prefix;
}

/** True if a pipeline keeps the titles that recommendations are chosen from. */
export function hasTrending(pipeline: Pipeline): boolean {
  return sinkDomains(pipeline).some(({ sortKey }) => sortKey === TRENDING_SORT_KEY);
}

function tableOf(sink: SinkDef): string {
  return readSettings(DYNAMODB, sink.options).table;
}
