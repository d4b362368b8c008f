import type { Expr } from '../../plan/expr.ts';
import type { JoinNode, PlanNode, TopNNode } from '../../plan/nodes.ts';
import type { Catalog } from './catalog.ts';
import { conjuncts } from './build.ts';

/** Sets of output columns, each of which identifies a row. Empty: rows are a bag. A set of none: at most one row. */
export type Keys = readonly (readonly number[])[];

const MAX_KEYS = 8;

/** The keys a plan implies: group keys, a top-n's partition and rank, and what joins and projections leave of them. */
export function keysOf(node: PlanNode, catalog: Catalog): Keys {
  switch (node.kind) {
    case 'scan':
      return catalog.lookup(node.relation.name, node.span ?? NOWHERE).keys;
    case 'values':
      return node.rows.length === 1 ? [[]] : [];
    case 'filter':
      return fixed(keysOf(node.input, catalog), node.predicate);
    case 'aggregate':
      return [node.groupBy.map((_, i) => i)];
    case 'project':
      return keysOf(node.input, catalog).flatMap((key) => {
        const moved = key.map((k) => node.exprs.findIndex((e) => isColumn(e, k)));
        return moved.includes(-1) ? [] : [moved];
      });
    case 'join':
      return joinKeys(node, catalog);
    case 'top_n':
      return topNKeys(node, catalog);
    case 'union_all':
      return [];
  }
}
const NOWHERE = { file: '', start: 0, end: 0 };

function isColumn(e: Expr, index: number): boolean {
  return e.kind === 'column' && e.index === index;
}

/** A column that a filter holds at one value need not be in a key. */
function fixed(keys: Keys, predicate: Expr): Keys {
  const constants = new Set<number>();
  for (const c of conjuncts(predicate)) {
    if (c.kind !== 'compare' || c.op !== '=') continue;
    if (c.left.kind === 'column' && c.right.kind === 'const') constants.add(c.left.index);
    if (c.right.kind === 'column' && c.left.kind === 'const') constants.add(c.right.index);
  }
  return constants.size === 0
    ? keys
    : unique([...keys.map((k) => k.filter((i) => !constants.has(i))), ...keys]);
}

function joinKeys(node: JoinNode, catalog: Catalog): Keys {
  const width = node.left.columns.length;
  const left = keysOf(node.left, catalog);
  const right = keysOf(node.right, catalog);
  // Where a side's join keys identify its rows, each row of the other side matches at most one.
  const oneOf = (keys: Keys, joinedOn: readonly Expr[]): boolean =>
    keys.some((key) => key.every((k) => joinedOn.some((e) => isColumn(e, k))));
  const onRight = right.map((key) => key.map((k) => k + width));
  const both = left.flatMap((l) => onRight.map((r) => [...l, ...r]));
  return unique([
    ...(oneOf(right, node.rightKeys) ? left : []),
    ...(node.join === 'inner' && oneOf(left, node.leftKeys) ? onRight : []),
    ...both,
  ]);
}

function topNKeys(node: TopNNode, catalog: Catalog): Keys {
  const partition = node.partitionBy.map((e) => (e.kind === 'column' ? e.index : -1));
  const own: number[][] = [];
  if (!partition.includes(-1)) {
    if (node.limit <= 1) own.push(partition);
    else if (node.rank) own.push([...partition, node.columns.length - 1]);
  }
  return unique([...own, ...keysOf(node.input, catalog)]);
}

/** Without repeats, the smallest first; only so many, as joins multiply them. */
function unique(keys: Keys): Keys {
  const seen = new Map<string, readonly number[]>();
  for (const key of keys) {
    const columns = [...new Set(key)].toSorted((a, b) => a - b);
    const text = columns.join();
    if (!seen.has(text)) seen.set(text, columns);
  }
  return [...seen.values()].toSorted((a, b) => a.length - b.length).slice(0, MAX_KEYS);
}
