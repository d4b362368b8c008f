import type { CompareOp, Expr } from '../../plan/expr.ts';
import { inputsOf } from '../../plan/nodes.ts';
import type { PlanNode, TopNNode } from '../../plan/nodes.ts';
import { unsupported } from '../failure.ts';
import { isConst } from './coerce.ts';

/**
 * ROW_NUMBER() is bound to a top-n without a limit; a comparison of it in the WHERE around its sub-select becomes
 * the limit. One that is left without limit is refused, because it would keep every row of its input.
 */

const MIRRORED: Record<CompareOp, CompareOp> = {
  '=': '=',
  '<>': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

/** `column op number`, either way round. */
function bound(e: Expr): { index: number; op: CompareOp; value: bigint } | undefined {
  if (e.kind !== 'compare') return undefined;
  const [column, other, op] =
    e.left.kind === 'column' ? [e.left, e.right, e.op] : [e.right, e.left, MIRRORED[e.op]];
  if (
    column.kind !== 'column' ||
    !isConst(other) ||
    typeof other.value !== 'bigint' ||
    other.type.kind !== 'bigint'
  )
    return undefined;
  return { index: column.index, op, value: other.value };
}

/** The rank up to which rows are wanted, and whether the top-n then says all that the condition says. */
function limitOf(op: CompareOp, value: bigint): { limit: number; exact: boolean } | undefined {
  const clamp = (n: bigint): number => Number(n < 0n ? 0n : n > MAX_LIMIT ? MAX_LIMIT : n);
  switch (op) {
    case '<=':
      return { limit: clamp(value), exact: true };
    case '<':
      return { limit: clamp(value - 1n), exact: true };
    case '=':
      return { limit: clamp(value), exact: value <= 1n };
    default:
      return undefined;
  }
}
const MAX_LIMIT = 2n ** 31n - 1n;

/** Turns those of `conditions` (over `node`'s columns) that bound a row number into limits. */
export function limitRanks(
  node: PlanNode,
  conditions: readonly Expr[],
): { node: PlanNode; rest: readonly Expr[] } {
  let limited = node;
  const rest = conditions.filter((c) => {
    const b = bound(c);
    const l = b === undefined ? undefined : limitOf(b.op, b.value);
    if (b === undefined || l === undefined) return true;
    const next = limitAt(limited, b.index, l.limit);
    if (next === undefined) return true;
    limited = next;
    return !l.exact;
  });
  return { node: limited, rest };
}

/** `node` with the top-n whose rank is its column `index` limited; undefined if that column is no rank. */
function limitAt(node: PlanNode, index: number, limit: number): PlanNode | undefined {
  switch (node.kind) {
    case 'top_n': {
      if (node.rank && index === node.columns.length - 1) {
        const limited: TopNNode = { ...node, limit: Math.min(node.limit, limit) };
        return limited;
      }
      return undefined;
    }
    case 'project': {
      const e = node.exprs[index]!;
      if (e.kind !== 'column') return undefined;
      const input = limitAt(node.input, e.index, limit);
      return input === undefined ? undefined : { ...node, input };
    }
    case 'filter': {
      const input = limitAt(node.input, index, limit);
      return input === undefined ? undefined : { ...node, input };
    }
    case 'join': {
      const width = node.left.columns.length;
      if (index < width) {
        const left = limitAt(node.left, index, limit);
        return left === undefined ? undefined : { ...node, left };
      }
      if (node.join === 'left') return undefined;
      const right = limitAt(node.right, index - width, limit);
      return right === undefined ? undefined : { ...node, right };
    }
    default:
      return undefined;
  }
}

/** Throws at a ROW_NUMBER() that no condition limits. */
export function checkRanksLimited(node: PlanNode): void {
  if (node.kind === 'top_n' && node.limit === Infinity && node.span !== undefined) {
    throw unsupported(
      'row_number() without a limit',
      node.span,
      'filter it in the query around: FROM (SELECT ..., ROW_NUMBER() OVER (...) AS rn ...) x WHERE rn <= 10',
    );
  }
  for (const input of inputsOf(node)) checkRanksLimited(input);
}
