import { isInstant } from './clock-flow.ts';
import type { Expr } from './expr.ts';
import type { PlanNode } from './nodes.ts';
import { isInteger } from '../values/types.ts';
import { provenColumns } from './proven-columns.ts';

/** Returns the plan of a materialized view; undefined for a source or a table. */
export type PlanOfView = (view: string) => PlanNode | undefined;

/**
 * Returns whether a column of a plan is certainly never NULL, even if expressions fail: a condition or a join excludes
 * its NULLs, or it is a group key or an extreme of such a column.
 */
export function neverNull(node: PlanNode, column: number, planOf: PlanOfView): boolean {
  if (node.columns[column]?.nullable === false) return true;
  switch (node.kind) {
    case 'scan': {
      const plan = node.relation.kind === 'materialized view' ? planOf(node.relation.name) : undefined;
      return plan !== undefined && neverNull(plan, column, planOf);
    }
    case 'values':
      return node.rows.every((row) => !row[column]!.nullable);
    case 'project':
      return exprNeverNull(node.exprs[column]!, node.input, planOf);
    case 'filter':
      return provenColumns(node.predicate).has(column) || neverNull(node.input, column, planOf);
    case 'aggregate': {
      const key = node.groupBy[column];
      if (key !== undefined) return exprNeverNull(key, node.input, planOf);
      const { name, args, filter } = node.calls[column - node.groupBy.length]!;
      // A group has a row, and a sum of fewer than 2^32 integers fits its type.
      const isSum = name === 'sum' && isInteger(args[0]!.type);
      const isOfAll = (isSum || name === 'min' || name === 'max') && filter === undefined && !node.global;
      return isOfAll && exprNeverNull(args[0]!, node.input, planOf);
    }
    case 'join': {
      const width = node.left.columns.length;
      if (column < width) return neverNull(node.left, column, planOf);
      return node.join !== 'left' && neverNull(node.right, column - width, planOf);
    }
    case 'top_n':
      return column < node.input.columns.length && neverNull(node.input, column, planOf);
    case 'union_all':
      return node.inputs.every((input) => neverNull(input, column, planOf));
  }
}

/** Of casts, those between times cannot fail, nor can truncation. A CASE is NULL only where a branch is. */
function exprNeverNull(e: Expr, input: PlanNode, planOf: PlanOfView): boolean {
  if (!e.nullable) return true;
  if (e.kind === 'column') return neverNull(input, e.index, planOf);
  if (e.kind === 'cast' && isInstant(e) && isInstant(e.arg)) return exprNeverNull(e.arg, input, planOf);
  if (e.kind === 'call' && e.fn.name === 'date_trunc')
    return e.args.every((arg) => exprNeverNull(arg, input, planOf));
  if (e.kind !== 'case') return false;
  const arms = e.arms.every((arm) => isTested(arm) || exprNeverNull(arm.then, input, planOf));
  return arms && exprNeverNull(e.otherwise, input, planOf);
}

/** Returns whether a branch is taken only where its value is not NULL, as in `CASE WHEN x > 0 THEN x`. */
export function isTested({ when, then }: { readonly when: Expr; readonly then: Expr }): boolean {
  if (then.kind !== 'column' || when.kind !== 'compare') return false;
  return [when.left, when.right].some((side) => side.kind === 'column' && side.index === then.index);
}
