import type { Expr } from '../expr.ts';
import type { PlanColumn, PlanNode } from '../nodes.ts';
import type { ViewDef } from '../pipeline.ts';
import type { BucketGroup, Late, StoredColumn } from './late.ts';
import { Splitter } from './split.ts';
import { WindowRefusal } from './window-refusal.ts';

/** A view as day buckets: what the engine stores, which no midnight changes, and what a reader computes from it. */
export interface DayWindows {
  /** The columns of the view, as readers see them. */
  readonly columns: readonly PlanColumn[];
  /** The stored view. Its columns have names of their own; those of the view's columns that are stored come first. */
  readonly plan: PlanNode;
  /** The columns of the stored view, by position. */
  readonly stored: readonly StoredColumn[];
  /** The values of the view's columns. */
  readonly outs: readonly Late[];
  /** Conditions for the row to exist. */
  readonly presence: readonly Late[];
  readonly groups: readonly BucketGroup[];
  /** The columns of the series, through all groups, if each row is one day. */
  readonly seriesNames?: readonly string[] | undefined;
  /** The number of days that the longest window covers, and one for readers whose clock is a little behind. */
  readonly days: number;
}

/**
 * Splits a view into day buckets and windows over them. Sums and counts, also of different values, are split if their
 * windows depend on the day alone. Columns that do not use the clock are stored. Throws WindowRefusal, with the place
 * in the SQL, for everything else.
 */
export function dayWindows(view: ViewDef, views: readonly ViewDef[]): DayWindows {
  const split = new Splitter(views).split(view.plan);
  const groups = new Set<BucketGroup>();
  const scalars = new Set<StoredColumn>();
  const visit = (late: Late): void => {
    if (late.kind === 'stored') scalars.add(late.column);
    else if (late.kind === 'computed') late.args.forEach(visit);
    else groups.add(late.group);
    if (late.kind === 'window' && late.zero !== undefined && late.zero !== true)
      scalars.add(late.zero.oldest);
  };
  [...split.outs, ...split.presence].forEach(visit);
  const named = nameColumns(view, split.outs, scalars, groups);
  const columns = named.map(([column, name]): PlanColumn => {
    const at = split.stored.indexOf(column);
    return { ...split.node.columns[at]!, name };
  });
  const exprs = named.map(([column], i): Expr => ({
    kind: 'column',
    index: split.stored.indexOf(column),
    ...columns[i]!,
  }));
  return {
    columns: view.columns,
    plan: { kind: 'project', input: split.node, exprs, columns, span: view.span },
    stored: named.map(([column]) => column),
    outs: split.outs,
    presence: split.presence,
    groups: [...groups],
    days: 2 + Math.max(-1, ...[...split.outs, ...split.presence].map(oldestDay)),
  };
}

/** Returns the stored columns and their names, which differ from one another. */
function nameColumns(
  view: ViewDef,
  outs: readonly Late[],
  scalars: ReadonlySet<StoredColumn>,
  groups: ReadonlySet<BucketGroup>,
): readonly (readonly [StoredColumn, string])[] {
  const named = new Map<StoredColumn, string>();
  outs.forEach((out, i) => {
    if (out.kind !== 'stored') return;
    if (named.has(out.column)) {
      throw new WindowRefusal(
        `the columns "${named.get(out.column)!}" and "${view.columns[i]!.name}" are the same`,
        'leave one of the two out',
        view.span,
      );
    }
    named.set(out.column, view.columns[i]!.name);
  });
  let next = 0;
  for (const column of scalars) if (!named.has(column)) named.set(column, `_x${next++}`);
  [...groups].forEach(({ buckets }, g) => named.set(buckets, `_days${g}`));
  return [...named];
}

function oldestDay(late: Late): number {
  switch (late.kind) {
    case 'window':
      return Math.max(-1, ...late.parts.map(({ to }) => to));
    case 'computed':
      return Math.max(-1, ...late.args.map(oldestDay));
    default:
      return -1;
  }
}
