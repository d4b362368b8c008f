import { MIRRORED, OPPOSITE } from '../../plan/expr.ts';
import type { CompareExpr, CompareOp, Expr } from '../../plan/expr.ts';
import { inputsOf } from '../../plan/nodes.ts';
import type { PlanNode, TopNNode } from '../../plan/nodes.ts';
import { unsupported } from '../failure.ts';
import { isConst } from './coerce.ts';

/**
 * ROW_NUMBER() is bound to a top-n without a limit. A comparison of the row number in the WHERE around its sub-select
 * becomes the limit. A top-n that stays without a limit is refused, because it would keep every row of its input.
 */

/** A column that a condition keeps at or below a limit. `exact` if the condition says nothing else. */
interface Bound {
  readonly index: number;
  readonly limit: number;
  readonly exact: boolean;
}

const MAX_LIMIT = 2n ** 31n - 1n;

function clamp(n: bigint): number {
  return Number(n < 0n ? 0n : n > MAX_LIMIT ? MAX_LIMIT : n);
}

/**
 * Returns the columns that a condition bounds from above: `rn <= 3`, `3 >= rn`, `rn IN (1, 2)`, `rn = 1 OR rn = 3`,
 * `NOT rn > 2`.
 */
function boundsOf(e: Expr): readonly Bound[] {
  switch (e.kind) {
    case 'compare':
      return boundsOfComparison(e, e.op);
    case 'not':
      return e.arg.kind === 'compare' ? boundsOfComparison(e.arg, OPPOSITE[e.arg.op]) : [];
    case 'in_list': {
      if (e.arg.kind !== 'column' || e.arg.type.kind !== 'bigint') return [];
      const limits = e.values.map((value) => clamp(value as bigint));
      return [{ index: e.arg.index, limit: Math.max(0, ...limits), exact: false }];
    }
    case 'or': {
      const [first, ...others] = e.args.map(boundsOf);
      return first!.flatMap(({ index, limit }) => {
        const limits = others.flatMap((bounds) => bounds.find((b) => b.index === index)?.limit ?? []);
        return limits.length < others.length
          ? []
          : [{ index, limit: Math.max(limit, ...limits), exact: false }];
      });
    }
    case 'and':
      return e.args.flatMap(boundsOf).map((b) => ({ ...b, exact: false }));
    default:
      return [];
  }
}

function boundsOfComparison(e: CompareExpr, op: CompareOp): readonly Bound[] {
  const [column, other, turned] =
    e.left.kind === 'column' ? [e.left, e.right, op] : [e.right, e.left, MIRRORED[op]];
  if (column.kind !== 'column' || !isConst(other)) return [];
  if (typeof other.value !== 'bigint' || other.type.kind !== 'bigint') return [];
  const { index } = column;
  const { value } = other;
  switch (turned) {
    case '<=':
      return [{ index, limit: clamp(value), exact: true }];
    case '<':
      return [{ index, limit: clamp(value - 1n), exact: true }];
    case '=':
      return [{ index, limit: clamp(value), exact: value <= 1n }];
    default:
      return [];
  }
}

/** Turns the conditions on row numbers into limits. Returns in `rest` the conditions that still have to filter. */
export function limitRanks(
  node: PlanNode,
  conditions: readonly Expr[],
): { node: PlanNode; rest: readonly Expr[] } {
  let limited = node;
  const rest = conditions.filter((c) => {
    let isSaid = false;
    for (const bound of boundsOf(c)) {
      const next = limitAt(limited, bound.index, bound.limit);
      if (next === undefined) continue;
      limited = next.node;
      isSaid = bound.exact && next.exact;
    }
    return !isSaid;
  });
  return { node: limited, rest };
}

/**
 * Returns `node` with a limit on the top-n whose rank is column `index`; undefined if that column is no rank. Not
 * `exact` if rows remain that the condition drops.
 */
function limitAt(
  node: PlanNode,
  index: number,
  limit: number,
): { readonly node: PlanNode; readonly exact: boolean } | undefined {
  switch (node.kind) {
    case 'top_n': {
      if (!node.rank || index !== node.columns.length - 1) return undefined;
      const limited: TopNNode = { ...node, limit: Math.min(node.limit, limit) };
      return { node: limited, exact: true };
    }
    case 'project': {
      const e = node.exprs[index]!;
      const found = e.kind === 'column' ? limitAt(node.input, e.index, limit) : undefined;
      return found && { ...found, node: { ...node, input: found.node } };
    }
    case 'filter': {
      const found = limitAt(node.input, index, limit);
      return found && { ...found, node: { ...node, input: found.node } };
    }
    case 'join': {
      const width = node.left.columns.length;
      if (index < width) {
        const found = limitAt(node.left, index, limit);
        return found && { ...found, node: { ...node, left: found.node } };
      }
      // In a left join, a row that loses its matches stays with NULLs, and the condition must drop it.
      const found = limitAt(node.right, index - width, limit);
      return found && { node: { ...node, right: found.node }, exact: found.exact && node.join === 'inner' };
    }
    default:
      return undefined;
  }
}

/** Throws SqlFailure at a ROW_NUMBER() that no condition limits. */
export function checkRanksLimited(node: PlanNode): void {
  if (node.kind === 'top_n' && node.limit === Infinity && node.span !== undefined) {
    throw unsupported(
      'row_number() without a limit',
      node.span,
      'limit it in the query around it: FROM (SELECT ..., ROW_NUMBER() OVER (...) AS rn ...) x WHERE rn <= 10',
    );
  }
  for (const input of inputsOf(node)) checkRanksLimited(input);
}
