import type { SinkConnector } from './connector.ts';
import { DYNAMODB_SINK } from './dynamodb/connector.ts';
import { POSIX_FS_SINK } from './file/connector.ts';

/** Sink connectors by their names in SQL. */
export const SINK_CONNECTORS: ReadonlyMap<string, SinkConnector> = new Map(
  [DYNAMODB_SINK, POSIX_FS_SINK].map((connector) => [connector.spec.name, connector]),
);
