import { SYSTEM_CLOCK, type Clock } from '../../../src/platform/clock.ts';
import { ProfileReads } from '../../../src/client/profile-reads.ts';
import type { ProfileClientOptions } from '../../../src/client/options.ts';
import type { DomainSchema, ProfileSchema, ViewerIdType } from '../../../src/client/schema.ts';
import { tagOf } from '../../../src/client/schema.ts';
import { signedTransport } from '../../../src/client/signed-transport.ts';
import type { AttributeMap, AttributeValue } from '../../../src/dynamodb/wire.ts';
import { startLocalDynamoDb } from '../../../src/embedded-dynamodb/start.ts';
import { clientFor } from '../../sinks/support/sinks.ts';
import { FaultyProxy } from './faulty-proxy.ts';

export const NOW_MS = Date.UTC(2026, 2, 15, 12);
/** A clock that stands still at noon, with the timers of the machine. */
export const NOON: Clock = { ...SYSTEM_CLOCK, now_us: () => NOW_MS * 1000 };

/** Options for a machine that is busy. */
export const PATIENT: ProfileClientOptions = { deadline_ms: 60_000 };

export interface ProfileTable {
  readonly name: string;
  readonly proxy: FaultyProxy;
  /** The endpoint of the proxy. */
  readonly endpoint: string;
  put(items: readonly AttributeMap[]): Promise<void>;
  schema(domains: Readonly<Record<string, DomainSchema>>): ProfileSchema;
  /** Opens a client of the proxy, which the table closes with itself. */
  open(schema: ProfileSchema, options?: ProfileClientOptions, clock?: Clock): ProfileReads;
  close(): Promise<void>;
}

/** Starts an embedded DynamoDB with an empty table, and a proxy before it. */
export async function openProfileTable(type: ViewerIdType = 'N'): Promise<ProfileTable> {
  const local = await startLocalDynamoDb();
  const proxy = new FaultyProxy(local.endpoint);
  const endpoint = await proxy.listen();
  const name = 'profiles';
  const client = clientFor(local.endpoint);
  await client.createTable(name, [
    { name: 'viewer', type },
    { name: 'sk', type: 'S' },
  ]);
  while ((await client.describeTable(name))?.TableStatus !== 'ACTIVE');
  const opened: ProfileReads[] = [];
  const keep = (reads: ProfileReads): ProfileReads => {
    opened.push(reads);
    return reads;
  };
  return {
    name,
    proxy,
    endpoint,
    put: async (items) => {
      for (let i = 0; i < items.length; i += 25) {
        const requests = items.slice(i, i + 25).map((Item) => ({ PutRequest: { Item } }));
        await client.batchWriteItem(JSON.stringify({ RequestItems: { [name]: requests } }));
      }
    },
    schema: (domains) => ({ table: name, key: { partition: { name: 'viewer', type }, sort: 'sk' }, domains }),
    open: (schema, options, clock = NOON) =>
      keep(
        new ProfileReads(
          schema,
          signedTransport({ endpoint, env: {} }),
          { ...PATIENT, ...options },
          { clock },
        ),
      ),
    close: async () => {
      await Promise.all(opened.map((reads) => reads.close()));
      await client.close();
      await proxy.close();
      await local.close();
    },
  };
}

/** Returns a domain with these columns, given as name to SQL type. */
export function domain(
  layout: DomainSchema['layout'],
  sortKey: string,
  columns: Readonly<Record<string, string>> = {},
): DomainSchema {
  return {
    layout,
    sortKey,
    tag: tagOf(sortKey),
    columns: Object.entries(columns).map(([name, sql]) => ({
      name,
      type: sql,
      ...(sql.startsWith('JSONB') ? { json: (sql.length - 5) / 2 } : {}),
    })),
  };
}

/** Returns an item of viewer `viewer` with the bookkeeping of a write 1.5 s before noon. */
export function written(
  viewer: number | string,
  sk: string,
  attributes: Readonly<Record<string, AttributeValue>>,
): AttributeMap {
  return {
    ...bare(viewer, sk, attributes),
    _v: { N: '17' },
    _w: { N: `${NOW_MS - 1500}` },
  };
}

/** Returns an item without bookkeeping, as RisingWave writes it. */
export function bare(
  viewer: number | string,
  sk: string,
  attributes: Readonly<Record<string, AttributeValue>>,
): AttributeMap {
  return {
    viewer: typeof viewer === 'number' ? { N: `${viewer}` } : { S: viewer },
    sk: { S: sk },
    ...attributes,
  };
}

/** What a result says about an item of {@link written}. */
export const FACTS = { version: 17, written_at_ms: NOW_MS - 1500, age_ms: 1500 };
/** What a result says about an item of {@link bare}. */
export const NO_FACTS = { version: undefined, written_at_ms: undefined, age_ms: undefined };
