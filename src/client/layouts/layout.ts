import type { AttributeMap } from '../../dynamodb/wire.ts';
import type { ItemAttributes } from '../item-attributes.ts';
import type { Reading } from '../reading.ts';
import type { DayResult, DomainResult } from '../result.ts';
import type { DomainSchema, ProfileKeySchema } from '../schema.ts';

/** The items of one viewer that were asked for, by sort key. */
export type Items = ReadonlyMap<string, AttributeMap>;

/** Reads one domain from its items. All methods throw TypeError for a value that DynamoDB cannot have sent. */
export interface DomainReader {
  readonly name: string;
  readonly schema: DomainSchema;
  /** The sort keys of all items that hold the domain; empty if it has an item per day. */
  readonly sortKeys: readonly string[];
  /** Returns the domain as of one read. */
  read(items: Items, reading: Reading): DomainResult<ItemAttributes>;
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
