import type { Node } from '@pgsql/types';
import type { Expr } from '../../plan/expr.ts';
import type { Reporter } from '../failure.ts';
import { conjuncts } from './build.ts';
import type { ExprBinder } from './expr-binder.ts';

/**
 * Returns the conditions that WHERE or ON combines with AND. Each is bound, and reported, on its own. A condition that
 * is always FALSE does not replace the others, so that a join keeps its equalities.
 */
export function bindConditions(node: Node, binder: ExprBinder, reporter: Reporter): readonly Expr[] {
  const isAnd = 'BoolExpr' in node && node.BoolExpr.boolop === 'AND_EXPR';
  const parts = isAnd ? (node.BoolExpr.args ?? []) : [node];
  const what = parts.length > 1 ? 'an argument of AND' : undefined;
  return reporter.all(parts, (n) => binder.condition(n, what)).flatMap(conjuncts);
}
