import { orderedTypes } from '../aggregates/ordered.ts';
import type { GroupShape } from '../codegen/group-shape.ts';
import type { StateBound } from '../operators/stream.ts';
import { renderExpr } from '../../plan/render-expr.ts';

/** Returns what the state of a GROUP BY grows with. `irregular`: bytes per group of values outside the accumulators. */
export function groupBounds({ keys, calls, layout }: GroupShape, irregular: number): readonly StateBound[] {
  const group = keys.length === 0 ? 'view' : `distinct (${keys.map((k) => k.name).join(', ')})`;
  const bounds = [{ per: group, bytes: layout.size * 8 + 16 + irregular }];
  for (const plan of calls) {
    if (plan.distinct !== undefined) {
      const bytes = plan.distinct.stride * 8;
      bounds.push({ per: `distinct ${renderExpr(plan.call.args[0]!)} in a group`, bytes });
    }
    if (plan.fields === undefined) {
      const bytes = 16 + 8 * orderedTypes(plan.call).length;
      const args = plan.call.args.map(renderExpr).join(', ');
      bounds.push({ per: `distinct row of ${plan.call.name}(${args}) in a group`, bytes });
    }
  }
  return bounds;
}
