import { children } from '../../plan/expr.ts';
import type { CallExpr, Expr, Span } from '../../plan/expr.ts';
import type { PlanNode } from '../../plan/nodes.ts';
import { renderExpr } from '../../plan/render-expr.ts';
import { sameExpr } from '../../plan/expr-key.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { allNodes, exprsOf } from './lineage.ts';
import type { LintRule } from './rule.ts';

/** `SUM(seconds) / 60` of integers is an integer: 119 seconds are 1 minute. */
export const INTEGER_DIVISION: LintRule = {
  code: 'F010',
  about: 'an integer divided by an integer: the fraction is lost',
  fix: 'divide by 60.0, or cast one side to NUMERIC; where an integer is meant, write floor(a / b)',
  check(pipeline) {
    const found = new Map<string, Diagnostic>();
    const look = (exprs: readonly Expr[], place: Span): void => {
      // The remainder is kept, as in minutes and seconds: a / 60 beside a % 60.
      const kept = exprs.flatMap(remaindersIn);
      for (const division of exprs.flatMap(divisionsLosing)) {
        const isKept = kept.some((k) => k.args.every((arg, i) => isSame(arg, division.args[i]!)));
        if (isKept) continue;
        const span = division.span ?? place;
        found.set(`${span.file}:${span.start}`, { ...finding(division), span });
      }
    };
    for (const source of pipeline.sources) {
      for (const { generated, span } of source.columns) if (generated !== undefined) look([generated], span);
    }
    for (const view of pipeline.views) {
      const buckets = new Set<Expr>();
      const nodes = allNodes(view.plan);
      for (const node of nodes) for (const e of bucketsBelow(node)) buckets.add(e);
      for (const node of nodes)
        look(
          valuesOf(node).filter((e) => !buckets.has(e)),
          view.span,
        );
    }
    return [...found.values()];
  },
};

function finding({ args }: CallExpr): Omit<Diagnostic, 'span'> {
  const divisor = whole(args[1]!);
  const exact = divisor.kind === 'const' ? `${renderExpr(divisor)}.0` : '...::numeric';
  return {
    severity: 'warning',
    code: 'F010',
    message: 'this divides an integer by an integer, so the fraction is lost',
    hint: `to keep it, write / ${exact}; if an integer is meant, write floor(...) or -- freshet:allow F010`,
  };
}

/** The integer types, from narrow to wide. */
const WHOLE = ['smallint', 'integer', 'bigint'];
const isWhole = (e: Expr): boolean => WHOLE.includes(e.type.kind);

/**
 * Returns the expressions of a node that are values or conditions. Keys of groups and joins are left out: they may be
 * buckets, as in GROUP BY minute / 5.
 */
function valuesOf(node: PlanNode): readonly Expr[] {
  switch (node.kind) {
    case 'aggregate':
      return exprsOf(node).slice(node.groupBy.length);
    case 'top_n':
      return exprsOf(node).slice(node.partitionBy.length);
    case 'join':
      return node.residual === undefined ? [] : [node.residual];
    default:
      return exprsOf(node);
  }
}

/** Returns the expressions of an inner query by which an aggregate groups. */
function bucketsBelow(node: PlanNode): readonly Expr[] {
  if (node.kind !== 'aggregate' || node.calls.length === 0) return [];
  let { input } = node;
  while (input.kind === 'filter') input = input.input;
  if (input.kind !== 'project') return [];
  const { exprs } = input;
  return node.groupBy.flatMap((key) => (key.kind === 'column' ? [exprs[key.index]!] : []));
}

/** Returns the integer divisions in an expression, without those whose form says that the fraction is to be dropped. */
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
  // Minutes of an hour: secs / 60 % 60, and secs % 3600 / 60.
  if (remainder(e) !== undefined) return children(e).flatMap(meant);
  if (isDivision(e) && isWholeRest(uncast(e.args[0]!), e.args[1]!)) return meant(e);
  // A cast to a narrower type is written by the user; those that the binder adds only widen.
  if (e.kind === 'cast' && isWhole(e) && WHOLE.indexOf(e.type.kind) < WHOLE.indexOf(e.arg.type.kind)) {
    return meant(e.arg);
  }
  const below = children(e).flatMap(divisionsLosing);
  return isDivision(e) && !isOne(e.args[1]!) ? [e, ...below] : below;
}

/** Returns the divisions below one that is meant. */
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

/** Returns the call if it is `a % b` or mod(a, b) of integers. */
function remainder(e: Expr): CallExpr | undefined {
  const is = e.kind === 'call' && (e.fn.name === '%' || e.fn.name === 'mod') && e.args.every(isWhole);
  return is ? e : undefined;
}

/** Returns whether an expression is a remainder, or a number less its remainder, (a - a % b), which b divides. */
function isWholeRest(e: Expr, divisor: Expr): boolean {
  if (remainder(e) !== undefined) return true;
  const [, taken] = e.kind === 'call' && e.fn.name === '-' ? e.args : [];
  const rest = taken === undefined ? undefined : remainder(uncast(taken));
  return rest !== undefined && isSame(rest.args[1]!, divisor);
}

/** Compares two expressions without regard to casts between integer types. */
const isSame = (a: Expr, b: Expr): boolean => sameExpr(whole(a), whole(b));

function isOne(e: Expr): boolean {
  const c = whole(e);
  return c.kind === 'const' && (Number(c.value) === 1 || Number(c.value) === -1);
}

const uncast = (e: Expr): Expr => (e.kind === 'cast' ? uncast(e.arg) : e);

/** Strips casts from one integer type to another, which change no value. */
function whole(e: Expr): Expr {
  return e.kind === 'cast' && isWhole(e) && isWhole(e.arg) ? whole(e.arg) : e;
}

function remaindersIn(e: Expr): CallExpr[] {
  const own = remainder(e);
  const below = children(e).flatMap(remaindersIn);
  return own === undefined ? below : [own, ...below];
}
