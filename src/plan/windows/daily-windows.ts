import type { Expr } from '../expr.ts';
import type { AggregateCall, AggregateNode, PlanColumn, PlanNode } from '../nodes.ts';
import type { ViewDef } from '../pipeline.ts';
import { BOOLEAN, DATE } from '../../values/types.ts';
import { constantColumn } from '../constant-column.ts';
import { dayWindows, type DayWindows } from './day-windows.ts';
import type { BucketGroup, Late, StoredColumn } from './late.ts';
import { WindowRefusal } from './window-refusal.ts';

/**
 * Splits a view as {@link dayWindows} does, and keeps the buckets as rows: one per key and day, with the value of each
 * series. The plan's columns are the key, the day, and the series, in the order of the groups. `key` is the position of
 * the key in the view; `prefix` begins the names of the series.
 *
 * Throws WindowRefusal for a view with columns that belong to no day.
 */
export function dailyWindows(
  view: ViewDef,
  views: readonly ViewDef[],
  { key, prefix }: { readonly key: number; readonly prefix: string },
): DayWindows {
  const split = dayWindows(view, views);
  const keyOut = split.outs[key]!;
  const isWhole = split.groups.every(({ byDay, series }) => byDay.columns.length === 2 + series.length);
  if (keyOut.kind !== 'stored' || split.groups.length === 0 || !isWhole) {
    throw new WindowRefusal(
      'its windows are not sums of the days of one key column',
      'group the view by its partition key alone, or keep this sink in layout domain',
      view.span,
    );
  }
  const outs = view.columns.map(({ name, type }, i): Late => {
    const constant = i === key ? undefined : constantColumn(view.plan, i);
    if (constant !== undefined) {
      const expr: Expr = { kind: 'const', type, nullable: constant === null, value: constant };
      return { kind: 'computed', expr, args: [] };
    }
    return ofDays(split.outs[i]!, keyOut.column, name);
  });
  const names = seriesNames(split.groups, prefix);
  return {
    ...split,
    plan: rowsByDay(split.groups, view.columns[key]!, names),
    outs,
    presence: split.presence.map((late) => ofDays(late, keyOut.column, 'WHERE')),
    stored: [keyOut.column],
    seriesNames: names,
  };
}

/**
 * Returns a late value that reads items of days. They show that a row existed before a window only while they are kept,
 * so a sum is 0 if any of them is. Throws WindowRefusal for a value that is stored and belongs to no day.
 */
function ofDays(late: Late, key: StoredColumn, name: string): Late {
  switch (late.kind) {
    case 'stored':
      if (late.column === key) return late;
      throw new WindowRefusal(
        `the column "${name}" belongs to no day`,
        'leave it out of the view, or keep this sink in another layout',
      );
    case 'computed':
      return { ...late, args: late.args.map((arg) => ofDays(arg, key, name)) };
    case 'window':
      return late.zero === undefined ? late : { ...late, zero: true };
    case 'exists':
      return late;
  }
}

function seriesNames(groups: readonly BucketGroup[], prefix: string): readonly string[] {
  const taken = new Set<string>();
  return groups.flatMap(({ series }) =>
    series.map(({ label }) => {
      let name = prefix + label;
      for (let n = 2; taken.has(name); n++) name = `${prefix}${label}_${n}`;
      taken.add(name);
      return name;
    }),
  );
}

/** Returns one row per key and day with the values of all groups: the union of their rows, side by side. */
function rowsByDay(groups: readonly BucketGroup[], key: PlanColumn, names: readonly string[]): PlanNode {
  const types = groups.flatMap(({ series }) => series.map(({ type }) => type));
  const columns: PlanColumn[] = [
    key,
    { name: 'day', type: DATE, nullable: true },
    ...names.map((name, i) => ({ name, type: types[i]!, nullable: true })),
  ];
  let from = 0;
  const inputs = groups.map((group) => {
    const first = 2 + from;
    from += group.series.length;
    return widened(group, columns, first);
  });
  const column = (index: number): Expr => ({ kind: 'column', index, ...columns[index]! });
  const calls = names.map((_, i): AggregateCall => ({
    name: 'max',
    args: [column(2 + i)],
    distinct: false,
    orderBy: [],
    type: types[i]!,
    nullable: true,
  }));
  const all: AggregateNode = {
    kind: 'aggregate',
    input: { kind: 'union_all', inputs, columns },
    groupBy: [column(0), column(1)],
    calls,
    global: false,
    columns,
  };
  return all;
}

/** Returns the rows of a group with the columns of all groups; its own begin at `first`. */
function widened({ byDay, series }: BucketGroup, columns: readonly PlanColumn[], first: number): PlanNode {
  const day: Expr = { kind: 'column', index: 1, ...byDay.columns[1]! };
  const absent: Expr = { kind: 'is_null', type: BOOLEAN, nullable: false, arg: day };
  const predicate: Expr = { kind: 'not', type: BOOLEAN, nullable: false, arg: absent };
  const exprs = columns.map(({ type }, i): Expr => {
    const own = i < 2 ? i : i >= first && i < first + series.length ? 2 + i - first : undefined;
    if (own === undefined) return { kind: 'const', type, nullable: true, value: null };
    return { kind: 'column', index: own, ...byDay.columns[own]! };
  });
  const input: PlanNode = { kind: 'filter', input: byDay, predicate, columns: byDay.columns };
  return { kind: 'project', input, exprs, columns };
}
