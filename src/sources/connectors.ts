import type { RecordFormat, SourceConnector } from './connector.ts';
import { CSV_FORMAT } from './csv/format.ts';
import { POSIX_FS_SOURCE } from './file/connector.ts';
import { JSON_FORMAT } from './json/format.ts';
import { KAFKA_SOURCE } from './kafka/connector.ts';

/** Source connectors by their names in SQL. */
export const SOURCE_CONNECTORS: ReadonlyMap<string, SourceConnector> = new Map(
  [KAFKA_SOURCE, POSIX_FS_SOURCE].map((connector) => [connector.spec.name, connector]),
);

/** Encodings of records by their names in SQL. */
export const RECORD_FORMATS: ReadonlyMap<string, RecordFormat> = new Map(
  [JSON_FORMAT, CSV_FORMAT].map((format) => [format.spec.name, format]),
);
