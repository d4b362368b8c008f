import { ASSUMED_BYTES, unitsOf, type MeasuredSize, type MeasuredSizes } from './measured-sizes.ts';
import type { ClosedRange, KeyRange } from './requests.ts';

/** One request of a read, and what it is expected to cost. */
export type PlannedRequest =
  | { readonly operation: 'GetItem'; readonly sortKeys: readonly [string]; readonly rru: number }
  | { readonly operation: 'BatchGetItem'; readonly sortKeys: readonly string[]; readonly rru: number }
  | {
      readonly operation: 'Query';
      readonly sortKeys: readonly string[];
      /** Every item of the viewer between these sort keys is read, and paid for. */
      readonly range: ClosedRange;
      readonly rru: number;
    };

/** How a client reads domains of a viewer, and why. */
export interface ReadPlan {
  /** Sent at the same time. */
  readonly requests: readonly PlannedRequest[];
  /** Expected read request units of all requests. */
  readonly rru: number;
  /** One sentence per choice. */
  readonly why: readonly string[];
  /** What the figures stand on: the sizes that this client has seen, by sort key or range. */
  readonly measured: readonly PlanMeasurement[];
}

export interface PlanMeasurement {
  /** A sort key, or `from .. to`. */
  readonly of: string;
  /** Number of items or ranges measured. */
  readonly samples: number;
  /** Mean size in bytes; undefined if none was measured, so that each item is assumed to have 1 KB. */
  readonly bytes: number | undefined;
}

/** The items of some domains that are read together. */
export interface ReadShape {
  /** All sort keys, without duplicates. */
  readonly sortKeys: readonly string[];
  /** Key ranges, each with at least three of the sort keys, which one Query could read. */
  readonly families: readonly KeyFamily[];
  /** Sort keys outside of all families. */
  readonly single: readonly string[];
}

export interface KeyFamily {
  readonly sortKeys: readonly string[];
  readonly range: ClosedRange;
}

/** A family of fewer keys is never read by a Query: two items are read by two GetItems at the same time. */
const MIN_FAMILY = 3;

/** Returns the shape of a read. A Query is considered only for keys with the same text before their first `#`. */
export function shapeOf(sortKeys: readonly string[]): ReadShape {
  const unique = [...new Set(sortKeys)];
  const byPrefix = new Map<string, string[]>();
  for (const key of unique) {
    const prefix = key.slice(0, key.indexOf('#') + 1);
    byPrefix.set(prefix, [...(byPrefix.get(prefix) ?? []), key]);
  }
  const families: KeyFamily[] = [];
  for (const [prefix, keys] of byPrefix) {
    if (prefix === '' || keys.length < MIN_FAMILY) continue;
    const sorted = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    families.push({ sortKeys: keys, range: { from: sorted[0]!, to: sorted.at(-1)! } });
  }
  const inFamilies = new Set(families.flatMap((family) => family.sortKeys));
  return { sortKeys: unique, families, single: unique.filter((key) => !inFamilies.has(key)) };
}

/** Returns the name of a range in the measurements. */
export function rangeName(range: KeyRange): string {
  return 'prefix' in range ? `${range.prefix}*` : `${range.from} .. ${range.to}`;
}

/** Returns the units of 4 KB that a Query of the family's range is expected to be charged. */
function rangeUnits({ sortKeys, range }: KeyFamily, sizes: MeasuredSizes): number {
  const measured = sizes.range(rangeName(range));
  if (measured !== undefined) return measured.units;
  return unitsOf(sortKeys.reduce((sum, key) => sum + (sizes.item(key)?.bytes ?? ASSUMED_BYTES), 0));
}

/** Returns the units of 4 KB that reading each key is expected to be charged. */
function keyUnits(sortKeys: readonly string[], sizes: MeasuredSizes): number {
  return sortKeys.reduce((sum, key) => sum + (sizes.item(key)?.units ?? 1), 0);
}

/**
 * Returns how to read a shape: one item by GetItem, two by two GetItems at the same time. Of three or more, those in a
 * key range are read by one Query if that costs no more than one BatchGetItem; a Query is charged for the sum of all
 * items in the range, a BatchGetItem for each item by itself. `isRead` says that the requests are sent: then a range
 * that is too expensive is measured again now and then.
 */
