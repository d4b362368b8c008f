import type { ConstExpr, Expr, Span } from '../../plan/expr.ts';
import type { AggregateNode, JoinNode, PlanNode, TopNNode, UnionAllNode } from '../../plan/nodes.ts';
import { datumKey } from '../../values/compare.ts';
import type { Catalog } from './catalog.ts';
import { conjuncts } from './build.ts';

/** Sets of output columns, each of which identifies a row. Empty: rows repeat. A set of none: at most one row. */
export type Keys = readonly (readonly number[])[];

const MAX_KEYS = 8;

/**
 * The keys a plan implies, the smallest first: group keys, a top-n's partition and rank, and what filters, joins,
 * projections and unions leave of them.
 */
export function keysOf(node: PlanNode, catalog: Catalog): Keys {
  return impliedKeys(node, (name, span) => catalog.lookup(name, span).keys, false);
}

/**
 * The key by which the rows of a view lie in the engine, and by which its changes are told; undefined if its columns
 * do not have it. A view that only filters and projects shows the rows of its input where they lie: other keys of
 * theirs identify them, but a row that takes the place of another one under such a key lies elsewhere.
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
 * Of the keys, those by which rows may lie in the engine: a group lies by its whole key, although a part of it may be
 * a key of the rows. Where a row of such a group takes the place of another one, it is another group, which changes.
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

/** The keys of which `exprs` have every column, or what keeps its values apart, as positions in `exprs`. */
function moved(keys: Keys, exprs: readonly Expr[]): Keys {
  return unique(
    keys.flatMap((key) => {
      const places = key.map((k) => exprs.findIndex((e) => keepsApart(e, k)));
      return places.includes(-1) ? [] : [places];
    }),
  );
}

/** The group keys but constants; and where they have a key of the input, a group is one row of it. */
function aggregateKeys({ groupBy }: AggregateNode, ofInput: Keys): Keys {
  const own = groupBy.flatMap((e, i) => (e.kind === 'const' ? [] : [i]));
  return unique([own, ...moved(ofInput, groupBy)]);
}

/** Rows of different inputs differ where a column is another constant in each; those of one, by its keys. */
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

/** Types whose every value has a text, or a number of a wider type, of its own. */
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
const WIDE: ReadonlyMap<string, readonly string[]> = new Map([
  ['smallint', ['integer', 'bigint', 'numeric']],
  ['integer', ['bigint', 'numeric']],
  ['bigint', ['numeric']],
]);

/** Whether different values of the column give different values of the expression: `'day#' || viewer_id::VARCHAR`. */
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

/** A column that a filter holds at one value need not be in a key. */
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
  // Where a side's join keys identify its rows, each row of the other side matches at most one.
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

/** The same keys by the columns that an inner join makes equal: of the left side by the right's, and the other way. */
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

/** Without repeats and without those that hold a smaller one, the smallest first; only so many, as joins multiply them. */
function unique(keys: Keys): Keys {
  const kept: (readonly number[])[] = [];
  for (const key of keys.map((k) => [...new Set(k)]).toSorted((a, b) => a.length - b.length)) {
    if (!kept.some((other) => other.every((c) => key.includes(c)))) kept.push(key);
  }
  return kept.slice(0, MAX_KEYS);
}
