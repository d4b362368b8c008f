import type { SinkConnector } from './connector.ts';
import { DYNAMODB_SINK } from './dynamodb/connector.ts';

/** Sink connectors by their names in SQL. */
export const SINK_CONNECTORS: ReadonlyMap<string, SinkConnector> = new Map(
  [DYNAMODB_SINK].map((connector) => [connector.spec.name, connector]),
);