export function requestsOf(
  shape: ReadShape,
  sizes: MeasuredSizes,
  { consistent, isRead }: { readonly consistent: boolean; readonly isRead: boolean },
): readonly PlannedRequest[] {
  const rruPerUnit = consistent ? 1 : 0.5;
  const requests: PlannedRequest[] = [];
  const apart = [...shape.single];
  for (const family of shape.families) {
    const { sortKeys, range } = family;
    const [inRange, apiece] = [rangeUnits(family, sizes), keyUnits(sortKeys, sizes)];
    const isCheaper = inRange <= apiece || (isRead && sizes.noteAvoided(rangeName(range), inRange / apiece));
    if (!isCheaper) apart.push(...sortKeys);
    else requests.push({ operation: 'Query', sortKeys, range, rru: inRange * rruPerUnit });
  }
  if (apart.length > 2) {
    const rru = keyUnits(apart, sizes) * rruPerUnit;
    requests.push({ operation: 'BatchGetItem', sortKeys: apart, rru });
  } else {
    for (const key of apart) {
      requests.push({ operation: 'GetItem', sortKeys: [key], rru: keyUnits([key], sizes) * rruPerUnit });
    }
  }
  return requests;
}

/** What a Query must save, in read request units, to be sent for a single viewer of a batch. */
const WORTH_A_QUERY_RRU = 2;

/**
 * Returns the families that a batch of viewers reads by one Query for each viewer. A BatchGetItem reads 100 items of
 * many viewers in one request, so a Query has to cost much less.
 */
export function familiesToQuery(
  { families }: ReadShape,
  sizes: MeasuredSizes,
  consistent: boolean,
): readonly KeyFamily[] {
  return families.filter((family) => {
    const saved = keyUnits(family.sortKeys, sizes) - rangeUnits(family, sizes);
    return saved * (consistent ? 1 : 0.5) >= WORTH_A_QUERY_RRU;
  });
}

/** Returns how a shape is read now, and why. */
export function explainRead(
  shape: ReadShape & { readonly ranges: readonly ClosedRange[] },
  sizes: MeasuredSizes,
  consistent: boolean,
): ReadPlan {
  const rruPerUnit = consistent ? 1 : 0.5;
  const ofRanges = shape.ranges.map((range): PlannedRequest => {
    const rru = (sizes.range(rangeName(range))?.units ?? 1) * rruPerUnit;
    return { operation: 'Query', sortKeys: [], range, rru };
  });
  const requests = [...requestsOf(shape, sizes, { consistent, isRead: false }), ...ofRanges];
  const why = shape.families.map((family) => {
    const query = rangeUnits(family, sizes) * rruPerUnit;
    const batch = keyUnits(family.sortKeys, sizes) * rruPerUnit;
    return (
      `${family.sortKeys.length} items from ${rangeName(family.range)}: Query is expected to cost ${inRru(query)}, ` +
      `BatchGetItem ${inRru(batch)}`
    );
  });
  const gets = requests.filter(({ operation }) => operation === 'GetItem').length;
  if (gets > 0) why.push(gets === 1 ? 'one item: one GetItem' : 'two items: two GetItems at the same time');
  for (const range of shape.ranges) why.push(`the items of the days from ${rangeName(range)}: one Query`);
  if (shape.families.length === 0 && shape.sortKeys.length > 2)
    why.push(`${shape.sortKeys.length} items whose sort keys have no prefix in common: one BatchGetItem`);
  return {
    requests,
    rru: requests.reduce((sum, { rru }) => sum + rru, 0),
    why,
    measured: [
      ...shape.sortKeys.map((key) => measurement(key, sizes.item(key))),
      ...[...shape.families.map(({ range }) => range), ...shape.ranges].map((range) =>
        measurement(rangeName(range), sizes.range(rangeName(range))),
      ),
    ],
  };
}

function measurement(of: string, size: MeasuredSize | undefined): PlanMeasurement {
  return { of, samples: size?.samples ?? 0, bytes: size === undefined ? undefined : Math.round(size.bytes) };
}

function inRru(rru: number): string {
  return `${Number(rru.toFixed(2))} RRU`;
}
