import { children } from '../../plan/expr.ts';
import type { CallExpr, Expr } from '../../plan/expr.ts';
import type { PlanNode } from '../../plan/nodes.ts';
import { renderExpr } from '../../plan/render-expr.ts';
import { sameExpr } from '../bind/expr-key.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { allNodes, exprsOf } from './lineage.ts';
import type { LintRule } from './rule.ts';

/** `SUM(seconds) / 60` of whole numbers is a whole number: 119 seconds are 1 minute. */
export const INTEGER_DIVISION: LintRule = {
  code: 'F010',
  about: 'whole numbers divided by each other: the rest is lost',
  fix: 'divide by 60.0, or cast one side; say that it is meant with floor(a / b)',
  check(pipeline) {
    const found = new Map<string, Diagnostic>();
    for (const view of pipeline.views) {
      for (const node of allNodes(view.plan)) {
        const exprs = valuesOf(node);
        const all = exprs.flatMap(divisionsLosing);
        // Minutes and seconds: a / 60 beside a % 60.
        const kept = exprs.flatMap((e) => callsOf(e, '%'));
        for (const division of all) {
          if (kept.some((k) => k.args.every((arg, i) => sameExpr(whole(arg), whole(division.args[i]!)))))
            continue;
          const span = division.span ?? view.span;
          const [, divisor] = division.args;
          const other = whole(divisor!);
          const exact = other.kind === 'const' ? `${renderExpr(other)}.0` : '...::numeric';
          found.set(`${span.file}:${span.start}`, {
            severity: 'warning',
            code: 'F010',
            message: 'this divides a whole number by a whole number, so the rest is lost',
            hint: `to keep it: / ${exact}; if a whole number is meant: floor(...), or -- freshet:allow F010`,
            span,
          });
        }
      }
    }
    return [...found.values()];
  },
};

/** From narrow to wide. */
const WHOLE = ['smallint', 'integer', 'bigint'];
const isWhole = (e: Expr): boolean => WHOLE.includes(e.type.kind);

/** What of a node is a value or a condition. What groups rows may well be a bucket: GROUP BY minute / 5. */
function valuesOf(node: PlanNode): readonly Expr[] {
  if (node.kind !== 'aggregate') return exprsOf(node);
  return exprsOf(node).slice(node.groupBy.length);
}

/** The divisions of whole numbers in an expression, without those that say themselves that the rest is to go. */
function divisionsLosing(e: Expr): CallExpr[] {
  if (e.kind === 'call' && (e.fn.name === 'floor' || e.fn.name === 'trunc')) {
    return meant(e.args[0]!);
  }
  // The start of a bucket: a / 5 * 5.
  if (e.kind === 'call' && e.fn.name === '*') {
    const [left, right] = [whole(e.args[0]!), whole(e.args[1]!)];
    if (isDivisionBy(left, right)) return meant(left);
    if (isDivisionBy(right, left)) return meant(right);
  }
  // Casts that nobody wrote only widen.
  if (e.kind === 'cast' && isWhole(e) && WHOLE.indexOf(e.type.kind) < WHOLE.indexOf(e.arg.type.kind)) {
    return meant(e.arg);
  }
  const below = children(e).flatMap(divisionsLosing);
  return isDivision(e) && !isOne(e.args[1]!) ? [e, ...below] : below;
}

/** What is below a division that is meant. */
function meant(e: Expr): CallExpr[] {
  const inner = uncast(e);
  return (isDivision(inner) ? children(inner) : [inner]).flatMap(divisionsLosing);
}

function isDivision(e: Expr): e is CallExpr {
  return e.kind === 'call' && e.fn.name === '/' && e.args.every(isWhole);
}

function isDivisionBy(e: Expr, divisor: Expr): boolean {
  return isDivision(e) && sameExpr(whole(e.args[1]!), divisor);
}

function isOne(e: Expr): boolean {
  const c = whole(e);
  return c.kind === 'const' && (Number(c.value) === 1 || Number(c.value) === -1);
}

const uncast = (e: Expr): Expr => (e.kind === 'cast' ? uncast(e.arg) : e);

/** Without casts from one whole type to another, which change no value. */
function whole(e: Expr): Expr {
  return e.kind === 'cast' && isWhole(e) && isWhole(e.arg) ? whole(e.arg) : e;
}

function callsOf(e: Expr, name: string): CallExpr[] {
  const below = children(e).flatMap((c) => callsOf(c, name));
  return e.kind === 'call' && e.fn.name === name ? [e, ...below] : below;
}
