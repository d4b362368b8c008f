import type { Span } from '../../../plan/expr.ts';
import type { Expr } from '../../../plan/expr.ts';
import type { PlanNode } from '../../../plan/nodes.ts';
import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';
import { planNodes } from './bound-plan.ts';

/** RisingWave keeps rows in order of encoded keys, and gives JSONB no order unless a setting allows it. */
export const JSONB_KEY: TargetRule = {
  code: 'R019',
  about: 'JSONB in GROUP BY, DISTINCT, UNION, ORDER BY with LIMIT, or PARTITION BY',
  source:
    'RisingWave\'s src/frontend/src/optimizer/plan_visitor/jsonb_stream_key_checker.rs answers "JSONB column ... should not be in the aggregation group key"',
  renderable: false,
  check: ({ pipeline }) =>
    planNodes(pipeline).flatMap((node) => {
      const key = keysOf(node).find((e) => e.type.kind === 'jsonb');
      const span: Span | undefined = key?.span ?? node.span;
      if (key === undefined || span === undefined) return [];
      const hint = "use its text, doc::varchar, or a field of it, doc ->> 'key'";
      return [refused('R019', 'RisingWave refuses JSONB as a key of rows', hint, span)];
    }),
};

/** Returns the expressions by which a node tells its rows apart or orders them. */
function keysOf(node: PlanNode): readonly Expr[] {
  if (node.kind === 'aggregate') return node.groupBy;
  if (node.kind === 'top_n') return [...node.partitionBy, ...node.orderBy.map((k) => k.expr)];
  return [];
}
