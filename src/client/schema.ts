import type { WindowProgram } from './windows/program.ts';

/**
 * What a reader knows of a pipeline's profiles: where the items are, and what they hold. It is plain data, so that
 * `freshet types --client` can write it into a module. `freshet run`, `dev` and `serve` make the same from the SQL.
 */
export interface ProfileSchema {
  readonly table: string;
  readonly key: ProfileKeySchema;
  /** The domains by name. */
  readonly domains: Readonly<Record<string, DomainSchema>>;
}

/** DynamoDB type of a partition key that identifies a viewer: a number or a string. */
export type ViewerIdType = 'N' | 'S';

export interface ProfileKeySchema {
  readonly partition: {
    readonly name: string;
    readonly type: ViewerIdType;
  };
  /** Name of the sort key attribute, which is a string; undefined if the table has none. */
  readonly sort?: string | undefined;
}

/** The way in which rows of a view become items; docs/items.md describes each. */
export type ProfileLayoutName = 'domain' | 'wide' | 'metric' | 'daily' | 'packed';

export interface DomainSchema {
  readonly layout: ProfileLayoutName;
  /**
   * The constant sort key of the sink, such as `engagement#watch`, whatever the layout makes of it; empty in a table
   * without a sort key, which has one item per viewer.
   */
  readonly sortKey: string;
  /** The part of the sort key after its last `#`. Layouts with several domains in an item mark them by it. */
  readonly tag: string;
  /**
   * The view's columns except the key. Layouts whose items hold one domain give every attribute, also one that is not
   * listed here, so the list may be empty for them.
   */
  readonly columns: readonly ColumnSchema[];
  /** How the columns follow from day buckets, for layout `packed`. */
  readonly windows?: WindowProgram;
}

export interface ColumnSchema {
  readonly name: string;
  /** The SQL type, such as `BIGINT` or `JSONB[]`. */
  readonly type: string;
  /** For JSONB, 0; for arrays of it, the number of dimensions. Undefined for every other type. */
  readonly json?: number;
}

/** Returns the part of a sort key after its last `#`. */
export function tagOf(sortKey: string): string {
  return sortKey.slice(sortKey.lastIndexOf('#') + 1);
}

/** Returns the JSONB columns of a domain by name, with their number of dimensions. */
export function jsonColumnsOf({ columns }: Pick<DomainSchema, 'columns'>): ReadonlyMap<string, number> {
  return new Map(columns.flatMap(({ name, json }) => (json === undefined ? [] : [[name, json] as const])));
}
