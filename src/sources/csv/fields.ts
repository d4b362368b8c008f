import { isUtf8 } from 'node:buffer';
import { SourceError } from '../source.ts';
import type { CsvDialect } from './dialect.ts';
import { closingQuote } from './split-csv.ts';

/** The fields of one record: text, or null for an empty unquoted field. */
export type CsvFields = readonly (string | null)[];

/** Splits the record `bytes[start, end)` into fields (RFC 4180). Returns a message if the record is malformed. */
export function csvFields(
  bytes: Uint8Array,
  start: number,
  end: number,
  delimiter: number,
): CsvFields | string {
  if (!isUtf8(bytes.subarray(start, end))) return 'invalid UTF-8';
  const text = (from: number, to: number): string =>
    Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8');
  const fields: (string | null)[] = [];
  let p = start;
  for (;;) {
    if (p < end && bytes[p] === 34) {
      const close = closingQuote(bytes, p + 1, end);
      if (close === -1) return `unterminated quote in field ${fields.length + 1}`;
      if (close + 1 < end && bytes[close + 1] !== delimiter) {
        return `text after the closing quote of field ${fields.length + 1}`;
      }
      fields.push(text(p + 1, close).replaceAll('""', '"'));
      p = close + 1;
    } else {
      const from = p;
      while (p < end && bytes[p] !== delimiter) {
        if (bytes[p] === 34) return `quote inside unquoted field ${fields.length + 1}`;
        p++;
      }
      fields.push(p === from ? null : text(from, p));
    }
    if (p >= end) return fields;
    p++;
  }
}

/** Returns the field names in a file's first record. Throws SourceError if the record is malformed. */
export function headerOf(
  record: Uint8Array,
  csv: CsvDialect,
  source: string,
  file: string,
): readonly string[] {
  const names = csvFields(record, 0, record.length, csv.delimiter);
  if (typeof names !== 'string') return names.map((name) => name ?? '');
  throw new SourceError(source, `${file}: the header is not a CSV record: ${names}`, {
    hint: "if the file has no header, use ENCODE CSV (without_header = 'true')",
  });
}
