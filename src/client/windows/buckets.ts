import {
  decodeDayBuckets,
  DayBucketsError,
  DayBucketsInput,
  encodeDayBuckets,
  type DayBuckets,
} from '../../values/day-buckets.ts';
import type { SeriesShape } from './program.ts';

/** The attribute of a packed item that holds its buckets. */
export const BUCKETS_ATTRIBUTE = '_b';

/** The values of one series. */
export interface SeriesBuckets {
  /** Days since 1970, ascending. */
  readonly days: readonly number[];
  /** By day: a BIGINT, or a NUMERIC times 10^28; null if the day has no value. */
  readonly values: readonly (bigint | null)[];
}

/**
 * A series in an item: null if the view has no row for its group, undefined if the item does not hold it, because
 * another version of the SQL wrote it.
 */
export type SeriesInItem = SeriesBuckets | null | undefined;

const FORMAT = 1;
const ID_BYTES = 3;

type Groups = readonly (readonly SeriesShape[])[];

/**
 * Encodes buckets as bytes: 1; the number of days that are kept, in 2 bytes; the number of groups; for each group the
 * number of its series and the id of each, in 3 bytes; and then each group as `values/day-buckets.ts` describes it.
 * Numbers of several bytes are little endian.
 */
export function encodeBuckets(
  buckets: readonly (DayBuckets | undefined)[],
  { days, groups }: { readonly days: number; readonly groups: Groups },
): Uint8Array {
  const bytes: number[] = [FORMAT, days & 255, days >> 8, groups.length];
  for (const series of groups) {
    bytes.push(series.length);
    for (const { id } of series) bytes.push(id & 255, (id >> 8) & 255, (id >> 16) & 255);
  }
  groups.forEach((series, g) =>
    encodeDayBuckets(
      bytes,
      buckets[g],
      series.map(({ kind }) => kind),
    ),
  );
  return Uint8Array.from(bytes);
}

/** The buckets of an item. */
export interface ItemBuckets {
  /** The number of days that were kept when the item was written. */
  readonly days: number;
  /** The series of a program, numbered through all groups. */
  readonly series: readonly SeriesInItem[];
}

/** Decodes the bytes of {@link encodeBuckets}. Throws DayBucketsError. */
export function decodeBuckets(bytes: Uint8Array, groups: Groups): ItemBuckets {
  const input = new DayBucketsInput(bytes);
  if (input.byte() !== FORMAT)
    throw new DayBucketsError('the buckets have a format that this version does not know');
  const days = readBytes(input, 2);
  const written = Array.from({ length: input.byte() }, () =>
    Array.from({ length: input.byte() }, () => readBytes(input, ID_BYTES)),
  );
  const wanted = new Map(groups.flat().map((series) => [series.id, series]));
  const found = new Map<number, SeriesBuckets | null>();
  for (const ids of written) {
    const kinds = ids.map((id) => wanted.get(id)?.kind ?? 'bigint');
    const group = decodeDayBuckets(input, kinds);
    ids.forEach((id, s) => {
      found.set(id, group === undefined ? null : { days: group.days, values: group.values[s]! });
    });
  }
  if (!input.isAtEnd) throw new DayBucketsError('bytes follow the last bucket');
  return { days, series: groups.flat().map(({ id }) => found.get(id)) };
}

function readBytes(input: DayBucketsInput, count: number): number {
  let value = 0;
  for (let byte = 0; byte < count; byte++) value |= input.byte() << (8 * byte);
  return value;
}
