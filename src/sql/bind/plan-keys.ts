import type { ConstExpr, Expr, Span } from '../../plan/expr.ts';
import type { AggregateNode, JoinNode, PlanNode, TopNNode, UnionAllNode } from '../../plan/nodes.ts';
import { datumKey } from '../../values/compare.ts';
import type { Catalog } from './catalog.ts';
import { conjuncts } from './build.ts';

/**
 * Sets of output columns, by position, each of which identifies a row. Without any set, rows can repeat. The empty set
 * means that there is at most one row.
 */
export type Keys = readonly (readonly number[])[];

const MAX_KEYS = 8;

/**
 * Returns the keys that a plan implies, the smallest first: group keys, the partition and rank of a top-n, and what
 * filters, joins, projections and unions leave of them.
 */
export function keysOf(node: PlanNode, catalog: Catalog): Keys {
  return impliedKeys(node, (name, span) => catalog.lookup(name, span).keys, false);
}

/**
 * Returns the key by which the engine stores the rows of a view and reports its changes; undefined if the view does
 * not have all of its columns. A view that only filters and projects shows its input's rows as they are stored. Another
 * key may identify these rows, too; but under that key, a row that replaces another one is stored in a different place.
 */
export function storedKeyOf(node: PlanNode, catalog: Catalog): readonly number[] | undefined {
  return inPlace(node)[0];

  function inPlace(at: PlanNode): Keys {
    switch (at.kind) {
      case 'scan': {
        const { key } = catalog.lookup(at.relation.name, at.span ?? NOWHERE);
        return key === undefined ? [] : [key];
      }
      case 'filter':
        return fixed(inPlace(at.input), at.predicate);
      case 'project':
        return moved(inPlace(at.input), at.exprs);
      default:
        return storedKeysOf(at, catalog);
    }
  }
}

/**
 * Returns the keys by which the engine can store rows. A group is stored by its whole key, even if a part of that key
 * identifies the input's rows: a row that replaces another one under that part belongs to another group.
 */
export function storedKeysOf(node: PlanNode, catalog: Catalog): Keys {
  return impliedKeys(node, (name, span) => catalog.lookup(name, span).storedKeys, true);
}

type KeysOfRelation = (name: string, span: Span) => Keys;

function impliedKeys(node: PlanNode, ofRelation: KeysOfRelation, stored: boolean): Keys {
  const of = (input: PlanNode): Keys => impliedKeys(input, ofRelation, stored);
  switch (node.kind) {
    case 'scan':
      return ofRelation(node.relation.name, node.span ?? NOWHERE);
    case 'values':
      return node.rows.length === 1 ? [[]] : [];
    case 'filter':
      return fixed(of(node.input), node.predicate);
    case 'aggregate':
      return stored ? [node.groupBy.map((_, i) => i)] : aggregateKeys(node, of(node.input));
    case 'project':
      return moved(of(node.input), node.exprs);
    case 'join':
      return joinKeys(node, of(node.left), of(node.right));
    case 'top_n':
      return topNKeys(node, of(node.input));
    case 'union_all':
      return stored ? [] : unionKeys(node, node.inputs.map(of));
  }
}
const NOWHERE = { file: '', start: 0, end: 0 };

/** Returns, as positions in `exprs`, the keys of which `exprs` keep every column, or its values apart. */
function moved(keys: Keys, exprs: readonly Expr[]): Keys {
  return unique(
    keys.flatMap((key) => {
      const places = key.map((k) => exprs.findIndex((e) => keepsApart(e, k)));
      return places.includes(-1) ? [] : [places];
    }),
  );
}

/** Returns the group keys without constants, and the keys of the input among them: a group is then a single row. */
function aggregateKeys({ groupBy }: AggregateNode, ofInput: Keys): Keys {
  const own = groupBy.flatMap((e, i) => (e.kind === 'const' ? [] : [i]));
  return unique([own, ...moved(ofInput, groupBy)]);
}

/**
 * Returns keys of a column that is a different constant in each input, which tells inputs apart, and a key of all
 * inputs, which tells the rows of one input apart.
 */
function unionKeys({ inputs }: UnionAllNode, keys: readonly Keys[]): Keys {
  const tags = (inputs[0]?.columns ?? []).flatMap((_, c) => {
    const values = inputs.map((input) => constantAt(input, c));
    const distinct = new Set(values.map((v) => (v === undefined ? '' : datumKey(v.type, v.value))));
    return !values.includes(undefined) && distinct.size === inputs.length ? [c] : [];
  });
  if (tags.length === 0) return [];
  const inAll = keys
    .flat()
    .filter((key) => keys.every((own) => own.some((k) => k.every((c) => key.includes(c)))));
  return unique(tags.flatMap((tag) => inAll.map((key) => [tag, ...key])));
}

