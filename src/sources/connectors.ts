import { CSV_ENCODING, JSON_ENCODING } from '../sql/options/encodings.ts';
import type { RecordFormat, SourceConnector } from './connector.ts';
import { createCsvDecoder } from './csv/decoder.ts';
import { posixFsConnector } from './file/connector.ts';
import { createJsonDecoder } from './json/decoder.ts';
import { kafkaConnector } from './kafka/connector.ts';

/** Connectors by their names in SQL. */
export const SOURCE_READERS: ReadonlyMap<string, SourceConnector> = new Map(
  [kafkaConnector, posixFsConnector].map((connector) => [connector.spec.name, connector]),
);

const json: RecordFormat = { spec: JSON_ENCODING, createDecoder: createJsonDecoder };
const csv: RecordFormat = {
  spec: CSV_ENCODING,
  createDecoder: (source, wanted) => createCsvDecoder(source, wanted),
};

/** Formats of records by their names in SQL. */
export const RECORD_FORMATS: ReadonlyMap<string, RecordFormat> = new Map(
  [json, csv].map((format) => [format.spec.name, format]),
);
