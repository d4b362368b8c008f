import type { Diagnostic } from '../diagnostic.ts';
import { traceColumn } from './lineage.ts';
import { rollingBounds } from './rolling-bound.ts';
import type { LintRule } from './rule.ts';

const DAYS_IN_NAME = /_(\d{1,3})_?d(?:ays?)?$/;

/** `>= CURRENT_DATE - 7 days` is today and the seven days before: eight. */
export const WINDOW_DAYS: LintRule = {
  code: 'F001',
  about: 'a window that covers one calendar day more than its column name says',
  fix: 'count today: the last 7 days are today and the 6 before, > CURRENT_DATE - 7',
  check(pipeline) {
    const found = new Map<string, Diagnostic>();
    for (const view of pipeline.views) {
      view.columns.forEach((column, i) => {
        const days = Number(DAYS_IN_NAME.exec(column.name)?.[1] ?? Number.NaN);
        if (Number.isNaN(days)) return;
        const expr = (e: Parameters<typeof rollingBounds>[0]): void => {
          for (const b of rollingBounds(e)) {
            if (!b.inclusive || !b.fromMidnight || b.days !== days) continue;
            const span = b.compare.span ?? view.span;
            const at = `${span.file}:${span.start}`;
            if (found.has(at)) continue;
            const less = b.asInteger
              ? `CURRENT_DATE - ${days - 1}`
              : `CURRENT_DATE - INTERVAL '${days - 1} days'`;
            found.set(at, {
              severity: 'warning',
              code: 'F001',
              message: `"${column.name}" covers ${days + 1} calendar days: today and the ${days} before`,
              hint: `for ${days} days with today write >= ${less}`,
              span,
            });
          }
        };
        traceColumn(view.plan, i, { expr }, { pipeline, throughViews: false, conditions: true });
      });
    }
    return [...found.values()];
  },
};
