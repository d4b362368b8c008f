import { nowMs, type Clock } from '../platform/clock.ts';
import type { DynamoDbClient } from '../sinks/dynamodb/client/client.ts';
import type { AttributeMap } from '../sinks/dynamodb/client/wire.ts';
import { BOOKKEEPING, VERSION_ATTRIBUTE, WRITTEN_AT_ATTRIBUTE } from '../sinks/dynamodb/domain-layout.ts';
import { plainJson, plainObject, type PlainJson } from './plain-json.ts';
import { keyOfTable, type ProfileKey, type ViewerIdType } from './profile-key.ts';

/** The domains of the shipped pipeline. */
export const DEFAULT_DOMAINS: readonly string[] = [
  'watch',
  'session',
  'interactions',
  'preferences',
  'history',
];

/** The item of one domain, or that there is none. A metric of 0 is a present domain with a 0 in it. */
export type DomainProfile =
  | {
      readonly status: 'present';
      readonly attributes: { readonly [name: string]: PlainJson };
      /** Grows with every write of the item; undefined if the sink writes no bookkeeping. */
      readonly version: number | undefined;
      readonly written_at_ms: number | undefined;
      readonly age_ms: number | undefined;
    }
  | { readonly status: 'absent' };

export interface Profile {
  readonly viewer_id: string;
  /** Absent: there is no item at all of this viewer. */
  readonly status: 'present' | 'absent';
  readonly domains: ReadonlyMap<string, DomainProfile>;
}

export interface ProfileStoreOptions {
  readonly table: string;
  /** Domains that are reported as absent where there is no item. */
  readonly domains?: readonly string[] | undefined;
  /** The table's key; the table is asked for it where it is left out. */
  readonly key?: ProfileKey | undefined;
  /** What precedes the domain's name in the sort key; may be empty: then `sortKeys` has them all. */
  readonly prefix?: string | undefined;
  /** Domain to its sort key, where that is not the prefix and its name. */
  readonly sortKeys?: ReadonlyMap<string, string> | undefined;
  readonly clock: Clock;
}

/**
 * Reads viewers' profiles as the sink wrote them: one GetItem for a single domain, one Query for several (which
 * costs less than reading items one by one: sizes are added up before they are rounded). Where their sort keys have
 * nothing in common, a query would read what else there is of the viewer: then one GetItem each. Rejects with
 * DynamoDbError.
 */
export class ProfileStore {
  readonly domains: readonly string[];
  readonly #client: DynamoDbClient;
  readonly #table: string;
  readonly #keyOf: () => Promise<ProfileKey>;
  readonly #prefix: string;
  readonly #sortKeys: ReadonlyMap<string, string>;
  readonly #clock: Clock;

  constructor(client: DynamoDbClient, options: ProfileStoreOptions) {
    this.#client = client;
    this.#table = options.table;
    this.domains = options.domains ?? DEFAULT_DOMAINS;
    const { key } = options;
    this.#keyOf = key === undefined ? keyOfTable(client, options.table) : () => Promise.resolve(key);
    this.#prefix = options.prefix ?? 'engagement#';
    this.#sortKeys = options.sortKeys ?? new Map();
    this.#clock = options.clock;
  }

  /**
   * The table's key. Rejects, as all that reads, with DynamoDbError when it cannot be asked, with ApiProblem
   * `no-profiles` if the table has another kind of key.
   */
  key(): Promise<ProfileKey> {
    return this.#keyOf();
  }

  /** All domains of a viewer, or those asked for, each present or absent. `viewerId` is as the key has it, as text. */
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
      for (const item of items) {
        const domain = (item[key.sort] as { S: string }).S.slice(this.#prefix.length);
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

  /** An item of the table by its full sort key, as plain JSON without the key and bookkeeping. */
  async getPlainItem(
    viewerId: string,
    sortKey: string,
  ): Promise<{ readonly [name: string]: PlainJson } | undefined> {
    const key = await this.#keyOf();
    const item = await this.#itemAt(key, viewerId, sortKey);
    return item === undefined ? undefined : plainObject(metrics(key, item));
  }

  /** Resolves if the table can be read. */
  async check(): Promise<void> {
    const table = await this.#client.describeTable(this.#table);
    if (table === undefined) throw new Error(`there is no table ${this.#table}`);
    await this.#keyOf();
  }

  async #getItem(viewerId: string, domain: string): Promise<AttributeMap | undefined> {
    const sortKey = this.#sortKeys.get(domain) ?? this.#prefix + domain;
    return this.#itemAt(await this.#keyOf(), viewerId, sortKey);
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
      attributes: plainObject(metrics(key, item)),
      version: numberOf(item[VERSION_ATTRIBUTE]),
      written_at_ms,
      age_ms: written_at_ms === undefined ? undefined : Math.max(0, nowMs(this.#clock) - written_at_ms),
    };
  }
}

function partitionValue(
  type: ViewerIdType,
  viewerId: string,
): { readonly N: string } | { readonly S: string } {
  return type === 'N' ? { N: viewerId } : { S: viewerId };
}

/** An item without its key and bookkeeping. */
function metrics({ partition, sort }: ProfileKey, item: AttributeMap): AttributeMap {
  const hidden = [partition.name, sort, ...BOOKKEEPING];
  return Object.fromEntries(Object.entries(item).filter(([name]) => !hidden.includes(name)));
}

function numberOf(value: AttributeMap[string] | undefined): number | undefined {
  if (value === undefined) return undefined;
  const plain = plainJson(value);
  return typeof plain === 'number' ? plain : undefined;
}
