import { usesNow } from '../../../plan/clock-flow.ts';
import { children, someExpr } from '../../../plan/expr.ts';
import type { Expr } from '../../../plan/expr.ts';
import { isTested, neverNull } from '../../../plan/never-null.ts';
import { inputsOf } from '../../../plan/nodes.ts';
import type { AggregateCall, PlanNode } from '../../../plan/nodes.ts';
import { onlyAppends } from '../../../plan/pipeline.ts';
import type { Pipeline } from '../../../plan/pipeline.ts';
import { allNodes, exprsOf } from '../../lint/lineage.ts';
import { differs } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';
import { planNodes } from './bound-plan.ts';

/** RisingWave keeps a sum without counting what it is made of. */
export const EMPTIED_SUM: TargetRule = {
  code: 'R030',
  about:
    'a SUM that is 0 in RisingWave, and NULL here, after the group has lost its last value that is not NULL',
  source:
    "RisingWave's src/expr/impl/src/aggregate/general.rs (sum), which keeps 0 after the last retraction",
  renderable: true,
  check: ({ pipeline }) => {
    const nodes = planNodes(pipeline);
    return nodes.flatMap((node) => {
      if (node.kind !== 'aggregate') return [];
      const readers = nodes.filter((n) => inputsOf(n).includes(node)).flatMap(exprsOf);
      return node.calls.flatMap((call, i) => {
        const isZero = readers.length > 0 && !readers.some((e) => readsNull(e, node.groupBy.length + i));
        if (isZero || !mayEmpty(call, node.input, pipeline) || call.span === undefined) return [];
        const hint =
          'where 0 and NULL must differ, write CASE WHEN COUNT(x) > 0 THEN SUM(x) END; elsewhere COALESCE(SUM(x), 0)';
        const message =
          'after the last value that is not NULL has left the group, SUM is 0 in RisingWave and NULL here';
        return [differs('R030', message, hint, call.span)];
      });
    });
  },
};

function mayEmpty(call: AggregateCall, input: PlanNode, pipeline: Pipeline): boolean {
  const [arg] = call.args;
  if (call.name !== 'sum' || arg === undefined) return false;
  if (turnsNull(arg) || (call.filter !== undefined && usesNow(call.filter))) return true;
  return (call.filter !== undefined || mayBeNull(arg, input, pipeline)) && rowsLeave(input, pipeline);
}

/** Returns whether an expression reads a column otherwise than as COALESCE(column, 0). */
function readsNull(e: Expr, column: number): boolean {
  if (e.kind === 'column') return e.index === column;
  if (e.kind === 'case') {
    // CASE WHEN COUNT(x) > 0 THEN SUM(x) END tells 0 from NULL.
    const read = e.arms.flatMap(({ when, then }) => (isCounted(when) ? [when] : [when, then]));
    return [...read, e.otherwise].some((c) => readsNull(c, column));
  }
  if (e.kind !== 'coalesce') return children(e).some((c) => readsNull(c, column));
  const [first, second] = e.args.map((a) => (a.kind === 'cast' ? a.arg : a));
  const isColumn = first?.kind === 'column' && first.index === column;
  const isZero = second?.kind === 'const' && (second.value === 0 || second.value === 0n);
  return !(isColumn && isZero) && children(e).some((c) => readsNull(c, column));
}

function isCounted(when: Expr): boolean {
  if (when.kind !== 'compare' || when.op !== '>') return false;
  const { left, right } = when;
  return left.kind === 'column' && right.kind === 'const' && (right.value === 0n || right.value === 0);
}

/** Returns whether a value over the rows of `input` may be NULL, if no arithmetic overflows. */
function mayBeNull(e: Expr, input: PlanNode, pipeline: Pipeline): boolean {
  if (!e.nullable) return false;
  const planOf = (name: string): PlanNode | undefined => pipeline.views.find((v) => v.name === name)?.plan;
  if (e.kind === 'column') return !neverNull(input, e.index, planOf);
  const may = (part: Expr): boolean => mayBeNull(part, input, pipeline);
  if (e.kind === 'cast') return may(e.arg);
  if (e.kind === 'call' && ['+', '-', '*'].includes(e.fn.name)) return e.args.some(may);
  if (e.kind !== 'case') return true;
  return e.arms.some((arm) => !isTested(arm) && may(arm.then)) || may(e.otherwise);
}

/** Returns whether the clock turns a value into NULL: a CASE without ELSE does. */
function turnsNull(e: Expr): boolean {
  const isNull = (part: Expr): boolean => part.kind === 'const' && part.value === null;
  return someExpr(e, (x) => {
    if (x.kind !== 'case' || !usesNow(x)) return false;
    return isNull(x.otherwise) || x.arms.some((arm) => isNull(arm.then));
  });
}

/** Returns whether rows may leave a plan. Updates of groups that only grow are no reason: their values stay. */
function rowsLeave(node: PlanNode, pipeline: Pipeline): boolean {
  switch (node.kind) {
    case 'scan': {
      const source = pipeline.sources.find((s) => s.name === node.relation.name);
      const view = pipeline.views.find((v) => v.name === node.relation.name);
      if (source !== undefined) return !onlyAppends(source);
      return view !== undefined && rowsLeave(view.plan, pipeline);
    }
    case 'filter':
      return usesNow(node.predicate) || changes(node.input) || rowsLeave(node.input, pipeline);
    case 'project':
      return node.exprs.some(turnsNull) || rowsLeave(node.input, pipeline);
    case 'aggregate':
      return node.groupBy.some(usesNow) || rowsLeave(node.input, pipeline);
    case 'join':
      return rowsLeave(node.left, pipeline) || rowsLeave(node.right, pipeline);
    case 'union_all':
      return node.inputs.some((input) => rowsLeave(input, pipeline));
    case 'top_n':
      return true;
    case 'values':
      return false;
  }
}

/** Returns whether rows of a plan change, so that a condition on them may cease to hold. */
function changes(node: PlanNode): boolean {
  return allNodes(node).some((n) => n.kind === 'aggregate');
}
