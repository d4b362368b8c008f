import type { Diagnostic } from '../diagnostic.ts';
import { allNodes, exprsOf, sourcesUnder } from './lineage.ts';
import { rollingBounds } from './rolling-bound.ts';
import type { LintRule } from './rule.ts';

/** Finds sources that start at the end of their topic and feed a long window, which then takes days to fill. */
export const LATEST_START: LintRule = {
  code: 'F004',
  about: "a source with scan.startup.mode = 'latest' that feeds a window of more than a day",
  fix:
    "use scan.startup.mode = 'earliest'; the option applies to the first start only, later ones continue from the " +
    'checkpoint',
  check(pipeline, { sources }) {
    const longest = new Map<string, { days: number; view: string }>();
    for (const view of pipeline.views) {
      const bounds = allNodes(view.plan).flatMap(exprsOf).flatMap(rollingBounds);
      const days = Math.max(0, ...bounds.map((b) => b.days));
      if (days <= 1) continue;
      for (const source of sourcesUnder(view.plan, pipeline)) {
        if ((longest.get(source.name)?.days ?? 0) < days) longest.set(source.name, { days, view: view.name });
      }
    }
    return pipeline.sources.flatMap((source): Diagnostic[] => {
      const mode = sources.get(source.connector ?? '')?.startsAtEnd?.(source.options);
      const window = longest.get(source.name);
      if (mode === undefined || window === undefined) return [];
      return [
        {
          severity: 'warning',
          code: 'F004',
          message:
            `"${source.name}" starts at the end of its topic, ` +
            `but "${window.view}" looks back ${Math.round(window.days)} days`,
          hint: `use 'earliest'; with 'latest', the view is incomplete for the first ${Math.round(window.days)} days`,
          span: mode.span,
        },
      ];
    });
  },
};
