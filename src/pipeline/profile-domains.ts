import { readSettings } from '../connectors/settings.ts';
import { constantColumn } from '../plan/constant-column.ts';
import type { PlanColumn } from '../plan/nodes.ts';
import { sinkAsWritten, type Pipeline, type SinkDef, type ViewDef } from '../plan/pipeline.ts';
import { DYNAMODB } from '../sinks/dynamodb/options.ts';
import { windowProgram } from '../sinks/dynamodb/window-program.ts';
import { tagOf, type ColumnSchema, type DomainSchema, type ProfileSchema } from '../client/schema.ts';
import { isNumber, typeName, type SqlType } from '../values/types.ts';

/** Prefix of the sort keys of domains in the shipped pipeline. If any sink uses it, sinks without it are no domains. */
const DOMAIN_PREFIX = 'engagement#';

/** A DynamoDB sink and the key of its items. */
export interface SinkDomain {
  readonly sink: SinkDef;
  readonly view: ViewDef;
  /** The sort key that all items share; undefined if there is no sort key, or its value differs between rows. */
  readonly sortKey: string | undefined;
  /** True if `sortKey` is the sink's name, in place of a sort key: the layout chooses those of the items. */
  readonly isNamedBySink?: boolean | undefined;
  /** The attribute that holds the sort key; undefined if there is none. */
  readonly sortKeyName: string | undefined;
  readonly partitionKey: PlanColumn | undefined;
  /** Position of the partition key in the view's columns. */
  readonly partitionColumn: number | undefined;
}

/** A part of a profile: one item per viewer, or per whatever the partition key identifies. */
export interface ProfileDomain extends SinkDomain {
  readonly name: string;
  /** Empty in a table without a sort key. */
  readonly sortKey: string;
}

/** The place of a pipeline's profiles, and the domains that they consist of. */
export interface ProfileLayout {
  /** A sink that writes to the profiles' table. */
  readonly sink: string;
  readonly table: string;
  readonly partitionKey: { readonly name: string; readonly type: 'N' | 'S' };
  /** Name of the sort key; undefined in a table without one, which has a single domain, named like its sink. */
  readonly sortKey: string | undefined;
  /** The prefix of the sort keys, before the domains' names; may be empty. */
  readonly prefix: string;
  readonly domains: readonly ProfileDomain[];
}

