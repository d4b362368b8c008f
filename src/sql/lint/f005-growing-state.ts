import type { AggregateNode, PlanNode } from '../../plan/nodes.ts';
import type { Expr } from '../../plan/expr.ts';
import { someExpr } from '../../plan/expr.ts';
import type { Pipeline } from '../../plan/pipeline.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { allNodes, exprsOf, traceExpr } from './lineage.ts';
import type { LintRule } from './rule.ts';

/** Names of columns that are different in every event. */
const EVENT_ID = /^(event_?id|message_?id|request_?id|uuid|guid|_rw_\w+_(offset|timestamp))$/;

/** A group per event is state that grows with every event and never shrinks. */
export const GROWING_STATE: LintRule = {
  code: 'F005',
  about: 'state with an entry per event that nothing ever removes',
  fix: 'bound it by time below the aggregate: WHERE ts >= now() - INTERVAL ..., or group by something that repeats',
  check(pipeline) {
    const found: Diagnostic[] = [];
    for (const view of pipeline.views) {
      for (const node of allNodes(view.plan)) {
        if (node.kind !== 'aggregate' || isBounded(node.input, pipeline)) continue;
        const culprit = perEvent(node, pipeline);
        if (culprit === undefined) continue;
        found.push({
          severity: 'warning',
          code: 'F005',
          message: `"${view.name}" keeps an entry for every ${culprit.name}, for ever`,
          hint: "bound it by time below the aggregate (WHERE ts >= now() - INTERVAL '28 days'), or group by something that repeats",
          span: culprit.span ?? node.span ?? view.span,
        });
      }
    }
    return found;
  },
};

/** A group key, or the argument of a distinct or collecting call, that takes a new value with every event. */
function perEvent(node: AggregateNode, pipeline: Pipeline): { name: string; span: Expr['span'] } | undefined {
  const collected = node.calls
    .filter((c) => c.distinct || c.name === 'array_agg' || c.name === 'jsonb_agg')
    .flatMap((c) => c.args);
  for (const e of [...node.groupBy, ...collected]) {
    if (e.kind !== 'column') continue;
    let name: string | undefined;
    const sourceColumn = (source: string, column: number): void => {
      const def = pipeline.sources.find((s) => s.name === source);
      const c = def?.columns[column];
      if (c !== undefined && EVENT_ID.test(c.name)) name = c.name;
    };
    traceExpr(e, node.input, { sourceColumn }, { pipeline, throughViews: true, conditions: false });
    if (name !== undefined) return { name, span: e.span };
  }
  return undefined;
}

/** Is there a filter by the clock below, or a watermark that closes it, or a limit per group? */
function isBounded(node: PlanNode, pipeline: Pipeline): boolean {
  return allNodes(node).some((n) => {
    if (n.kind === 'top_n') return true;
    if (n.kind === 'scan') {
      const view = pipeline.views.find((v) => v.name === n.relation.name);
      return view !== undefined && (view.emitOnWindowClose || isBounded(view.plan, pipeline));
    }
    return n.kind === 'filter' && exprsOf(n).some((e) => someExpr(e, (x) => x.kind === 'now'));
  });
}
