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

/** A pipeline, and what is known of its views. */
interface Facts {
  readonly pipeline: Pipeline;
  /** Is something below a view that lets its rows go? */
  readonly bounded: Map<string, boolean>;
  /** Are a view's rows events? */
  readonly events: Map<string, boolean>;
}

/** A group per event is state that grows with every event and never shrinks. */
export const GROWING_STATE: LintRule = {
  code: 'F005',
  about: 'state with an entry per event that nothing ever removes',
  fix: 'bound it by time below the aggregate: WHERE ts >= now() - INTERVAL ..., or group by something that repeats',
  check(pipeline) {
    const found: Diagnostic[] = [];
    const facts: Facts = { pipeline, bounded: new Map(), events: new Map() };
    for (const view of pipeline.views) {
      for (const node of allNodes(view.plan)) {
        const culprit = growing(node, facts);
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

function growing(node: PlanNode, facts: Facts): Culprit | undefined {
  if (node.kind === 'top_n') {
    const culprit = perEvent(node.partitionBy, node.input, facts);
    return culprit !== undefined && !isBounded(node.input, facts) ? culprit : undefined;
  }
  if (node.kind !== 'aggregate') return undefined;
  const distinct = node.calls.filter((c) => c.distinct && !isPassing(c)).flatMap((c) => c.args);
  const culprit = perEvent([...node.groupBy, ...distinct], node.input, facts) ?? collected(node, facts);
  return culprit !== undefined && !isBounded(node.input, facts) ? culprit : undefined;
}

/** The expression that takes a new value with every event. */
function perEvent(exprs: readonly Expr[], input: PlanNode, facts: Facts): Culprit | undefined {
  for (const e of exprs) {
    if (!isKept(e)) continue;
    let name: string | undefined;
    const sourceColumn = (source: string, column: number): void => {
      const def = facts.pipeline.sources.find((s) => s.name === source);
      const c = def?.columns[column];
      if (c !== undefined && EVENT_ID.test(c.name)) name = c.name;
    };
    traceExpr(
      e,
      input,
      { sourceColumn },
      { pipeline: facts.pipeline, throughViews: true, conditions: false },
    );
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
function collected(node: AggregateNode, facts: Facts): Culprit | undefined {
  const call = node.calls.find((c) => COLLECTING.includes(c.name) && !c.distinct && !isPassing(c));
  return call !== undefined && hasEvents(node.input, facts)
    ? { name: 'event', span: call.span, instead: 'take the last few: ROW_NUMBER() <= n in a sub-select' }
    : undefined;
}

/** Is a row of this plan an event, of which there are ever more? */
function hasEvents(node: PlanNode, facts: Facts): boolean {
  if (node.kind === 'scan') {
    const { name } = node.relation;
    const source = facts.pipeline.sources.find((s) => s.name === name);
    if (source !== undefined) return onlyAppends(source) && source.primaryKey.length === 0;
    return ofView(name, facts, facts.events, (plan) => hasEvents(plan, facts));
  }
  if (node.kind === 'aggregate' || node.kind === 'top_n') return false;
  return inputsOf(node).some((input) => hasEvents(input, facts));
}

/** Is there a filter by the clock below, or a watermark that closes it, or a limit per group? */
function isBounded(node: PlanNode, facts: Facts): boolean {
  return allNodes(node).some((n) => {
    if (n.kind === 'top_n') return perEvent(n.partitionBy, n.input, facts) === undefined;
    if (n.kind === 'scan') {
      const { name } = n.relation;
      return ofView(name, facts, facts.bounded, (plan, closes) => closes || isBounded(plan, facts));
    }
    return n.kind === 'filter' && takesAway(n.predicate);
  });
}

/** What holds of a view, looked up once. */
function ofView(
  name: string,
  { pipeline }: Facts,
  known: Map<string, boolean>,
  holds: (plan: PlanNode, closesWindows: boolean) => boolean,
): boolean {
  const view = pipeline.views.find((v) => v.name === name);
  const answer = known.get(name) ?? (view !== undefined && holds(view.plan, view.emitOnWindowClose));
  known.set(name, answer);
  return answer;
}

/** Does a condition let rows go as time passes? `at < now()` only lets them in. */
function takesAway(e: Expr): boolean {
  if (e.kind === 'and') return e.args.some(takesAway);
  if (!someExpr(e, (x) => x.kind === 'now')) return false;
  const bound = e.kind === 'compare' || e.kind === 'not' ? clockBounds(e)[0] : undefined;
  return bound === undefined || (bound.op !== '<' && bound.op !== '<=');
}