/** Returns the domains that a pipeline's DynamoDB sinks write, in the order of the sinks. */
export function sinkDomains(pipeline: Pipeline): readonly SinkDomain[] {
  return pipeline.sinks.map(sinkAsWritten).flatMap((sink) => {
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
  const { sortKey, sortKeyName, layout } = readSettings(DYNAMODB, sink.options);
  const [partition, sort] = sink.primaryKey;
  if (sortKey !== undefined) return { sink, view, sortKey, sortKeyName, ...keyed(partition) };
  // A view with a date in its key, in layout `daily`: the layout makes the sort key of the date.
  const hasDay = layout === 'daily' && sink.buckets === undefined;
  // Without an option for it, the sort key is the second column of the key.
  const value = sort === undefined || hasDay ? undefined : constantColumn(view.plan, sort);
  if (typeof value === 'string') {
    return { sink, view, sortKey: value, sortKeyName: column(sort)?.name, ...keyed(partition) };
  }
  // Layouts that choose the sort keys of items know the domain by the name of its sink then.
  const isNamed = hasDay || (sort === undefined && !KEEP_KEY.includes(layout));
  return isNamed
    ? { sink, view, sortKey: sink.name, isNamedBySink: true, sortKeyName, ...keyed(partition) }
    : { sink, view, sortKey: undefined, sortKeyName: column(sort)?.name, ...keyed(partition) };
}

/**
 * Returns where the profiles of a pipeline are; undefined if no sink writes any. A sink writes a domain of profiles if
 * the partition key of its items differs between rows and their sort key is a constant. Sinks whose table or key
 * attributes differ from those of the first one are left out. Without such sinks, the first one whose table has no sort
 * key at all writes the only domain.
 */
export function profileLayout(pipeline: Pipeline): ProfileLayout | undefined {
  const all = sinkDomains(pipeline);
  const parts = all.filter(isPart);
  const named = parts.filter(({ sortKey }) => sortKey.startsWith(DOMAIN_PREFIX));
  const first = (named.length > 0 ? named : parts)[0];
  if (first?.partitionKey === undefined || first.sortKeyName === undefined) return layoutWithoutSortKey(all);
  const table = tableOf(first.sink);
  const same = parts.filter(
    ({ sink, sortKeyName, partitionKey }) =>
      tableOf(sink) === table &&
      sortKeyName === first.sortKeyName &&
      partitionKey?.name === first.partitionKey?.name,
  );
  const prefix = named.length > 0 ? DOMAIN_PREFIX : commonPrefix(sortKeysIn(same));
  const whole = new Set(same.map(({ sortKey }) => sortKey));
  const domains = same.map((part) => {
    const short = part.sortKey.startsWith(prefix) ? part.sortKey.slice(prefix.length) : part.sortKey;
    return { ...part, name: short === '' || (prefix !== '' && whole.has(short)) ? part.sortKey : short };
  });
  return {
    sink: first.sink.name,
    table,
    partitionKey: { name: first.partitionKey.name, type: isNumber(first.partitionKey.type) ? 'N' : 'S' },
    sortKey: first.sortKeyName,
    prefix,
    domains,
  };
}

/** Layouts that leave a table's key as it is; the others give it a sort key. */
const KEEP_KEY: readonly string[] = ['domain', 'packed'];

function layoutWithoutSortKey(all: readonly SinkDomain[]): ProfileLayout | undefined {
  const first = all.find(
    (each) =>
      each.sink.primaryKey.length === 1 &&
      each.sortKey === undefined &&
      KEEP_KEY.includes(readSettings(DYNAMODB, each.sink.options).layout) &&
      isKeyed(each),
  );
  if (first?.partitionKey === undefined) return undefined;
  const { name, type } = first.partitionKey;
  return {
    sink: first.sink.name,
    table: tableOf(first.sink),
    partitionKey: { name, type: isNumber(type) ? 'N' : 'S' },
    sortKey: undefined,
    prefix: '',
    domains: [{ ...first, name: first.sink.name, sortKey: '' }],
  };
}

/** Returns what a reader knows of the profiles of a layout. */
export function profileSchema({ table, partitionKey, sortKey, domains }: ProfileLayout): ProfileSchema {
  return {
    table,
    key: { partition: { name: partitionKey.name, type: partitionKey.type }, sort: sortKey },
    domains: Object.fromEntries(domains.map((domain) => [domain.name, domainSchema(domain)])),
  };
}

/** Returns the options of a store of the HTTP API that reads the profiles of a layout. */
export function storeOptions(layout: ProfileLayout) {
  return { ...profileSchema(layout), prefix: layout.prefix };
}

/** Returns how the items of a domain are read. */
export function domainSchema({
  name,
  sink,
  view,
  sortKey,
}: Pick<ProfileDomain, 'name' | 'sink' | 'view' | 'sortKey'>): DomainSchema {
  return {
    layout: readSettings(DYNAMODB, sink.options).layout,
    sortKey,
    tag: sortKey === '' ? name : tagOf(sortKey),
    columns: columnSchemas(view, sink),
    ...(sink.buckets === undefined ? {} : { windows: windowProgram(sink.buckets.windows) }),
  };
}

/** Returns the columns of a sink's items, without those of its key. */
function columnSchemas({ columns }: ViewDef, { primaryKey }: SinkDef): readonly ColumnSchema[] {
  return columns.flatMap(({ name, type }, i) => {
    if (primaryKey.includes(i)) return [];
    const json = jsonDimensions(type);
    return [{ name, type: typeName(type), ...(json === undefined ? {} : { json }) }];
  });
}

/** Returns the number of array dimensions around JSONB; undefined for a type without JSONB. */
function jsonDimensions(type: SqlType): number | undefined {
  if (type.kind !== 'array') return type.kind === 'jsonb' ? 0 : undefined;
  const inner = jsonDimensions(type.element);
  return inner === undefined ? undefined : inner + 1;
}

function isPart(domain: SinkDomain): domain is SinkDomain & { readonly sortKey: string } {
  return domain.sortKey !== undefined && isKeyed(domain);
}

/** Returns whether the partition key differs between rows, and can be named by who reads. */
function isKeyed({ view, partitionKey, partitionColumn }: SinkDomain): boolean {
  if (partitionColumn === undefined) return false;
  if (partitionKey?.type.kind === 'bytea') return false; // bytes cannot stand in a URL path
  return constantColumn(view.plan, partitionColumn) === undefined;
}

/** Returns the sort keys of domains that the SQL gives; the name of a sink has no prefix in common with them. */
function sortKeysIn(parts: readonly (SinkDomain & { readonly sortKey: string })[]): readonly string[] {
  return parts.filter(({ isNamedBySink }) => isNamedBySink !== true).map(({ sortKey }) => sortKey);
}

/** Returns the longest prefix of all sort keys that ends with `#`; empty if there is none. */
function commonPrefix([first = '', ...others]: readonly string[]): string {
  let prefix = first.slice(0, first.lastIndexOf('#') + 1);
  while (prefix !== '' && !others.every((each) => each.startsWith(prefix)))
    prefix = prefix.slice(0, prefix.slice(0, -1).lastIndexOf('#') + 1);
  return prefix;
}

/** Returns the table that a DynamoDB sink writes to. */
export function tableOf(sink: SinkDef): string {
  return readSettings(DYNAMODB, sink.options).table;
}
