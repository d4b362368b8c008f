import type { PlanColumn } from '../../plan/nodes.ts';
import type { Datum } from '../../values/datum.ts';
import { SINK_ATTRIBUTE, VERSION_ATTRIBUTE } from '../../dynamodb/bookkeeping.ts';
import type { AttributeMap, KeyAttribute } from '../../dynamodb/wire.ts';
import { decodeKey } from './key-decoder.ts';
import type { UnversionedItems } from './unversioned.ts';

/** How to find the items that a sink has written into its table. */
export interface OwnItems {
  /** The condition that an item belongs to the sink. In it `#v` is {@link version}, and `#k0`, `#k1` are the key. */
  readonly filter: string;
  /** The further names of the condition. */
  readonly names: Readonly<Record<string, string>>;
  readonly values: AttributeMap;
  /** The attribute that holds the version of the sink's row. */
  readonly version: string;
  /** Returns the key of the row that an item holds; undefined if no row can have it. */
  rowOf(item: AttributeMap): readonly Datum[] | undefined;
  /** Returns whether an item holds what the view no longer has in any row; absent if it always may have. */
  isObsolete?(item: AttributeMap): boolean;
  /** True if other sinks write the same items, so that only the sink's part of an item may be removed. */
  readonly areShared: boolean;
}

/**
 * Returns how to find items that belong to one sink alone. They have a version (`_v`), and the sink's constant sort key
 * or its name (`_s`); `unversioned` tells which others count as the sink's.
 */
export function itemsOfSink(of: {
  readonly sink: string;
  readonly key: readonly KeyAttribute[];
  /** The view's columns for the parts of the key that are not constant. */
  readonly keyColumns: readonly PlanColumn[];
  /** The constant sort key, which identifies the sink's items. Undefined if the sink's name in `_s` does. */
  readonly sortKey: string | undefined;
  readonly unversioned: UnversionedItems | undefined;
}): OwnItems {
  const { sink, keyColumns, sortKey, unversioned } = of;
  const written = `attribute_exists(#v) AND ${sortKey === undefined ? '#s' : '#k1'} = :owner`;
  const owner: AttributeMap = { ':owner': { S: sortKey ?? sink } };
  const common = {
    names: sortKey === undefined ? { '#s': SINK_ATTRIBUTE } : {},
    version: VERSION_ATTRIBUTE,
    rowOf: (item: AttributeMap) => decodeKey(item, keyColumns),
    areShared: false,
  };
  if (unversioned === undefined) return { ...common, filter: written, values: owner };
  if (unversioned.sortKey === undefined)
    return { ...common, filter: `(${written}) OR attribute_not_exists(#v)`, values: owner };
  return {
    ...common,
    filter: `(${written}) OR (attribute_not_exists(#v) AND #k1 = :sort)`,
    values: { ...owner, ':sort': { S: unversioned.sortKey } },
  };
}
