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

/** What grows, where the SQL says so, and what to do instead. */
interface Culprit {
  readonly name: string;
  readonly span: Expr['span'];
  readonly instead: string;
}

/** A pipeline, with answers about its views that were found before. */
interface Facts {
  readonly pipeline: Pipeline;
  /** By view: whether something in or below it removes rows as time passes. */
  readonly bounded: Map<string, boolean>;
  /** By view: whether its rows are events. */
  readonly events: Map<string, boolean>;
}

/** One group per event is state that grows with every event and never shrinks. */
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
          hint: `bound its input by time: WHERE ts >= now() - INTERVAL '28 days'; or ${culprit.instead}`,
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

/** Returns the first expression that takes a new value with every event; undefined if there is none. */
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

/** Returns whether an expression has as many different values as its column. */
function isKept(e: Expr): boolean {
  if (e.kind === 'column') return true;
  if (e.kind === 'cast') return isKept(e.arg);
  const keeping = e.kind === 'call' && ['lower', 'upper', 'trim', '||', 'concat'].includes(e.fn.name);
  return keeping && e.args.some(isKept);
}

/** Returns whether the call's own FILTER removes what it has counted as time passes. */
function isPassing({ filter }: AggregateCall): boolean {
  return filter !== undefined && takesAway(filter);
}

const COLLECTING = ['array_agg', 'string_agg', 'jsonb_agg', 'jsonb_object_agg'];

/** Returns the aggregate that keeps a value of every event in a list; undefined if there is none. */
function collected(node: AggregateNode, facts: Facts): Culprit | undefined {
  const call = node.calls.find((c) => COLLECTING.includes(c.name) && !c.distinct && !isPassing(c));
  return call !== undefined && hasEvents(node.input, facts)
    ? { name: 'event', span: call.span, instead: 'collect the last few: ROW_NUMBER() <= n in a sub-select' }
    : undefined;
}

/** Returns whether the rows of a plan are events, whose number only grows. */
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

/** Returns whether a filter by the clock, a view that closes its windows, or a limit per group bounds a plan's rows. */
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

/** Returns what `holds` says of a view; `known` keeps the answer. */
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

/** Returns whether a condition removes rows as time passes. `at < now()` only lets rows in. */
function takesAway(e: Expr): boolean {
  if (e.kind === 'and') return e.args.some(takesAway);
  if (!someExpr(e, (x) => x.kind === 'now')) return false;
  const bound = e.kind === 'compare' || e.kind === 'not' ? clockBounds(e)[0] : undefined;
  return bound === undefined || (bound.op !== '<' && bound.op !== '<=');
}
