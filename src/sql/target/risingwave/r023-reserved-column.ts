import type { Span } from '../../../plan/expr.ts';
import type { Name } from '../../text/cursor.ts';
import { walk } from '../query.ts';
import { refused } from '../target-rule.ts';
import type { TargetInput, TargetRule } from '../target-rule.ts';

const OF_POSTGRESQL = new Set(['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid']);

/** RisingWave keeps some names of columns for itself. */
export const RESERVED_COLUMN: TargetRule = {
  code: 'R023',
  about: 'a column whose name RisingWave keeps for itself: _rw_..., _row_id..., ctid and the like',
  source:
    'RisingWave\'s src/frontend/src/catalog/mod.rs (check_column_name_not_reserved) answers "column name prefixed with \\"_rw_\\" are reserved word."',
  renderable: false,
  check: (input) =>
    [...declared(input), ...aliases(input)]
      .filter(([name]) => /^(?:_rw_|_row_id)/.test(name) || OF_POSTGRESQL.has(name))
      .map(([name, span]) =>
        refused('R023', `RisingWave keeps the column name ${name} for itself`, 'choose another name', span),
      ),
};

type Named = readonly [name: string, span: Span];

function declared({ statements }: TargetInput): readonly Named[] {
  return statements.flatMap((s) => {
    if (s.kind === 'source' || s.kind === 'table') return s.columns.map((c) => named(c.name));
    if (s.kind === 'view' || s.kind === 'materialized view') return s.columns?.map(named) ?? [];
    return [];
  });
}

function named({ value, span }: Name): Named {
  return [value, span];
}

function aliases({ queries }: TargetInput): readonly Named[] {
  const found: Named[] = [];
  for (const { select, slice } of queries) {
    walk(select, (_, node) => {
      if (!('ResTarget' in node) || node.ResTarget.name === undefined) return;
      found.push([node.ResTarget.name, slice.spanAt(node.ResTarget.location)]);
    });
  }
  return found;
}
