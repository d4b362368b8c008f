import type { Node, SelectStmt } from '@pgsql/types';
import { renderName } from '../../../../plan/render-expr.ts';
import { outputName } from '../../../bind/output-name.ts';
import { functionName, walk } from '../../query.ts';
import type { QueryText } from './query-text.ts';

/** Tells which calls of SUM may lose all values of a group, by the span of the call. */
export type IsEmptied = (span: { readonly file: string; readonly start: number }) => boolean;

/**
 * Writes `SUM(x)` as `CASE WHEN COUNT(x) > 0 THEN SUM(x) END` where a group can lose its last value. SUM is then NULL,
 * and RisingWave, which does not count the values, would keep 0.
 */
export function guardSums(stmt: SelectStmt, text: QueryText, isEmptied: IsEmptied): boolean {
  const { withClause: _, larg: __, rarg: ___, fromClause: ____, ...own } = stmt;
  const sums = new Set<Node>();
  walk(own, (kind, node) => {
    if (kind === 'SelectStmt') return false;
    const isSum = functionName(node)?.toLowerCase() === 'sum' && 'FuncCall' in node;
    if (isSum && isEmptied(text.slice.spanAt(node.FuncCall.location))) sums.add(node);
    return true;
  });
  if (sums.size === 0) return false;
  for (const target of stmt.targetList ?? []) nameTarget(target, sums, text);
  for (const sum of sums) {
    const range = text.rangeOf(sum);
    const sql = text.text(range);
    text.replace(range, `CASE WHEN ${sql.replace(/^\w+/, 'COUNT')} > 0 THEN ${sql} END`);
  }
  return true;
}

/** A column without an alias has the name of the function. */
function nameTarget(target: Node, sums: ReadonlySet<Node>, text: QueryText): void {
  if (!('ResTarget' in target) || target.ResTarget.name !== undefined) return;
  const { val } = target.ResTarget;
  let holdsSum = false;
  walk([val], (_, node) => {
    holdsSum ||= sums.has(node);
  });
  if (val === undefined || !holdsSum) return;
  text.edits.insertAfter(text.spanOf(text.rangeOf(val)).end, ` AS ${renderName(outputName(val))}`);
}
