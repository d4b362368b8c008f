import { constantColumn } from '../plan/constant-column.ts';
import type { PlanColumn } from '../plan/nodes.ts';
import type { Pipeline, SinkDef, ViewDef } from '../plan/pipeline.ts';
import { isNumber } from '../values/types.ts';

/** What precedes a profile domain's name in the sort key. */
const DOMAIN_PREFIX = 'engagement#';

/** A DynamoDB sink with the sort key that all its items have. */
export interface SinkDomain {
  readonly sink: SinkDef;
  readonly view: ViewDef;
  /** Value of the sort key, and its attribute; undefined where it differs from row to row, or there is none. */
  readonly sortKey: string | undefined;
  readonly sortKeyName: string | undefined;
  readonly partitionKey: PlanColumn | undefined;
}

/** Where the profiles of a pipeline are, and of what they consist. */
export interface ProfileLayout {
  /** A sink that writes to the profiles' table. */
  readonly sink: string;
  readonly partitionKey: { readonly name: string; readonly type: 'N' | 'S' };
  readonly sortKey: string;
  readonly domains: readonly string[];
}

/** The domains a pipeline writes, in the order of its sinks. */
export function sinkDomains(pipeline: Pipeline): readonly SinkDomain[] {
  return pipeline.sinks.flatMap((sink) => {
    const view = pipeline.views.find((each) => each.name === sink.from);
    return view === undefined || sink.connector !== 'dynamodb' ? [] : [domainOf(sink, view)];
  });
}

function domainOf(sink: SinkDef, view: ViewDef): SinkDomain {
  const column = (position: number | undefined): PlanColumn | undefined =>
    position === undefined ? undefined : view.columns[position];
  const option = sink.options.get('freshet.sort_key')?.value;
  if (option !== undefined) {
    const sortKeyName = sink.options.get('freshet.sort_key_name')?.value ?? 'sk';
    return { sink, view, sortKey: option, sortKeyName, partitionKey: column(sink.primaryKey[0]) };
  }
  const constant = sink.primaryKey.find(
    (position) => typeof constantColumn(view.plan, position) === 'string',
  );
  const value = constant === undefined ? undefined : constantColumn(view.plan, constant);
  return {
    sink,
    view,
    sortKey: typeof value === 'string' ? value : undefined,
    sortKeyName: column(constant)?.name,
    partitionKey: column(sink.primaryKey.find((position) => position !== constant)),
  };
}

/** The domain's name within a profile; undefined for what is no part of one, such as the catalogue's items. */
export function profileDomain({ sortKey }: SinkDomain): string | undefined {
  return sortKey?.startsWith(DOMAIN_PREFIX) === true ? sortKey.slice(DOMAIN_PREFIX.length) : undefined;
}

/** The profiles of a pipeline; undefined if no sink writes any. Sinks that differ in key or table: the first counts. */
export function profileLayout(pipeline: Pipeline): ProfileLayout | undefined {
  const all = sinkDomains(pipeline).filter((domain) => profileDomain(domain) !== undefined);
  const first = all[0];
  if (first?.partitionKey === undefined || first.sortKeyName === undefined) return undefined;
  const table = tableOf(first.sink);
  const same = all.filter(
    ({ sink, sortKeyName, partitionKey }) =>
      tableOf(sink) === table &&
      sortKeyName === first.sortKeyName &&
      partitionKey?.name === first.partitionKey?.name,
  );
  return {
    sink: first.sink.name,
    partitionKey: { name: first.partitionKey.name, type: isNumber(first.partitionKey.type) ? 'N' : 'S' },
    sortKey: first.sortKeyName,
    domains: same.map((domain) => profileDomain(domain)!),
  };
}

function tableOf(sink: SinkDef): string | undefined {
  return (sink.options.get('table') ?? sink.options.get('dynamodb.table'))?.value;
}
