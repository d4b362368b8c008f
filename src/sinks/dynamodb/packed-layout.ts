import { BUCKETS_ATTRIBUTE, encodeBuckets, type Buckets } from '../../client/windows/buckets.ts';
import { dayOf } from '../../values/civil.ts';
import type { Datum } from '../../values/datum.ts';
import { rowPerItem } from './domain-layout.ts';
import type { LayoutFactory, Row } from './layout.ts';
import { windowProgram } from './window-program.ts';

/** The columns of one group of buckets. */
interface GroupColumns {
  readonly days: number;
  readonly series: readonly number[];
}

/**
 * Layout `packed`: an item per row, with the columns that do not use the clock as attributes, and the buckets
 * of the last days as one binary attribute. Buckets that no window reaches any more are left out when the item is
 * written.
 */
export const packedLayout: LayoutFactory = (def, view, settings) => {
  if (def.buckets === undefined) throw new Error(`sink ${def.name} reads no view of day buckets`);
  const { windows } = def.buckets;
  const program = windowProgram(windows);
  const groups = windows.groups.map(({ days, series }): GroupColumns => ({
    days: windows.stored.indexOf(days),
    series: series.map(({ values }) => windows.stored.indexOf(values)),
  }));
  const packed = new Set(groups.flatMap(({ days, series }) => [days, ...series]));
  return rowPerItem(def, view, settings, {
    isLeftOut: (column) => packed.has(column),
    more: (row, i, written_at_ms) => {
      const oldest = dayOf(written_at_ms * 1000) - program.days + 1;
      const buckets = groups.map((group) => bucketsOf(group, row, i, oldest));
      const bytes = Buffer.from(encodeBuckets(buckets, program));
      return `,"${BUCKETS_ATTRIBUTE}":{"B":"${bytes.toString('base64')}"}`;
    },
  });
};

/** Returns the buckets of a group from day `oldest` on; undefined if the view has no row for the group. */
function bucketsOf({ days, series }: GroupColumns, row: Row, i: number, oldest: number): Buckets | undefined {
  const all = row[days]!.get(i) as readonly Datum[] | null;
  if (all === null) return undefined;
  const kept = all.flatMap((day, at) => (typeof day === 'number' && day >= oldest ? [at] : []));
  return {
    days: kept.map((at) => all[at] as number),
    values: series.map((column) => {
      const values = row[column]!.get(i) as readonly Datum[];
      return kept.map((at) => values[at] as bigint | null);
    }),
  };
}
