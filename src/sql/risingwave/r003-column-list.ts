import type { Diagnostic } from '../diagnostic.ts';
import { columnCount } from '../bind/nodes.ts';
import { refused } from './target-rule.ts';
import type { TargetRule } from './target-rule.ts';

/** PostgreSQL names columns from the left and leaves the others their own names. */
export const COLUMN_LIST: TargetRule = {
  code: 'R003',
  about: "a view's list of column names that is shorter than its query",
  source: 'src/frontend/src/handler/create_mv.rs of its repository: the names must be as many as the columns',
  check({ statements, pipeline }) {
    return statements.flatMap((s): Diagnostic[] => {
      if ((s.kind !== 'materialized view' && s.kind !== 'view') || s.columns === undefined) return [];
      const named = s.columns.length;
      const view = [...pipeline.views, ...pipeline.logicalViews].find((v) => v.name === s.name.value);
      if (view === undefined || view.columns.length <= named) return [];
      const rest = view.columns.slice(named).map((c) => c.name);
      return [
        refused(
          'R003',
          `the query has ${columnCount(view.columns)}, and RisingWave wants a name for each; the list has ${named}`,
          `add ${rest.join(', ')}, or leave the list out`,
          s.columns.at(-1)?.span ?? s.name.span,
        ),
      ];
    });
  },
};
