import type { RecordFormat } from '../connector.ts';
import { createCsvDecoder } from './decoder.ts';
import { CSV_ENCODING } from './options.ts';

export const CSV_FORMAT: RecordFormat = {
  spec: CSV_ENCODING,
  formats: ['plain'],
  createDecoder: (source, wanted) => createCsvDecoder(source, wanted),
};