function constantAt(node: PlanNode, column: number): ConstExpr | undefined {
  if (node.kind === 'filter') return constantAt(node.input, column);
  if (node.kind !== 'project') return undefined;
  const e = node.exprs[column]!;
  return e.kind === 'const' ? e : undefined;
}

/** Types that a cast to VARCHAR keeps apart: each value has a text of its own. */
const WIDENING = new Set([
  'smallint',
  'integer',
  'bigint',
  'numeric',
  'boolean',
  'date',
  'time',
  'timestamp',
  'timestamptz',
]);
/** By integer type: the wider types, to which a cast keeps values apart. */
const WIDE: ReadonlyMap<string, readonly string[]> = new Map([
  ['smallint', ['integer', 'bigint', 'numeric']],
  ['integer', ['bigint', 'numeric']],
  ['bigint', ['numeric']],
]);

/** Returns whether different values of a column give different values of `e`, as in `'day#' || viewer_id::VARCHAR`. */
function keepsApart(e: Expr, column: number): boolean {
  if (isColumn(e, column)) return true;
  if (e.kind === 'cast') {
    const from = e.arg.type.kind;
    const widens =
      e.type.kind === 'varchar' ? WIDENING.has(from) : WIDE.get(from)?.includes(e.type.kind) === true;
    return widens && keepsApart(e.arg, column);
  }
  if (e.kind !== 'call' || e.fn.name !== '||' || e.type.kind !== 'varchar') return false;
  const [left, right] = e.args as [Expr, Expr];
  const isText = (x: Expr): boolean => x.kind === 'const' && x.value !== null;
  return (isText(left) && keepsApart(right, column)) || (isText(right) && keepsApart(left, column));
}

function isColumn(e: Expr, index: number): boolean {
  return e.kind === 'column' && e.index === index;
}

/** Removes the columns from keys that a filter holds at a single value. */
function fixed(keys: Keys, predicate: Expr): Keys {
  const constants = new Set<number>();
  for (const c of conjuncts(predicate)) {
    if (c.kind !== 'compare' || c.op !== '=') continue;
    if (c.left.kind === 'column' && c.right.kind === 'const') constants.add(c.left.index);
    if (c.right.kind === 'column' && c.left.kind === 'const') constants.add(c.right.index);
  }
  return constants.size === 0 ? keys : unique(keys.map((k) => k.filter((i) => !constants.has(i))));
}

function joinKeys(node: JoinNode, left: Keys, right: Keys): Keys {
  const width = node.left.columns.length;
  // If the join keys of a side identify its rows, each row of the other side has at most one match.
  const oneOf = (keys: Keys, joinedOn: readonly Expr[]): boolean =>
    keys.some((key) => key.every((k) => joinedOn.some((e) => isColumn(e, k))));
  const onRight = right.map((key) => key.map((k) => k + width));
  const both = left.flatMap((l) => onRight.map((r) => [...l, ...r]));
  const keys = [
    ...(oneOf(right, node.rightKeys) ? left : []),
    ...(node.join === 'inner' && oneOf(left, node.leftKeys) ? onRight : []),
    ...both,
  ];
  return node.join === 'inner' ? unique([...keys, ...withEquals(keys, node)]) : unique(keys);
}

/** Returns the keys with columns replaced by those that an inner join makes equal to them, in either direction. */
function withEquals(keys: Keys, { left, leftKeys, rightKeys }: JoinNode): Keys {
  const width = left.columns.length;
  const toRight = new Map<number, number>();
  const toLeft = new Map<number, number>();
  leftKeys.forEach((l, i) => {
    const r = rightKeys[i]!;
    if (l.kind !== 'column' || r.kind !== 'column') return;
    toRight.set(l.index, r.index + width);
    toLeft.set(r.index + width, l.index);
  });
  return [toRight, toLeft].flatMap((equal) => keys.map((key) => key.map((c) => equal.get(c) ?? c)));
}

function topNKeys(node: TopNNode, ofInput: Keys): Keys {
  const partition = node.partitionBy.map((e) => (e.kind === 'column' ? e.index : -1));
  const own: number[][] = [];
  if (!partition.includes(-1)) {
    if (node.limit <= 1) own.push(partition);
    else if (node.rank) own.push([...partition, node.columns.length - 1]);
  }
  return unique([...own, ...ofInput]);
}

/**
 * Returns the keys, the smallest first, without repeats and without those that contain a smaller one. The number is
 * limited, since joins multiply keys.
 */
function unique(keys: Keys): Keys {
  const kept: (readonly number[])[] = [];
  for (const key of keys.map((k) => [...new Set(k)]).toSorted((a, b) => a.length - b.length)) {
    if (!kept.some((other) => other.every((c) => key.includes(c)))) kept.push(key);
  }
  return kept.slice(0, MAX_KEYS);
}
