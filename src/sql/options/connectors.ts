import { DYNAMODB } from './dynamodb.ts';
import { KAFKA } from './kafka.ts';
import type { ConnectorSpec } from './option.ts';
import { POSIX_FS } from './posix-fs.ts';

export const SOURCE_CONNECTORS: ReadonlyMap<string, ConnectorSpec> = new Map(
  [KAFKA, POSIX_FS].map((c) => [c.name, c]),
);
export const SINK_CONNECTORS: ReadonlyMap<string, ConnectorSpec> = new Map(
  [DYNAMODB].map((c) => [c.name, c]),
);

/** RisingWave's that are not supported yet, with what to do instead. */
export const LATER_SOURCES: ReadonlyMap<string, string | undefined> = new Map([
  ['datagen', 'use freshet simulate, or a local topic that a test fills'],
  ['batch_posix_fs', 'use posix_fs'],
  ['webhook', 'every source takes events by HTTP: POST /v1/sources/{source}/events'],
  ['kinesis', undefined],
  ['pulsar', undefined],
  ['google_pubsub', undefined],
  ['mqtt', undefined],
  ['nats', undefined],
  ['s3', undefined],
  ['s3_v2', undefined],
  ['gcs', undefined],
  ['azblob', undefined],
  ['iceberg', undefined],
  ['mysql-cdc', undefined],
  ['postgres-cdc', undefined],
  ['mongodb-cdc', undefined],
  ['sqlserver-cdc', undefined],
]);
export const LATER_SINKS: ReadonlyMap<string, string | undefined> = new Map([
  ['kafka', undefined],
  ['iceberg', undefined],
  ['postgres', undefined],
  ['mysql', undefined],
  ['jdbc', undefined],
  ['blackhole', undefined],
  ['redis', undefined],
  ['elasticsearch', undefined],
  ['opensearch', undefined],
  ['clickhouse', undefined],
  ['deltalake', undefined],
  ['kinesis', undefined],
  ['pulsar', undefined],
  ['nats', undefined],
  ['mqtt', undefined],
  ['snowflake', undefined],
  ['bigquery', undefined],
  ['cassandra', undefined],
  ['mongodb', undefined],
  ['s3', undefined],
  ['gcs', undefined],
  ['azblob', undefined],
  ['webhdfs', undefined],
  ['doris', undefined],
  ['starrocks', undefined],
  ['sqlserver', undefined],
  ['google_pubsub', undefined],
]);
