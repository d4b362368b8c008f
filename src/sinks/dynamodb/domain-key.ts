import type { SinkDef } from '../../plan/pipeline.ts';
import { SinkError } from '../sink.ts';
import type { LayoutView } from './layout.ts';
import { DYNAMODB, type DynamoDbSinkSettings } from './options.ts';

/** What identifies a domain among the domains of a viewer. */
export interface Domain {
  /** The last part of the domain's sort key: `watch` for `engagement#watch`; without one, the sink's name. */
  readonly tag: string;
  /** Position of the column that is the partition key. */
  readonly partition: number;
  /** The attribute that is the sort key of the table. */
  readonly sortKeyName: string;
}

/**
 * Returns the domain of a sink that has one row per partition key, in a layout that chooses the sort keys of items
 * itself. Throws SinkError if a column of the view would have to be the sort key.
 */
export function domainOf(def: SinkDef, view: LayoutView, settings: DynamoDbSinkSettings): Domain {
  const { layout } = settings;
  const [partition, sort] = def.primaryKey;
  if (sort === undefined) {
    return { tag: tagOf(def, settings.sortKey), partition: partition!, sortKeyName: settings.sortKeyName };
  }
  const { name } = view.columns[sort]!;
  const value = view.constantOf(sort);
  if (typeof value === 'string') return { tag: tagOf(def, value), partition: partition!, sortKeyName: name };
  const viewer = view.columns[partition!]!.name;
  throw new SinkError(
    def.name,
    `layout '${layout}' has one row for each "${viewer}", but rows are also told apart by "${name}"`,
    {
      hint:
        `let "${name}" be the same text in every row, such as 'profile#orders' AS ${name}; ` +
        "or use freshet.layout = 'domain'",
    },
  );
}

/** Returns the tag of a sink's domain, in every layout. It may be empty, which most layouts refuse. */
export function sinkTag(def: SinkDef, view: LayoutView, settings: DynamoDbSinkSettings): string {
  const sort = def.primaryKey[1];
  const value = sort === undefined ? undefined : view.constantOf(sort);
  const sortKey = settings.sortKey ?? def.buckets?.sortKey ?? (typeof value === 'string' ? value : undefined);
  return sortKey === undefined ? def.name : lastPart(sortKey);
}

/** Returns the tag of a domain whose sort key is `sortKey`. Throws SinkError if it is empty. */
export function tagOf(def: SinkDef, sortKey: string | undefined): string {
  const tag = sortKey === undefined ? def.name : lastPart(sortKey);
  if (tag !== '') return tag;
  throw new SinkError(def.name, `the sort key '${sortKey}' ends with '#', so the domain has no name`, {
    hint: "add a name, such as 'profile#orders'",
    option: [DYNAMODB.options.sortKey.name, DYNAMODB.options.primaryKey.name],
  });
}

function lastPart(sortKey: string): string {
  return sortKey.slice(sortKey.lastIndexOf('#') + 1);
}
