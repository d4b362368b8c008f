import type { Node } from '@pgsql/types';
import type { Span } from '../../../plan/expr.ts';
import type { SqlType } from '../../../values/types.ts';
import { locationOf } from '../../bind/expr-binder.ts';
import { aggregatesIn, clockIn, conditionsOf, hasColumn, itemsOf, operatorOf, selectsOf } from '../query.ts';
import type { Query } from '../query.ts';
import type { TargetInput } from '../target-rule.ts';
import { comparedTypes } from './bound-plan.ts';
import { courseOf } from './clock-course.ts';

/** Why RisingWave refuses a clock in a condition. */
export type ClockFault =
  /** Inside an aggregate of HAVING. */
  | 'aggregated'
  /** A second arm of an OR. */
  | 'second arm'
  /** Inside something that is no comparison. */
  | 'no comparison'
  /** Compared by `<>`, IS DISTINCT FROM, ANY or ALL. */
  | 'no order'
  /** NOT before the comparison. */
  | 'negated'
  /** A column on the same side, or none on the other. */
  | 'side'
  /** It falls while the clock rises. */
  | 'falling'
  /** It cannot be proved to rise. */
  | 'unknown'
  /** Compared with another type, which needs a cast. */
  | 'cast';

export interface ClockFinding {
  readonly fault: ClockFault;
  /** The place of the clock. */
  readonly span: Span;
}

interface Context {
  readonly query: Query;
  readonly types: ReadonlyMap<string, readonly SqlType[]>;
  readonly found: ClockFinding[];
}

/**
 * Returns each clock in WHERE, HAVING and ON that RisingWave refuses, and why. As there, a condition is split at AND
 * and at one OR; each part with a clock must compare columns with an expression of the clock alone, which never falls.
 */
export function clockFindings({ queries, pipeline }: TargetInput): readonly ClockFinding[] {
  const types = comparedTypes(pipeline);
  return queries.flatMap((query) => {
    const context: Context = { query, types, found: [] };
    for (const select of selectsOf(query.select)) {
      for (const condition of conditionsOf(select)) {
        if (condition !== undefined) checkCondition(condition, false, context);
      }
    }
    return context.found;
  });
}

function report(fault: ClockFault, part: Node, { query, found }: Context): void {
  const clock = clockIn(part);
  if (clock !== undefined) found.push({ fault, span: query.slice.spanAt(locationOf(clock)) });
}

function checkCondition(node: Node, negated: boolean, context: Context): void {
  if (clockIn(node) === undefined) return;
  const inAggregate = aggregatesIn(node).find((a) => clockIn(a) !== undefined);
  if (inAggregate !== undefined) {
    report('aggregated', inAggregate, context);
    return;
  }
  if ('BoolExpr' in node) {
    const { boolop, args = [] } = node.BoolExpr;
    if (boolop === 'NOT_EXPR') checkCondition(args[0]!, !negated, context);
    else if ((boolop === 'AND_EXPR') !== negated) args.forEach((a) => checkCondition(a, negated, context));
    else checkArms(args, negated, context);
    return;
  }
  if (!('A_Expr' in node)) {
    report('no comparison', node, context);
    return;
  }
  const { kind, lexpr, rexpr } = node.A_Expr;
  if (negated && kind !== 'AEXPR_NOT_BETWEEN' && kind !== 'AEXPR_BETWEEN') {
    report('negated', node, context);
    return;
  }
  switch (kind) {
    case 'AEXPR_OP':
      checkComparison(operatorOf(node) ?? '', [lexpr, rexpr], node, context);
      return;
    case 'AEXPR_BETWEEN':
    case 'AEXPR_NOT_BETWEEN': {
      // NOT BETWEEN is an OR of two comparisons; NOT before either form stays as it is.
      if (negated) report('negated', node, context);
      else if (kind === 'AEXPR_NOT_BETWEEN' && clocksIn(itemsOf(rexpr)).length > 1)
        report('second arm', clocksIn(itemsOf(rexpr))[1]!, context);
      else itemsOf(rexpr).forEach((item) => checkComparison('<=', [lexpr, item], node, context));
      return;
    }
    case 'AEXPR_IN':
      checkIn(node, context);
      return;
    default:
      report('no order', node, context);
  }
}

/** Checks `x IN (...)`, an OR of comparisons with the items. */
function checkIn(node: Node, context: Context): void {
  if (!('A_Expr' in node)) return;
  const { lexpr, rexpr } = node.A_Expr;
  const clocks = clocksIn(itemsOf(rexpr));
  if (operatorOf(node) !== '=') report('no order', node, context);
  else if (clocks.length > 1) report('second arm', clocks[1]!, context);
  else if (clocks.length === 0) report('side', node, context);
  else checkComparison('=', [lexpr, clocks[0]], node, context);
}

/** Checks the arms of an OR. A condition that every arm has is taken out of all of them first. */
function checkArms(arms: readonly Node[], negated: boolean, context: Context): void {
  const split = arms.map((arm) => conjunctsOf(arm, negated));
  const common = split[0]!.filter((c) => split.every((own) => own.some((o) => sameNode(o, c))));
  common.forEach((c) => checkCondition(c, negated, context));
  const rest = split.map((own) => own.filter((o) => !common.some((c) => sameNode(o, c))));
  const withClock = rest.filter((own) => clocksIn(own).length > 0);
  const second = withClock[1];
  if (second !== undefined) {
    report('second arm', clocksIn(second)[0]!, context);
    return;
  }
  withClock[0]?.forEach((c) => checkCondition(c, negated, context));
}

function conjunctsOf(node: Node, negated: boolean): readonly Node[] {
  const and = negated ? 'OR_EXPR' : 'AND_EXPR';
  const isAnd = 'BoolExpr' in node && node.BoolExpr.boolop === and;
  return isAnd ? (node.BoolExpr.args ?? []).flatMap((a) => conjunctsOf(a, negated)) : [node];
}

function clocksIn(nodes: readonly Node[]): readonly Node[] {
  return nodes.filter((n) => clockIn(n) !== undefined);
}

/** Returns whether two parts of a parse tree differ in their places at most. */
function sameNode(a: Node, b: Node): boolean {
  const text = (n: Node): string =>
    JSON.stringify(n, (key, value: unknown) => (key === 'location' ? 0 : value));
  return text(a) === text(b);
}

const ORDERS: ReadonlySet<string> = new Set(['=', '<', '<=', '>', '>=']);

/** Checks a comparison. `node` is the part of the condition that it stands for. */
function checkComparison(
  op: string,
  sides: readonly (Node | undefined)[],
  node: Node,
  context: Context,
): void {
  const clocks = clocksIn(sides.filter((s) => s !== undefined));
  const [clock] = clocks;
  if (clock === undefined) return;
  const isComparison = ORDERS.has(op) || op === '<>' || op === '!=';
  if (!isComparison) return report('no comparison', node, context);
  if (sides.some((s) => s !== undefined && clockIn(s) !== undefined && hasColumn(s)))
    return report('side', clock, context);
  if (clocks.length > 1 || !sides.some((s) => s !== undefined && hasColumn(s)))
    return report('side', clock, context);
  if (!ORDERS.has(op)) return report('no order', clock, context);
  const { course, type } = courseOf(clock);
  if (course === 'falling') return report('falling', clock, context);
  if (course !== 'rising') return report('unknown', clock, context);
  const { start, file } = context.query.slice.spanAt(locationOf(node));
  const compared = context.types.get(`${file}:${start}`) ?? [];
  const isCast = compared.length > 0 && compared.every((t) => t.kind !== type);
  if (isCast) report('cast', clock, context);
}
