import type { RecordFormat } from '../connector.ts';
import { createJsonDecoder } from './decoder.ts';
import { JSON_ENCODING } from './options.ts';

export const JSON_FORMAT: RecordFormat = {
  spec: JSON_ENCODING,
  formats: ['plain', 'upsert', 'debezium'],
  extensions: ['json', 'jsonl', 'ndjson'],
  createDecoder: createJsonDecoder,
};
