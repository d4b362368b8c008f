import type { Expr } from '../../plan/expr.ts';
import type { PlanNode } from '../../plan/nodes.ts';
import type { Pipeline } from '../../plan/pipeline.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { traceColumn } from './lineage.ts';
import { clockBounds, isRolling } from './rolling-bound.ts';
import type { ClockBound } from './rolling-bound.ts';
import type { LintRule } from './rule.ts';

/** `n_7d`, `last_7_days`, `minutes_2w`, `7d_total`. */
const DAYS_IN_NAME = /(?<!\d)(\d{1,3})_?(?:(d|days?)|w|weeks?)(?![a-z0-9])/gi;

/** `>= CURRENT_DATE - 7 days` covers today and the seven days before it: eight days. */
export const WINDOW_DAYS: LintRule = {
  code: 'F001',
  about: 'a window that covers one calendar day more than its column name says',
  fix: 'count today: the last 7 days are today and the 6 before, day > CURRENT_DATE - 7 or at >= CURRENT_DATE - 6',
  check(pipeline) {
    const found = new Map<string, Diagnostic>();
    for (const view of pipeline.views) {
      view.columns.forEach((column, i) => {
        const named = [...column.name.matchAll(DAYS_IN_NAME)].map(
          ([, n, isDays]) => Number(n) * (isDays === undefined ? 7 : 1),
        );
        if (named.length === 0) return;
        const bounds: (ClockBound & { readonly covers: number })[] = [];
        const expr = (e: Expr, input: PlanNode): void => {
          for (const b of clockBounds(e)) bounds.push({ ...b, covers: daysCovered(b, input, pipeline) });
        };
        traceColumn(view.plan, i, { expr }, { pipeline, throughViews: true, conditions: true });
        // A window of the last whole days excludes today, and reaches back one day more on purpose.
        if (bounds.some(leavesTodayOut)) return;
        for (const b of bounds) {
          const days = b.covers - 1;
          if (!isRolling(b) || !b.fromMidnight || !named.includes(days)) continue;
          // A narrower bound beside this one decides.
          if (bounds.some((other) => isRolling(other) && other.covers <= days)) continue;
          const span = b.compare.span ?? view.span;
          const at = `${span.file}:${span.start}`;
          if (!found.has(at)) found.set(at, { ...finding(column.name, days, b), span });
        }
      });
    }
    return [...found.values()];
  },
};

function finding(name: string, days: number, b: ClockBound): Omit<Diagnostic, 'span'> {
  const today = b.zone === undefined ? 'CURRENT_DATE' : `(now() AT TIME ZONE ${b.zone})::date`;
  const value = b.value.kind === 'column' ? `${b.value.name} ` : '';
  const less = b.asInteger ? `${days - 1}` : `INTERVAL '${days - 1} day${days === 2 ? '' : 's'}'`;
  return {
    severity: 'warning',
    code: 'F001',
    message: `"${name}" covers ${days + 1} calendar days: today and the ${days === 1 ? 'day' : `${days} days`} before`,
    hint: `for ${days === 1 ? '1 day' : `${days} days`} including today, write ${value}>= ${today}${days === 1 ? '' : ` - ${less}`}`,
  };
}

/** Returns how many calendar days a lower bound lets through, including today. */
function daysCovered(b: ClockBound, input: PlanNode, pipeline: Pipeline): number {
  return b.op === '>' && isWholeDay(b.value, input, pipeline) ? b.days : b.days + 1;
}

function leavesTodayOut({ op, days, fromMidnight }: ClockBound): boolean {
  if (!fromMidnight) return false;
  return (op === '<' && days >= 0) || (op === '<=' && days >= 1) || (op === '<>' && days === 0);
}

/** Returns whether a time is always the start of a day. Otherwise `>` also lets through the rest of the bound's day. */
function isWholeDay(e: Expr, input: PlanNode, pipeline: Pipeline): boolean {
  if (e.type.kind === 'date') return true;
  if (e.kind === 'cast') return isWholeDay(e.arg, input, pipeline);
  if (e.kind === 'call' && e.fn.name === 'date_trunc') {
    const [unit] = e.args;
    return unit!.kind === 'const' && /^(?:day|week|month|quarter|year)s?$/i.test(String(unit!.value));
  }
  if (e.kind !== 'column') return false;
  let made: { readonly e: Expr; readonly input: PlanNode } | undefined;
  const expr = (of: Expr, over: PlanNode): void => {
    if (of.kind !== 'column') made ??= { e: of, input: over };
  };
  traceColumn(input, e.index, { expr }, { pipeline, throughViews: true, conditions: false });
  return made !== undefined && isWholeDay(made.e, made.input, pipeline);
}
