import type { Expr } from '../../plan/expr.ts';
import type { PlanNode } from '../../plan/nodes.ts';
import { columnOf, project } from './nodes.ts';
import { exprKey } from '../../plan/expr-key.ts';

/**
 * Projects `input` to the columns that a top-n above it must hold: `items`, then those of `extra` that are not among
 * them, without constants. `rewrite` turns any of these expressions into a column of the projection.
 */
export function narrow(
  input: PlanNode,
  items: readonly Expr[],
  extra: readonly Expr[],
  names: readonly string[],
): { node: PlanNode; rewrite: (e: Expr) => Expr } {
  const positions = new Map<string, number>();
  const kept: Expr[] = [];
  const keptNames: string[] = [];
  const keep = (e: Expr, name: string): void => {
    const key = exprKey(e);
    if (e.kind === 'const' || positions.has(key)) return;
    positions.set(key, kept.push(e) - 1);
    keptNames.push(name);
  };
  items.forEach((e, i) => keep(e, names[i]!));
  extra.forEach((e, i) => keep(e, e.kind === 'column' ? e.name : `key${i + 1}`));
  const node = project(input, kept, keptNames);
  return {
    node,
    rewrite: (e) => {
      const position = positions.get(exprKey(e));
      return position === undefined ? e : { ...columnOf(node, position), span: e.span };
    },
  };
}
