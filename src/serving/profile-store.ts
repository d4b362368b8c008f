import type { DynamoDbClient } from '../dynamodb/client.ts';
import type { Clock } from '../platform/clock.ts';
import { clientTransport } from '../client/client-transport.ts';
import type { ItemAttributes } from '../client/item-attributes.ts';
import { dailyWindowsReader } from '../client/layouts/daily-windows.ts';
import { packedReader } from '../client/layouts/packed.ts';
import { readerOf } from '../client/layouts/readers.ts';
import type { DomainReader } from '../client/layouts/layout.ts';
import type { ReadOptions } from '../client/options.ts';
import { ProfileReads, type AnyDomain, type AnyDomains } from '../client/profile-reads.ts';
import { tagOf, type ColumnSchema, type DomainSchema, type ProfileKeySchema } from '../client/schema.ts';
import { keyOfTable } from './profile-key.ts';

/** The prefix of the sort keys of the shipped pipeline's domains. */
const DEFAULT_PREFIX = 'engagement#';

/** The domains of the shipped pipeline, with those columns that hold JSONB, which RisingWave writes as text. */
export const DEFAULT_DOMAINS: Readonly<Record<string, DomainSchema>> = Object.fromEntries(
  ['watch', 'session', 'interactions', 'preferences', 'history'].map((name) => {
    const json = name === 'preferences' ? [{ name: 'genre_affinity', type: 'JSONB', json: 0 }] : [];
    return [name, itemSchema(DEFAULT_PREFIX + name, json)];
  }),
);

export interface Profile {
  readonly viewer_id: string;
  /** `absent` if the viewer has no item at all. */
  readonly status: 'present' | 'absent';
  readonly domains: ReadonlyMap<string, AnyDomain>;
}

export interface ProfileStoreOptions {
  readonly table: string;
  /** The domains of the pipeline by name; those of the shipped pipeline if undefined. */
  readonly domains?: Readonly<Record<string, DomainSchema>> | undefined;
  /** The names of the domains of a complete profile, also of other pipelines. Default: all in `domains`. */
  readonly names?: readonly string[] | undefined;
  /** The table's key; read from DynamoDB if undefined. */
  readonly key?: ProfileKeySchema | undefined;
  /**
   * Prefix of the sort keys of domains. Items under it that belong to no domain are domains of other pipelines. If it
   * is empty, only the domains of the profile are read. Default: `engagement#`.
   */
  readonly prefix?: string | undefined;
  readonly clock: Clock;
}

interface Opened {
  readonly key: ProfileKeySchema;
  readonly reads: ProfileReads;
}

/**
 * Reads viewers' profiles through the profile client. It adds what a server needs that does not know all domains: those
 * of other pipelines in the same table, and whether a viewer is known at all. Methods reject with DynamoDbError or
 * ProfileReadError if the table cannot be read.
 */
export class ProfileStore {
  /** The names of the domains of a complete profile. */
  readonly domains: readonly string[];
  readonly #client: DynamoDbClient;
  readonly #options: ProfileStoreOptions;
  readonly #prefix: string;
  readonly #schemas: Readonly<Record<string, DomainSchema>>;
  readonly #keyOf: () => Promise<ProfileKeySchema>;
  #opened: Opened | undefined;

