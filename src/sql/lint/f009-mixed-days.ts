import { usesNow } from '../../plan/clock-flow.ts';
import { inputsOf } from '../../plan/nodes.ts';
import type { PlanNode } from '../../plan/nodes.ts';
import type { Pipeline } from '../../plan/pipeline.ts';
import type { CompareExpr, Expr } from '../../plan/expr.ts';
import { children } from '../../plan/expr.ts';
import { renderExpr } from '../../plan/render-expr.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { allNodes, exprsOf, traceColumn } from './lineage.ts';
import type { LintRule } from './rule.ts';

/** `(ts AT TIME ZONE 'X')::date > CURRENT_DATE - 7` compares days of X with days of UTC. */
export const MIXED_DAYS: LintRule = {
  code: 'F009',
  about: 'days of one time zone compared with days of another, as CURRENT_DATE has those of UTC',
  fix: "take both days in one zone: (now() AT TIME ZONE 'X')::date instead of CURRENT_DATE",
  check(pipeline) {
    const found = new Map<string, Diagnostic>();
    for (const view of pipeline.views) {
      const compares = allNodes(view.plan).flatMap((node) =>
        exprsOf(node)
          .flatMap(comparisons)
          .map((e) => ({ e, inputs: inputsOf(node) })),
      );
      for (const { e, inputs } of compares) {
        const zoneOfColumn = (index: number): string | undefined =>
          inputs.length === 1 ? dayZoneOfColumn(inputs[0]!, index, pipeline) : undefined;
        const [left, right] = [dayZone(e.left, zoneOfColumn), dayZone(e.right, zoneOfColumn)];
        if (left === undefined || right === undefined || left === right) continue;
        const span = e.span ?? view.span;
        const [local, other, zone] = left === UTC ? [e.right, e.left, right] : [e.left, e.right, left];
        const otherZone = local === e.left ? right : left;
        const now = usesNow(other) ? 'now()' : 'the other time';
        found.set(`${span.file}:${span.start}`, {
          severity: 'warning',
          code: 'F009',
          message: `${renderExpr(local)} is a day in ${zone}, ${renderExpr(other)} one in ${otherZone}: they differ for some hours of each day`,
          hint: `take both in one zone: (${now} AT TIME ZONE ${zone})::date; if it is meant: -- freshet:allow F009`,
          span,
        });
      }
    }
    return [...found.values()];
  },
};

const UTC = 'UTC';

function comparisons(e: Expr): CompareExpr[] {
  const below = children(e).flatMap(comparisons);
  return e.kind === 'compare' ? [e, ...below] : below;
}

type ZoneOfColumn = (index: number) => string | undefined;

/** The zone of a column that another view, or an inner query, made a day. */
function dayZoneOfColumn(input: PlanNode, index: number, pipeline: Pipeline): string | undefined {
  let made: Expr | undefined;
  const visitor = {
    expr: (e: Expr): void => {
      if (e.kind !== 'column') made ??= e;
    },
  };
  traceColumn(input, index, visitor, { pipeline, throughViews: true, conditions: false });
  return made === undefined ? undefined : dayZone(made, () => undefined);
}

/**
 * The zone, as SQL, in whose days an expression counts; undefined where it counts in none, or where that cannot be
 * told: the days of a plain TIMESTAMP or DATE column are of the zone that its producer chose.
 */
function dayZone(e: Expr, zoneOfColumn: ZoneOfColumn): string | undefined {
  if (e.kind === 'column') return zoneOfColumn(e.index);
  if (e.kind === 'cast') {
    const zone = wallZone(e.arg);
    if (e.type.kind === 'date') return zone;
    return e.arg.type.kind === 'date' ? dayZone(e.arg, zoneOfColumn) : undefined;
  }
  if (e.kind !== 'call') return undefined;
  const [first, second] = e.args;
  if (e.fn.name === 'date_trunc' && second !== undefined && e.args.length === 2) {
    const whole =
      first!.kind === 'const' && /^(?:day|week|month|quarter|year)s?$/i.test(String(first!.value));
    return whole && second.type.kind === 'timestamp' ? wallZone(second) : undefined;
  }
  if ((e.fn.name === '+' || e.fn.name === '-') && second !== undefined && !isDay(second)) {
    return dayZone(first!, zoneOfColumn);
  }
  return undefined;
}

const isDay = (e: Expr): boolean => ['date', 'timestamp', 'timestamptz'].includes(e.type.kind);

/** The zone whose wall time a timestamp shows. */
function wallZone(e: Expr): string | undefined {
  // What is TIMESTAMPTZ becomes a day by the session's zone.
  if (e.type.kind === 'timestamptz') return UTC;
  if (e.kind === 'cast') return e.arg.type.kind === 'timestamptz' ? UTC : wallZone(e.arg);
  if (e.kind !== 'call') return undefined;
  if (e.fn.name === 'timezone') return zoneName(e.args[0]!);
  const time = e.args.find((x) => x.type.kind === 'timestamp' || x.type.kind === 'timestamptz');
  return time === undefined ? undefined : wallZone(time);
}

function zoneName(zone: Expr): string {
  const text = renderExpr(zone);
  return /^'(?:utc|gmt|etc\/utc|z|zulu)'$/i.test(text) ? UTC : text;
}
