import type { AttributeMap } from '../../dynamodb/wire.ts';
import type { ItemAttributes } from '../item-attributes.ts';
import type { Reading } from '../reading.ts';
import type { DayResult, DomainResult, ItemFacts } from '../result.ts';
import type { DomainSchema, ProfileKeySchema } from '../schema.ts';

/** The items of one viewer that were asked for, by sort key. */
export type Items = ReadonlyMap<string, AttributeMap>;

/** Reads one domain from its items. All methods throw TypeError for a value that DynamoDB cannot have sent. */
export interface DomainReader {
  readonly name: string;
  readonly schema: DomainSchema;
  /** The sort keys of all items that hold the domain; empty if it has an item per day. */
  readonly sortKeys: readonly string[];
  /** Returns the range of sort keys whose items hold the domain as well; undefined if there is none. */
  range?(now_ms: number): { readonly from: string; readonly to: string };
  /** Returns the domain as of one read. */
  read(items: Items, reading: Reading): DomainResult<ItemAttributes>;
  /** Returns the metrics of the last `days` days, up to today (UTC). Throws RangeError for more days than there are. */
  window?(items: Items, reading: Reading, days: number): DomainResult<ItemAttributes>;
  /** Of a domain with an item per day: its days. */
  readonly days?: DayReader | undefined;
}

export interface DayReader {
  /** What every sort key begins with; the ISO date follows. */
  readonly prefix: string;
  /** Returns one day; undefined if the item holds no row of the domain, or has expired. */
  read(item: AttributeMap, day: string, reading: Reading): DayResult<ItemAttributes> | undefined;
}

/** Makes the reader of a domain in one layout. */
export type LayoutReader = (name: string, domain: DomainSchema, key: ProfileKeySchema) => DomainReader;

const MEASURED = /^(?:SMALLINT|INTEGER|BIGINT|NUMERIC|REAL|DOUBLE PRECISION|JSONB)$|\[\]$/;

/** Returns whether a domain has a number, a list or JSON; undefined if its columns are not known. */
export function hasMeasures({ columns }: DomainSchema): boolean | undefined {
  return columns.length === 0 ? undefined : columns.some(({ type }) => MEASURED.test(type));
}

/** Returns what the newest of several items says about itself. */
export function newerFacts(a: ItemFacts | undefined, b: ItemFacts): ItemFacts {
  if (a === undefined) return b;
  const most = (x: number | undefined, y: number | undefined): number | undefined =>
    x === undefined ? y : Math.max(x, y ?? x);
  const written_at_ms = most(a.written_at_ms, b.written_at_ms);
  return {
    version: most(a.version, b.version),
    written_at_ms,
    age_ms: written_at_ms === a.written_at_ms ? a.age_ms : b.age_ms,
  };
}
