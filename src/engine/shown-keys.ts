import type { AggregateCall, AggregateNode, PlanColumn } from '../plan/nodes.ts';
import { hasVariants } from '../values/identity.ts';

/**
 * Makes the key that a group shows a function of its rows, independent of their order of arrival. Keys that are equal
 * but not identical (jsonb `1.10` and `1.1`) form one group; it shows the key whose text sorts first, kept as a MIN.
 *
 * Returns the node with one MIN appended for each key whose type has such values, and in `shown`, for each column of
 * the original node, the column of the new node to show.
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
