import type { Expr } from '../../plan/expr.ts';
import { someExpr } from '../../plan/expr.ts';
import { inputsOf } from '../../plan/nodes.ts';
import type { AggregateCall, AggregateNode, PlanNode } from '../../plan/nodes.ts';
import { onlyAppends } from '../../plan/pipeline.ts';
import type { Pipeline } from '../../plan/pipeline.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { allNodes, traceExpr } from './lineage.ts';
import { clockBounds } from './rolling-bound.ts';
import type { LintRule } from './rule.ts';

/** Names of columns that are different in every event. */
const EVENT_ID = /^(event_?id|message_?id|request_?id|uuid|guid|_rw_\w+_(offset|timestamp))$/;

/** What grows, and where it is written. */
interface Culprit {
  readonly name: string;
  readonly span: Expr['span'];
  readonly instead: string;
}

/** A group per event is state that grows with every event and never shrinks. */
export const GROWING_STATE: LintRule = {
  code: 'F005',
  about: 'state with an entry per event that nothing ever removes',
  fix: 'bound it by time below the aggregate: WHERE ts >= now() - INTERVAL ..., or group by something that repeats',
  check(pipeline) {
    const found: Diagnostic[] = [];
    for (const view of pipeline.views) {
      for (const node of allNodes(view.plan)) {
        const culprit = growing(node, pipeline);
        if (culprit === undefined) continue;
        found.push({
          severity: 'warning',
          code: 'F005',
          message: `"${view.name}" keeps an entry for every ${culprit.name}, for ever`,
          hint: `bound it by time below: WHERE ts >= now() - INTERVAL '28 days'; or ${culprit.instead}`,
          span: culprit.span ?? node.span ?? view.span,
        });
      }
    }
    return found;
  },
};

function growing(node: PlanNode, pipeline: Pipeline): Culprit | undefined {
  if (node.kind === 'top_n') {
    const culprit = perEvent(node.partitionBy, node.input, pipeline);
    return culprit !== undefined && !isBounded(node.input, pipeline) ? culprit : undefined;
  }
  if (node.kind !== 'aggregate') return undefined;
  const distinct = node.calls.filter((c) => c.distinct && !isPassing(c)).flatMap((c) => c.args);
  const culprit = perEvent([...node.groupBy, ...distinct], node.input, pipeline) ?? collected(node, pipeline);
  return culprit !== undefined && !isBounded(node.input, pipeline) ? culprit : undefined;
}

/** The expression that takes a new value with every event. */
function perEvent(exprs: readonly Expr[], input: PlanNode, pipeline: Pipeline): Culprit | undefined {
  for (const e of exprs) {
    if (!isKept(e)) continue;
    let name: string | undefined;
    const sourceColumn = (source: string, column: number): void => {
      const def = pipeline.sources.find((s) => s.name === source);
      const c = def?.columns[column];
      if (c !== undefined && EVENT_ID.test(c.name)) name = c.name;
    };
    traceExpr(e, input, { sourceColumn }, { pipeline, throughViews: true, conditions: false });
    if (name !== undefined) return { name, span: e.span, instead: 'group by something that repeats' };
  }
  return undefined;
}

/** Does an expression have as many values as its column? */
function isKept(e: Expr): boolean {
  if (e.kind === 'column') return true;
  if (e.kind === 'cast') return isKept(e.arg);
  const keeping = e.kind === 'call' && ['lower', 'upper', 'trim', '||', 'concat'].includes(e.fn.name);
  return keeping && e.args.some(isKept);
}

/** Does its own filter let go what it has counted? */
function isPassing({ filter }: AggregateCall): boolean {
  return filter !== undefined && takesAway(filter);
}

const COLLECTING = ['array_agg', 'string_agg', 'jsonb_agg', 'jsonb_object_agg'];

/** An aggregate that keeps what every event has: a list of all of them. */
function collected(node: AggregateNode, pipeline: Pipeline): Culprit | undefined {
  const call = node.calls.find((c) => COLLECTING.includes(c.name) && !c.distinct && !isPassing(c));
  return call !== undefined && hasEvents(node.input, pipeline)
    ? { name: 'event', span: call.span, instead: 'take the last few: ROW_NUMBER() <= n in a sub-select' }
    : undefined;
}

/** Is a row of this plan an event, of which there are ever more? */
function hasEvents(node: PlanNode, pipeline: Pipeline): boolean {
  if (node.kind === 'scan') {
    const source = pipeline.sources.find((s) => s.name === node.relation.name);
    if (source !== undefined) return onlyAppends(source) && source.primaryKey.length === 0;
    const view = pipeline.views.find((v) => v.name === node.relation.name);
    return view !== undefined && hasEvents(view.plan, pipeline);
  }
  if (node.kind === 'aggregate' || node.kind === 'top_n') return false;
  return inputsOf(node).some((input) => hasEvents(input, pipeline));
}

/** Is there a filter by the clock below, or a watermark that closes it, or a limit per group? */
function isBounded(node: PlanNode, pipeline: Pipeline): boolean {
  return allNodes(node).some((n) => {
    if (n.kind === 'top_n') return perEvent(n.partitionBy, n.input, pipeline) === undefined;
    if (n.kind === 'scan') {
      const view = pipeline.views.find((v) => v.name === n.relation.name);
      return view !== undefined && (view.emitOnWindowClose || isBounded(view.plan, pipeline));
    }
    return n.kind === 'filter' && takesAway(n.predicate);
  });
}

/** Does a condition let rows go as time passes? `at < now()` only lets them in. */
function takesAway(e: Expr): boolean {
  if (e.kind === 'and') return e.args.some(takesAway);
  if (!someExpr(e, (x) => x.kind === 'now')) return false;
  const bound = e.kind === 'compare' || e.kind === 'not' ? clockBounds(e)[0] : undefined;
  return bound === undefined || (bound.op !== '<' && bound.op !== '<=');
}
