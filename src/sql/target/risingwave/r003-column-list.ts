import type { Diagnostic } from '../../diagnostic.ts';
import { columnCount } from '../../bind/nodes.ts';
import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';
import { RENDERED } from './rendered.ts';

/** PostgreSQL names columns from the left, and the others keep their own names. */
export const COLUMN_LIST: TargetRule = {
  code: 'R003',
  about: "a view's list of column names that is shorter than its query",
  source: "RisingWave's src/frontend/src/handler/create_mv.rs requires as many names as columns",
  renderable: true,
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
          `RisingWave wants a name for every column: the query has ${columnCount(view.columns)}, the list names ${named}`,
          `add ${rest.join(', ')}, or leave the list out; ${RENDERED}`,
          s.columns.at(-1)?.span ?? s.name.span,
        ),
      ];
    });
  },
};
