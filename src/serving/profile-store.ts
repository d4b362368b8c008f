import { nowMs, type Clock } from '../platform/clock.ts';
import type { DynamoDbClient } from '../dynamodb/client.ts';
import type { AttributeMap } from '../dynamodb/wire.ts';
import { BOOKKEEPING, VERSION_ATTRIBUTE, WRITTEN_AT_ATTRIBUTE } from '../dynamodb/bookkeeping.ts';
import { itemAttributes, type ItemAttributes, type JsonColumns } from './item-attributes.ts';
import { unpackItem } from '../client/windows/read.ts';
import type { WindowProgram } from '../client/windows/program.ts';
import { dayOf } from '../values/civil.ts';
import { plainJson } from './plain-json.ts';
import { keyOfTable, type ProfileKey, type ViewerIdType } from './profile-key.ts';

/** The domains of the shipped pipeline. */
export const DEFAULT_DOMAINS: readonly string[] = [
  'watch',
  'session',
  'interactions',
  'preferences',
  'history',
];

/** The JSONB columns of the shipped pipeline, by sort key. */
export const DEFAULT_JSON_COLUMNS: ReadonlyMap<string, JsonColumns> = new Map([
  ['engagement#preferences', new Map([['genre_affinity', 0]])],
]);

/** One domain of a profile. A metric of 0 is an attribute of a present domain; `absent` means there is no item. */
export type DomainProfile =
  | {
      readonly status: 'present';
      readonly attributes: ItemAttributes;
      /**
       * Increases with every write of the item. It and the times are undefined if the item has no bookkeeping: another
       * program wrote it, such as RisingWave's sink, or a sink with `freshet.bookkeeping = 'off'`.
       */
      readonly version: number | undefined;
      readonly written_at_ms: number | undefined;
      readonly age_ms: number | undefined;
    }
  | { readonly status: 'absent' };

export interface Profile {
  readonly viewer_id: string;
  /** `absent` if the viewer has no item at all. */
  readonly status: 'present' | 'absent';
  readonly domains: ReadonlyMap<string, DomainProfile>;
}

export interface ProfileStoreOptions {
  readonly table: string;
  /** Domains of a complete profile; one without an item is reported as absent. */
  readonly domains?: readonly string[] | undefined;
  /** The table's key; read from DynamoDB if undefined. */
  readonly key?: ProfileKey | undefined;
  /** Prefix of the domain's name in the sort key. If it is empty, `sortKeys` must hold every domain. */
  readonly prefix?: string | undefined;
  /** Domain to its sort key, for sort keys other than prefix and domain. */
  readonly sortKeys?: ReadonlyMap<string, string> | undefined;
  /**
   * The JSONB columns of items by their sort key; those of the shipped pipeline if undefined. Where they are unknown,
   * JSON that RisingWave's sink wrote stays text.
   */
  readonly jsonColumns?: ReadonlyMap<string, JsonColumns> | undefined;
  /** By sort key, how the windows of packed items are added up for today. */
  readonly windows?: ReadonlyMap<string, WindowProgram> | undefined;
  readonly clock: Clock;
}

/**
 * Reads viewers' profiles as the sinks wrote them: one GetItem for a single domain, one Query for several. The Query
 * costs less than several GetItems, because sizes are summed before they are rounded up. If the sort keys share no
 * prefix, a Query would read unrelated items of the viewer, so each domain takes a GetItem. Methods reject with
 * DynamoDbError if the table cannot be read.
 */
export class ProfileStore {
  readonly domains: readonly string[];
  readonly #client: DynamoDbClient;
  readonly #table: string;
  readonly #keyOf: () => Promise<ProfileKey>;
  readonly #prefix: string;
  readonly #sortKeys: ReadonlyMap<string, string>;
  readonly #jsonColumns: ReadonlyMap<string, JsonColumns>;
  readonly #windows: ReadonlyMap<string, WindowProgram>;
  readonly #clock: Clock;

  constructor(client: DynamoDbClient, options: ProfileStoreOptions) {
    this.#client = client;
    this.#table = options.table;
    this.domains = options.domains ?? DEFAULT_DOMAINS;
    const { key } = options;
    this.#keyOf = key === undefined ? keyOfTable(client, options.table) : () => Promise.resolve(key);
    this.#prefix = options.prefix ?? 'engagement#';
    this.#sortKeys = options.sortKeys ?? new Map();
    this.#jsonColumns = options.jsonColumns ?? DEFAULT_JSON_COLUMNS;
    this.#windows = options.windows ?? new Map();
    this.#clock = options.clock;
  }

  /**
   * Resolves to the table's key. Rejects, like every read, with DynamoDbError if DynamoDB does not answer, and with
   * ApiProblem `no-profiles` if the table has another kind of key.
   */
  key(): Promise<ProfileKey> {
    return this.#keyOf();
  }

