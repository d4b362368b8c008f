import { children } from '../../../plan/expr.ts';
import type { Expr } from '../../../plan/expr.ts';
import type { AggregateCall, PlanNode } from '../../../plan/nodes.ts';
import type { Pipeline } from '../../../plan/pipeline.ts';
import type { SqlType } from '../../../values/types.ts';
import { allNodes, exprsOf } from '../../lint/lineage.ts';

/** Returns every node of the plans of a pipeline. A plain view is also part of the plans that read it. */
export function planNodes(pipeline: Pipeline): readonly PlanNode[] {
  return [...pipeline.logicalViews, ...pipeline.views].flatMap((v) => allNodes(v.plan));
}

/** Returns every expression of a pipeline, with those inside it: of plans, generated columns and watermarks. */
export function allExprs(pipeline: Pipeline): readonly Expr[] {
  const ofSources = pipeline.sources.flatMap((s) => [
    ...s.columns.flatMap((c) => c.generated ?? []),
    ...(s.watermark === undefined ? [] : [s.watermark.expr]),
  ]);
  const ofOrders = aggregateCalls(pipeline).flatMap(({ call }) => call.orderBy.map((k) => k.expr));
  return [...ofSources, ...planNodes(pipeline).flatMap(exprsOf), ...ofOrders].flatMap(withParts);
}

function withParts(e: Expr): readonly Expr[] {
  return [e, ...children(e).flatMap(withParts)];
}

/** Returns every aggregate call of a pipeline, with the plan whose rows it aggregates. */
export function aggregateCalls(
  pipeline: Pipeline,
): readonly { readonly call: AggregateCall; readonly input: PlanNode }[] {
  return planNodes(pipeline).flatMap((n) =>
    n.kind === 'aggregate' ? n.calls.map((call) => ({ call, input: n.input })) : [],
  );
}

/** Returns the types in which values are compared, by file and offset of the comparison. */
export function comparedTypes(pipeline: Pipeline): ReadonlyMap<string, readonly SqlType[]> {
  const types = new Map<string, SqlType[]>();
  for (const e of allExprs(pipeline)) {
    if (e.kind !== 'compare' || e.span === undefined) continue;
    const place = `${e.span.file}:${e.span.start}`;
    const list = types.get(place);
    if (list === undefined) types.set(place, [e.left.type]);
    else list.push(e.left.type);
  }
  return types;
}
