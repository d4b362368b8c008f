import type { AggregateCall, AggregateNode, PlanColumn } from '../plan/nodes.ts';
import { hasVariants } from '../values/identity.ts';

/**
 * Keys that are equal and not the same (jsonb `1.10` and `1.1`) are one group, which shows one of them: as its rows
 * alone decide, not the order in which they came. It is the first in the order of their texts, kept as a MIN is.
 *
 * Returns the node with a call for each such key behind its own, and for each of its own columns the one to show.
 */
export function withShownKeys(node: AggregateNode): {
  readonly node: AggregateNode;
  readonly shown: readonly number[];
} {
  const calls: AggregateCall[] = [];
  const columns: PlanColumn[] = [];
  const shown = node.columns.map((column, at) => {
    const key = node.groupBy[at];
    if (key === undefined || !hasVariants(key.type)) return at;
    const { type, nullable } = key;
    calls.push({ name: 'min', args: [key], distinct: false, orderBy: [], type, nullable });
    columns.push(column);
    return node.columns.length + columns.length - 1;
  });
  if (calls.length === 0) return { node, shown };
  return {
    node: { ...node, calls: [...node.calls, ...calls], columns: [...node.columns, ...columns] },
    shown,
  };
}
