import { BUCKETS_ATTRIBUTE, encodeBuckets } from '../../client/windows/buckets.ts';
import { dayOf } from '../../values/civil.ts';
import {
  decodeDayBuckets,
  DayBucketsInput,
  type DayBuckets,
  type SeriesKind,
} from '../../values/day-buckets.ts';
import { rowPerItem } from './domain-layout.ts';
import type { LayoutFactory, Row } from './layout.ts';
import { windowProgram } from './window-program.ts';

/** The column of a group of buckets, and its series. */
interface GroupColumn {
  readonly column: number;
  readonly kinds: readonly SeriesKind[];
}

/**
 * Layout `packed`: an item per row, with the columns that do not use the clock as attributes, and the buckets of the
 * last days as one binary attribute. Buckets that no window reaches any more are left out when the item is written.
 */
export const packedLayout: LayoutFactory = (def, view, settings) => {
  if (def.buckets === undefined) throw new Error(`sink ${def.name} reads no view of day buckets`);
  const { windows } = def.buckets;
  const program = windowProgram(windows);
  const groups = windows.groups.map(({ buckets }, g): GroupColumn => ({
    column: windows.stored.indexOf(buckets),
    kinds: program.groups[g]!.map(({ kind }) => kind),
  }));
  const packed = new Set(groups.map(({ column }) => column));
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
function bucketsOf(
  { column, kinds }: GroupColumn,
  row: Row,
  i: number,
  oldest: number,
): DayBuckets | undefined {
  const bytes = row[column]!.get(i) as Uint8Array | null;
  const all = bytes === null ? undefined : decodeDayBuckets(new DayBucketsInput(bytes), kinds);
  if (all === undefined) return undefined;
  const first = all.days.findIndex((day) => day >= oldest);
  const from = first < 0 ? all.days.length : first;
  return { days: all.days.slice(from), values: all.values.map((values) => values.slice(from)) };
}
