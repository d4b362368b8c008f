import { FreshetError } from '../values/freshet-error.ts';
import type { PlanColumn } from '../plan/nodes.ts';
import type { Pipeline, SinkDef } from '../plan/pipeline.ts';
import type { SinkView } from '../sinks/connector.ts';
import { DYNAMODB, readSinkOptions } from '../sinks/dynamodb/options.ts';
import { sinkView } from '../sinks/sink-view.ts';

/** A DynamoDB sink of the pipeline, and what its items hold. */
export interface Domain {
  /** The part of the constant sort key after its last `#`; the sink's name without one. */
  readonly name: string;
  readonly def: SinkDef;
  readonly view: SinkView;
  readonly table: string;
  readonly partitionKey: PlanColumn;
  /** The name of the sort key's attribute; undefined if the table has none. */
  readonly sortKeyName: string | undefined;
  /** The sort key that all items share; undefined if it differs between rows. */
  readonly sortKey: string | undefined;
  /** True if the partition key differs between rows, as a viewer's id does; false for an item that viewers share. */
  readonly isOfViewers: boolean;
}

/** Returns the domains of a pipeline, in the order of its sinks. Throws FreshetError if there is none. */
export function domainsOf(pipeline: Pipeline): readonly Domain[] {
  const domains = pipeline.sinks
    .filter(({ connector }) => connector === DYNAMODB.name)
    .map((def) => domainOf(def, sinkView(def, pipeline)!));
  if (domains.length === 0) {
    throw new FreshetError('no_items', 'the pipeline has no sinks that write DynamoDB items', {
      hint: "add CREATE SINK ... WITH (connector = 'dynamodb', ...): layouts are ways to lay its items out",
    });
  }
  return domains;
}

function domainOf(def: SinkDef, view: SinkView): Domain {
  const settings = readSinkOptions(def.name, def.options);
  const [partition, sort] = def.primaryKey as [number, ...number[]];
  const constant = sort === undefined ? undefined : view.constantOf(sort);
  const sortKey = settings.sortKey ?? (typeof constant === 'string' ? constant : undefined);
  const sortKeyName =
    settings.sortKey !== undefined
      ? settings.sortKeyName
      : sort === undefined
        ? undefined
        : view.columns[sort]!.name;
  return {
    name: sortKey === undefined ? def.name : sortKey.slice(sortKey.lastIndexOf('#') + 1) || def.name,
    def,
    view,
    table: settings.table,
    partitionKey: view.columns[partition]!,
    sortKeyName,
    sortKey,
    isOfViewers: view.constantOf(partition) === undefined,
  };
}
