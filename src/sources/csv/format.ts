import type { RecordFormat } from '../connector.ts';
import { createCsvDecoder } from './decoder.ts';
import { csvDialect } from './dialect.ts';
import { headerOf } from './fields.ts';
import { CSV_ENCODING } from './options.ts';
import { splitCsv } from './split-csv.ts';

export const CSV_FORMAT: RecordFormat = {
  spec: CSV_ENCODING,
  formats: ['plain'],
  extensions: ['csv'],
  framing(source) {
    const dialect = csvDialect(source);
    return {
      ...(dialect.header
        ? {
            headerOf: (record: Uint8Array, name: string, file: string) =>
              headerOf(record, dialect, name, file),
          }
        : {}),
      split: (bytes, options) => splitCsv(bytes, { ...options, delimiter: dialect.delimiter }),
    };
  },
  createDecoder: (source, wanted, _pool, options) => createCsvDecoder(source, wanted, options),
};
