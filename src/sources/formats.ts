import type { RecordFormat } from './connector.ts';
import { CSV_FORMAT } from './csv/format.ts';
import { LINES, type RecordFraming } from './framing.ts';
import { JSON_FORMAT } from './json/format.ts';
import type { SourceDef } from '../plan/pipeline.ts';

/** Encodings of records by their names in SQL. */
export const RECORD_FORMATS: ReadonlyMap<string, RecordFormat> = new Map(
  [JSON_FORMAT, CSV_FORMAT].map((format) => [format.spec.name, format]),
);

/** Returns how files in a format are cut into the records of a source. */
export function framingOf(format: RecordFormat | undefined, source: SourceDef): RecordFraming {
  return format?.framing?.(source) ?? LINES;
}

/** Returns the format of a file for a source: the one with its extension, else that of the source's ENCODE. */
export function formatOfFile(path: string, { encode }: SourceDef): RecordFormat {
  const extension = /\.([a-z]+)(?:\.gz)?$/i.exec(path)?.[1]?.toLowerCase() ?? '';
  const named = [...RECORD_FORMATS.values()].find(({ extensions }) => extensions.includes(extension));
  return named ?? RECORD_FORMATS.get(encode) ?? JSON_FORMAT;
}
