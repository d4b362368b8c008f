import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import type { FastifyInstance } from 'fastify';
import { Ingest } from '../../src/runtime/ingest.ts';
import { createApi } from '../../src/serving/api.ts';
import type { ApiDeps } from '../../src/serving/api-deps.ts';
import { ProfileStore } from '../../src/serving/profile-store.ts';
import { SYSTEM_CLOCK } from '../../src/platform/clock.ts';
import type { DynamoDbClient } from '../../src/dynamodb/client.ts';
import type { AttributeMap } from '../../src/dynamodb/wire.ts';
import { startLocalDynamoDb } from '../../src/embedded-dynamodb/start.ts';
import { LocalTopic } from '../../src/sources/log/topic.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadParser } from '../../src/sql/parser.ts';
import { clientFor } from '../sinks/support/sinks.ts';

export const TABLE = 'viewer_profiles';
export const WRITTEN_MS = Date.UTC(2026, 2, 15, 12);

export interface Profiles {
  readonly client: DynamoDbClient;
  readonly store: ProfileStore;
  put(items: readonly AttributeMap[]): Promise<void>;
  api(deps?: Partial<ApiDeps>): Promise<FastifyInstance>;
  close(): Promise<void>;
}

/** Starts an embedded DynamoDB with an empty table of profiles. */
export async function openProfiles(): Promise<Profiles> {
  const local = await startLocalDynamoDb();
  const client = clientFor(local.endpoint);
  await client.createTable(TABLE, [
    { name: 'viewer_id', type: 'N' },
    { name: 'sk', type: 'S' },
  ]);
  while ((await client.describeTable(TABLE))?.TableStatus !== 'ACTIVE');
  const clock = { ...SYSTEM_CLOCK, now_us: () => (WRITTEN_MS + 1500) * 1000 };
  const store = new ProfileStore(client, { table: TABLE, clock });
  return {
    client,
    store,
    put: async (items) => {
      const requests = items.map((Item) => ({ PutRequest: { Item } }));
      await client.batchWriteItem(JSON.stringify({ RequestItems: { [TABLE]: requests } }));
    },
    api: (deps = {}) => createApi({ store, clock, registry: new Registry(), ...deps }),
    close: async () => {
      await client.close();
      await local.close();
    },
  };
}

export interface IngestTopic {
  readonly ingest: Ingest;
  readonly topic: LocalTopic;
  /** Returns the payloads in the topic as they are stored. */
  stored(): Promise<string[]>;
  close(): Promise<void>;
}

/** Opens ingest for the source `view_events`, whose column viewer_id is NOT NULL, into a topic on disk. */
export async function openIngest(): Promise<IngestTopic> {
  await loadParser();
  const text = 'CREATE TABLE view_events (viewer_id BIGINT NOT NULL, seconds INT, at TIMESTAMP, tags JSONB);';
  const { pipeline } = bindPipeline('test', [{ name: 'test.sql', text }], {});
  const dir = await mkdtemp(join(tmpdir(), 'freshet-ingest-'));
  const topic = await LocalTopic.open(dir);
  return {
    ingest: new Ingest([{ source: pipeline!.sources[0]!, topic }]),
    topic,
    stored: async () => {
      const reader = topic.reader();
      await reader.open(new Map());
      const payloads: string[] = [];
      for (;;) {
        const batch = await reader.poll(1000, 0);
        if (batch === undefined) break;
        const { bytes, starts, ends, count } = batch;
        for (let i = 0; i < count; i++) {
          payloads.push(Buffer.from(bytes.subarray(starts[i]!, ends[i])).toString());
        }
      }
      await reader.close();
      return payloads;
    },
    close: async () => {
      await topic.close();
      await rm(dir, { recursive: true });
    },
  };
}

/** Returns an item as the sink writes it. */
export function item(viewer: number, sk: string, attributes: AttributeMap): AttributeMap {
  return {
    viewer_id: { N: `${viewer}` },
    sk: { S: sk },
    ...attributes,
    _v: { N: '17' },
    _w: { N: `${WRITTEN_MS}` },
  };
}

export function texts(...values: readonly (string | null)[]): AttributeMap[string] {
  return { L: values.map((value) => (value === null ? { NULL: true } : { S: value })) };
}