  /**
   * Reads all domains of a viewer, or the given ones; each is present or absent. `viewerId` is the value of the
   * partition key, as text.
   */
  async getProfile(viewerId: string, domains?: readonly string[]): Promise<Profile> {
    const key = await this.#keyOf();
    const wanted = domains ?? this.domains;
    const found = new Map<string, DomainProfile>();
    let known: boolean;
    if (wanted.length === 1) {
      const item = await this.#getItem(viewerId, wanted[0]!);
      if (item !== undefined) found.set(wanted[0]!, this.#decode(key, item));
      known = item !== undefined || (await this.#hasAny(viewerId));
    } else if (
      this.#prefix === '' ||
      [...this.#sortKeys.values()].some((each) => !each.startsWith(this.#prefix))
    ) {
      const items = await Promise.all(wanted.map((domain) => this.#getItem(viewerId, domain)));
      for (const [i, item] of items.entries())
        if (item !== undefined) found.set(wanted[i]!, this.#decode(key, item));
      known = found.size > 0 || (domains !== undefined && (await this.#hasAny(viewerId)));
    } else {
      const items = await this.#query(viewerId);
      known = items.length > 0;
      for (const stored of items) {
        const sortKey = (stored[key.sort] as { S: string }).S;
        const item = this.#unpacked(sortKey, stored);
        if (item === undefined) continue;
        const domain = sortKey.slice(this.#prefix.length);
        if (domains === undefined || domains.includes(domain)) found.set(domain, this.#decode(key, item));
      }
    }
    const ordered = [...wanted, ...[...found.keys()].filter((domain) => !wanted.includes(domain))];
    return {
      viewer_id: viewerId,
      status: known ? 'present' : 'absent',
      domains: new Map(ordered.map((domain) => [domain, found.get(domain) ?? { status: 'absent' }])),
    };
  }

  /** Reads an item by its full sort key, as plain JSON without key and bookkeeping; undefined if it does not exist. */
  async getPlainItem(viewerId: string, sortKey: string): Promise<ItemAttributes | undefined> {
    const key = await this.#keyOf();
    const item = await this.#itemAt(key, viewerId, sortKey);
    return item === undefined ? undefined : this.#attributes(key, item);
  }

  /** Resolves if the table exists and can be read, and rejects otherwise. */
  async check(): Promise<void> {
    const table = await this.#client.describeTable(this.#table);
    if (table === undefined) throw new Error(`there is no table ${this.#table}`);
    await this.#keyOf();
  }

  async #getItem(viewerId: string, domain: string): Promise<AttributeMap | undefined> {
    const sortKey = this.#sortKeys.get(domain) ?? this.#prefix + domain;
    const item = await this.#itemAt(await this.#keyOf(), viewerId, sortKey);
    return item === undefined ? undefined : this.#unpacked(sortKey, item);
  }

  /** Adds up the windows of a packed item for today; undefined if the view has no row today. */
  #unpacked(sortKey: string, item: AttributeMap): AttributeMap | undefined {
    const program = this.#windows.get(sortKey);
    return program === undefined ? item : unpackItem(program, item, dayOf(nowMs(this.#clock) * 1000));
  }

  #itemAt(
    { partition, sort }: ProfileKey,
    viewerId: string,
    sortKey: string,
  ): Promise<AttributeMap | undefined> {
    const Key = { [partition.name]: partitionValue(partition.type, viewerId), [sort]: { S: sortKey } };
    return this.#client.getItem({ TableName: this.#table, Key });
  }

  async #hasAny(viewerId: string): Promise<boolean> {
    if (this.#prefix !== '') return (await this.#query(viewerId, 1)).length > 0;
    const items = await Promise.all(this.domains.map((domain) => this.#getItem(viewerId, domain)));
    return items.some((item) => item !== undefined);
  }

  async #query(viewerId: string, limit?: number): Promise<readonly AttributeMap[]> {
    const { partition, sort } = await this.#keyOf();
    const items: AttributeMap[] = [];
    let from: AttributeMap | undefined;
    do {
      const page = await this.#client.query({
        TableName: this.#table,
        KeyConditionExpression: '#p = :p AND begins_with(#s, :s)',
        ExpressionAttributeNames: { '#p': partition.name, '#s': sort },
        ExpressionAttributeValues: {
          ':p': partitionValue(partition.type, viewerId),
          ':s': { S: this.#prefix },
        },
        ...(limit === undefined ? {} : { Limit: limit }),
        ...(from === undefined ? {} : { ExclusiveStartKey: from }),
      });
      items.push(...page.Items);
      from = page.LastEvaluatedKey;
    } while (from !== undefined && limit === undefined);
    return items;
  }

  #decode(key: ProfileKey, item: AttributeMap): DomainProfile {
    const written_at_ms = numberOf(item[WRITTEN_AT_ATTRIBUTE]);
    return {
      status: 'present',
      attributes: this.#attributes(key, item),
      version: numberOf(item[VERSION_ATTRIBUTE]),
      written_at_ms,
      age_ms: written_at_ms === undefined ? undefined : Math.max(0, nowMs(this.#clock) - written_at_ms),
    };
  }

  /** Returns the attributes of an item without its key and bookkeeping. */
  #attributes({ partition, sort }: ProfileKey, item: AttributeMap): ItemAttributes {
    const sortKey = item[sort];
    const jsonColumns =
      sortKey !== undefined && 'S' in sortKey ? this.#jsonColumns.get(sortKey.S) : undefined;
    return itemAttributes(item, [partition.name, sort, ...BOOKKEEPING], jsonColumns);
  }
}

function partitionValue(
  type: ViewerIdType,
  viewerId: string,
): { readonly N: string } | { readonly S: string } {
  return type === 'N' ? { N: viewerId } : { S: viewerId };
}

function numberOf(value: AttributeMap[string] | undefined): number | undefined {
  if (value === undefined) return undefined;
  const plain = plainJson(value);
  return typeof plain === 'number' ? plain : undefined;
}
