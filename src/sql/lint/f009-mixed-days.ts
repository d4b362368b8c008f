import { usesNow } from '../../plan/clock-flow.ts';
import { inputsOf } from '../../plan/nodes.ts';
import type { PlanNode } from '../../plan/nodes.ts';
import type { Pipeline } from '../../plan/pipeline.ts';
import type { Expr, Span } from '../../plan/expr.ts';
import { children } from '../../plan/expr.ts';
import { renderExpr } from '../../plan/render-expr.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { allNodes, exprsOf, traceColumn } from './lineage.ts';
import type { LintRule } from './rule.ts';

/** `(ts AT TIME ZONE 'X')::date > CURRENT_DATE - 7` compares days of X with days of UTC. */
export const MIXED_DAYS: LintRule = {
  code: 'F009',
  about: 'days of one time zone compared with days of another; CURRENT_DATE is a day in UTC',
  fix: "take both days in one zone: (now() AT TIME ZONE 'X')::date instead of CURRENT_DATE",
  check(pipeline) {
    const found = new Map<string, Diagnostic>();
    for (const view of pipeline.views) {
      for (const pair of allNodes(view.plan).flatMap((node) => pairsOf(node, pipeline))) {
        const [left, right] = pair.sides.map(({ e, zoneOfColumn }) => dayZone(e, zoneOfColumn));
        if (left === undefined || right === undefined || sameZone(left, right)) continue;
        const [first, second] = pair.sides.map(({ e }) => e) as [Expr, Expr];
        const span = pair.span ?? view.span;
        const [local, other, zone] = left === UTC ? [second, first, right] : [first, second, left];
        const otherZone = local === first ? right : left;
        const now = usesNow(other) ? 'now()' : 'the other time';
        found.set(`${span.file}:${span.start}`, {
          severity: 'warning',
          code: 'F009',
          message: `${renderExpr(local)} is a day in ${zone}, and ${renderExpr(other)} is one in ${otherZone}: they differ for some hours of each day`,
          hint: `take both in one zone: (${now} AT TIME ZONE ${zone})::date; if this is meant, write -- freshet:allow F009`,
          span,
        });
      }
    }
    return [...found.values()];
  },
};

const UTC = 'UTC';

type ZoneOfColumn = (index: number) => string | undefined;

/** Two expressions that are compared or subtracted, and the span of that operation. */
interface Pair {
  readonly sides: readonly { readonly e: Expr; readonly zoneOfColumn: ZoneOfColumn }[];
  readonly span: Span | undefined;
}

function pairsOf(node: PlanNode, pipeline: Pipeline): Pair[] {
  const over =
    (input: PlanNode): ZoneOfColumn =>
    (index) =>
      dayZoneOfColumn(input, index, pipeline);
  if (node.kind !== 'join') {
    const [input] = inputsOf(node);
    const zoneOfColumn = input === undefined ? () => undefined : over(input);
    return exprsOf(node).flatMap((e) => pairsIn(e, zoneOfColumn));
  }
  const [left, right] = [over(node.left), over(node.right)];
  const width = node.left.columns.length;
  const both: ZoneOfColumn = (index) => (index < width ? left(index) : right(index - width));
  return [
    ...node.leftKeys.map((e, i) => {
      const other = node.rightKeys[i]!;
      const sides = [
        { e, zoneOfColumn: left },
        { e: other, zoneOfColumn: right },
      ];
      return { sides, span: e.span ?? other.span };
    }),
    ...(node.residual === undefined ? [] : pairsIn(node.residual, both)),
  ];
}

function pairsIn(e: Expr, zoneOfColumn: ZoneOfColumn): Pair[] {
  const below = children(e).flatMap((c) => pairsIn(c, zoneOfColumn));
  const sides =
    e.kind === 'compare' || e.kind === 'distinct_from'
      ? [e.left, e.right]
      : e.kind === 'call' && (e.fn.name === '-' || e.fn.name === 'age') && e.args.every(isDay)
        ? e.args
        : [];
  if (sides.length !== 2) return below;
  return [{ sides: sides.map((side) => ({ e: side, zoneOfColumn })), span: e.span }, ...below];
}

/** Returns the zone of a column that a view or an inner query below turned into a day; undefined if there is none. */
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
 * Returns the zone, as SQL, in which an expression is a day; undefined if it is no day, or if its zone is unknown: a
 * plain TIMESTAMP or DATE column has the zone that its producer chose.
 */
function dayZone(e: Expr, zoneOfColumn: ZoneOfColumn): string | undefined {
  if (e.kind === 'column') return zoneOfColumn(e.index);
  if (e.kind === 'cast') {
    if (e.type.kind === 'date' && e.arg.type.kind !== 'date') return wallZone(e.arg);
    return isDay(e) && isDay(e.arg) ? dayZone(e.arg, zoneOfColumn) : undefined;
  }
  if (e.kind !== 'call') return undefined;
  const [first, second] = e.args;
  if (e.fn.name === 'date_trunc' && second !== undefined) {
    const whole =
      first!.kind === 'const' && /^(?:day|week|month|quarter|year)s?$/i.test(String(first!.value));
    const zone = e.args[2];
    return whole ? (zone === undefined ? wallZone(second) : zoneName(zone)) : undefined;
  }
  if ((e.fn.name === '+' || e.fn.name === '-') && second !== undefined && !isDay(second)) {
    return dayZone(first!, zoneOfColumn);
  }
  return undefined;
}

const isDay = (e: Expr): boolean => ['date', 'timestamp', 'timestamptz'].includes(e.type.kind);

/** Returns the zone, as SQL, whose wall time a timestamp shows; undefined if it is unknown. */
function wallZone(e: Expr): string | undefined {
  // A TIMESTAMPTZ becomes a day in the zone of the session, which is UTC.
  if (e.type.kind === 'timestamptz') return UTC;
  if (e.kind === 'cast') return e.arg.type.kind === 'timestamptz' ? UTC : wallZone(e.arg);
  if (e.kind !== 'call') return undefined;
  if (e.fn.name === 'timezone') return zoneName(e.args[0]!);
  const time = e.args.find((x) => x.type.kind === 'timestamp' || x.type.kind === 'timestamptz');
  return time === undefined ? undefined : wallZone(time);
}

function zoneName(zone: Expr): string {
  const text = renderExpr(zone);
  return /^'(?:(?:etc\/)?(?:utc|gmt|uct|zulu|universal|greenwich)|z|[+-]00(?::?00)?)'$/i.test(text)
    ? UTC
    : text;
}

/** Names of zones are case-insensitive. */
function sameZone(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
