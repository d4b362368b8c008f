import type { SourceConnector } from './connector.ts';
import { POSIX_FS_SOURCE } from './file/connector.ts';
import { KAFKA_SOURCE } from './kafka/connector.ts';

/** Source connectors by their names in SQL. */
export const SOURCE_CONNECTORS: ReadonlyMap<string, SourceConnector> = new Map(
  [KAFKA_SOURCE, POSIX_FS_SOURCE].map((connector) => [connector.spec.name, connector]),
);