  constructor(client: DynamoDbClient, options: ProfileStoreOptions) {
    this.#client = client;
    this.#options = options;
    this.#prefix = options.prefix ?? DEFAULT_PREFIX;
    this.#schemas = schemasOf(options, this.#prefix);
    // A domain with a row per day is no part of a profile; one whose days are added up is.
    this.domains = Object.keys(this.#schemas).filter((name) => {
      const { layout, windows } = this.#schemas[name]!;
      return layout !== 'daily' || windows !== undefined;
    });
    const { key } = options;
    this.#keyOf = key === undefined ? keyOfTable(client, options.table) : () => Promise.resolve(key);
  }

  /**
   * Resolves to the table's key. Rejects, like every read, with DynamoDbError if DynamoDB does not answer, and with
   * ApiProblem `no-profiles` if the table has another kind of key.
   */
  key(): Promise<ProfileKeySchema> {
    return this.#keyOf();
  }

  /**
   * Reads all domains of a viewer, or the given ones. `viewerId` is the value of the partition key, as text.
   */
  async getProfile(viewerId: string, domains?: readonly string[], options?: ReadOptions): Promise<Profile> {
    const opened = await this.#open();
    const { key, reads } = opened;
    const found = await (domains === undefined
      ? this.#all(opened, viewerId, options)
      : reads.readBy(
          domains.flatMap(
            (name) => reads.reader(name) ?? (key.sort === undefined ? [] : this.#otherDomain(name, key)),
          ),
          viewerId,
          options,
        ));
    const known =
      isAny(found) || (domains !== undefined && isAny(await this.#all(opened, viewerId, options)));
    const names = domains ?? [...new Set([...this.domains, ...Object.keys(found)])];
    return {
      viewer_id: viewerId,
      status: known ? 'present' : 'absent',
      domains: new Map(names.map((name) => [name, found[name] ?? { status: 'absent' }])),
    };
  }

  /** Reads a domain that is no part of profiles, as plain JSON without key and bookkeeping; undefined if it is absent. */
  async getItem(viewerId: string, domain: DomainSchema): Promise<ItemAttributes | undefined> {
    const { key, reads } = await this.#open();
    const reader = readerOf('item', domain, key);
    const { item } = await reads.readBy([reader], viewerId);
    return item !== undefined && 'metrics' in item ? item.metrics : undefined;
  }

  /** Resolves if the table exists and can be read, and rejects otherwise. */
  async check(): Promise<void> {
    const table = await this.#client.describeTable(this.#options.table);
    if (table === undefined) throw new Error(`there is no table ${this.#options.table}`);
    await this.#keyOf();
  }

  async #open(): Promise<Opened> {
    const key = await this.#keyOf();
    if (this.#opened?.key !== key) {
      const { table, clock } = this.#options;
      const schema = { table, key, domains: this.#schemas };
      const layouts = { packed: packedReader, dailyWindows: dailyWindowsReader };
      const reads = new ProfileReads(schema, clientTransport(this.#client), {}, { clock, layouts });
      this.#opened = { key, reads };
    }
    return this.#opened;
  }

  /** Reads all domains: by one Query, which finds those of other pipelines too, if the prefix covers all items. */
  #all({ key, reads }: Opened, viewerId: string, options: ReadOptions | undefined): Promise<AnyDomains> {
    const readers = this.domains.map((name) => reads.reader(name)!);
    const isUnderPrefix =
      this.#prefix !== '' &&
      readers.every(
        ({ sortKeys, range }) =>
          range === undefined && sortKeys.every((sortKey) => sortKey.startsWith(this.#prefix)),
      );
    if (!isUnderPrefix) return reads.readBy(readers, viewerId, options);
    return reads.readUnder(this.#prefix, (rest) => this.#otherDomain(rest, key), viewerId, options);
  }

  /** Returns the reader of a domain of another pipeline, whose columns are not known; the table has a sort key. */
  #otherDomain(name: string, key: ProfileKeySchema): DomainReader {
    return readerOf(name, itemSchema(this.#prefix + name), key);
  }
}

function schemasOf(
  { domains, names }: ProfileStoreOptions,
  prefix: string,
): Readonly<Record<string, DomainSchema>> {
  const known = domains ?? (prefix === DEFAULT_PREFIX ? DEFAULT_DOMAINS : {});
  return Object.fromEntries(
    (names ?? Object.keys(known)).map((name) => [
      name,
      Object.hasOwn(known, name) ? known[name]! : itemSchema(prefix + name),
    ]),
  );
}

function itemSchema(sortKey: string, columns: readonly ColumnSchema[] = []): DomainSchema {
  return { layout: 'domain', sortKey, tag: tagOf(sortKey), columns };
}

function isAny(domains: AnyDomains): boolean {
  return Object.values(domains).some(({ status }) => status !== 'absent');
}
