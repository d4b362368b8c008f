import type { SinkClock } from '../sinks/clock.ts';
import type { DynamoDbClient } from '../sinks/dynamodb/client/client.ts';
import type { AttributeMap } from '../sinks/dynamodb/client/wire.ts';
import { VERSION_ATTRIBUTE, WRITTEN_AT_ATTRIBUTE } from '../sinks/dynamodb/domain-layout.ts';
import { plainJson, plainObject, type PlainJson } from './plain-json.ts';

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

/** Of the table's partition key: a number or text. */
export type ViewerIdType = 'N' | 'S';

export interface ProfileStoreOptions {
  readonly table: string;
  /** Domains that are reported as absent where there is no item. */
  readonly domains?: readonly string[] | undefined;
  readonly partitionKey?: { readonly name: string; readonly type: ViewerIdType } | undefined;
  readonly sortKey?: string | undefined;
  /** What precedes the domain's name in the sort key; may be empty: then `sortKeys` has them all. */
  readonly prefix?: string | undefined;
  /** Domain to its sort key, where that is not the prefix and its name. */
  readonly sortKeys?: ReadonlyMap<string, string> | undefined;
  readonly clock: SinkClock;
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
  readonly #partitionKey: { readonly name: string; readonly type: ViewerIdType };
  readonly #sortKey: string;
  readonly #prefix: string;
  readonly #sortKeys: ReadonlyMap<string, string>;
  readonly #clock: SinkClock;

  constructor(client: DynamoDbClient, options: ProfileStoreOptions) {
    this.#client = client;
    this.#table = options.table;
    this.domains = options.domains ?? DEFAULT_DOMAINS;
    this.#partitionKey = options.partitionKey ?? { name: 'viewer_id', type: 'N' };
    this.#sortKey = options.sortKey ?? 'sk';
    this.#prefix = options.prefix ?? 'engagement#';
    this.#sortKeys = options.sortKeys ?? new Map();
    this.#clock = options.clock;
  }

  /** Name of the partition key. */
  get keyName(): string {
    return this.#partitionKey.name;
  }

  get viewerIdType(): ViewerIdType {
    return this.#partitionKey.type;
  }

  /** All domains of a viewer, or those asked for, each present or absent. `viewerId` is as the key has it, as text. */
  async getProfile(viewerId: string, domains?: readonly string[]): Promise<Profile> {
    const wanted = domains ?? this.domains;
    const found = new Map<string, DomainProfile>();
    let known: boolean;
    if (wanted.length === 1) {
      const item = await this.#getItem(viewerId, wanted[0]!);
      if (item !== undefined) found.set(wanted[0]!, this.#decode(item));
      known = item !== undefined || (await this.#hasAny(viewerId));
    } else if (
      this.#prefix === '' ||
      [...this.#sortKeys.values()].some((key) => !key.startsWith(this.#prefix))
    ) {
      const items = await Promise.all(wanted.map((domain) => this.#getItem(viewerId, domain)));
      for (const [i, item] of items.entries())
        if (item !== undefined) found.set(wanted[i]!, this.#decode(item));
      known = found.size > 0 || (domains !== undefined && (await this.#hasAny(viewerId)));
    } else {
      const items = await this.#query(viewerId);
      known = items.length > 0;
      for (const item of items) {
        const domain = (item[this.#sortKey] as { S: string }).S.slice(this.#prefix.length);
        if (domains === undefined || domains.includes(domain)) found.set(domain, this.#decode(item));
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
    const item = await this.#client.getItem({ TableName: this.#table, Key: this.#key(viewerId, sortKey) });
    return item === undefined ? undefined : plainObject(this.#metrics(item));
  }

  /** Resolves if the table can be read. */
  async check(): Promise<void> {
    const table = await this.#client.describeTable(this.#table);
    if (table === undefined) throw new Error(`there is no table ${this.#table}`);
  }

  #key(viewerId: string, sortKey: string): AttributeMap {
    return { [this.#partitionKey.name]: this.#partitionValue(viewerId), [this.#sortKey]: { S: sortKey } };
  }

  #partitionValue(viewerId: string): { readonly N: string } | { readonly S: string } {
    return this.#partitionKey.type === 'N' ? { N: viewerId } : { S: viewerId };
  }

  #getItem(viewerId: string, domain: string): Promise<AttributeMap | undefined> {
    const sortKey = this.#sortKeys.get(domain) ?? this.#prefix + domain;
    return this.#client.getItem({ TableName: this.#table, Key: this.#key(viewerId, sortKey) });
  }

  async #hasAny(viewerId: string): Promise<boolean> {
    if (this.#prefix !== '') return (await this.#query(viewerId, 1)).length > 0;
    const items = await Promise.all(this.domains.map((domain) => this.#getItem(viewerId, domain)));
    return items.some((item) => item !== undefined);
  }

  async #query(viewerId: string, limit?: number): Promise<readonly AttributeMap[]> {
    const items: AttributeMap[] = [];
    let from: AttributeMap | undefined;
    do {
      const page = await this.#client.query({
        TableName: this.#table,
        KeyConditionExpression: '#p = :p AND begins_with(#s, :s)',
        ExpressionAttributeNames: { '#p': this.#partitionKey.name, '#s': this.#sortKey },
        ExpressionAttributeValues: { ':p': this.#partitionValue(viewerId), ':s': { S: this.#prefix } },
        ...(limit === undefined ? {} : { Limit: limit }),
        ...(from === undefined ? {} : { ExclusiveStartKey: from }),
      });
      items.push(...page.Items);
      from = page.LastEvaluatedKey;
    } while (from !== undefined && limit === undefined);
    return items;
  }

  #decode(item: AttributeMap): DomainProfile {
    const written_at_ms = numberOf(item[WRITTEN_AT_ATTRIBUTE]);
    return {
      status: 'present',
      attributes: plainObject(this.#metrics(item)),
      version: numberOf(item[VERSION_ATTRIBUTE]),
      written_at_ms,
      age_ms: written_at_ms === undefined ? undefined : Math.max(0, this.#clock.now_ms() - written_at_ms),
    };
  }

  /** An item without its key and bookkeeping. */
  #metrics(item: AttributeMap): AttributeMap {
    const hidden = [this.#partitionKey.name, this.#sortKey];
    return Object.fromEntries(
      Object.entries(item).filter(([name]) => !hidden.includes(name) && !name.startsWith('_')),
    );
  }
}

function numberOf(value: AttributeMap[string] | undefined): number | undefined {
  if (value === undefined) return undefined;
  const plain = plainJson(value);
  return typeof plain === 'number' ? plain : undefined;
}
