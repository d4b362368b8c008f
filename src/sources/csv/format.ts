import type { SourceDef } from '../../plan/pipeline.ts';
import { SourceError } from '../source.ts';

/** How a CSV source is written: options of `ENCODE CSV (...)`. */
export interface CsvFormat {
  /** The delimiter, one ASCII byte. */
  readonly delimiter: number;
  /** The first record of a file names the fields. */
  readonly header: boolean;
}

const NAMED: ReadonlyMap<string, string> = new Map([
  ['tab', '\t'],
  ['\\t', '\t'],
  ['comma', ','],
  ['semicolon', ';'],
  ['pipe', '|'],
]);

/** Reads `without_header` and `delimiter`. Throws SourceError for values that make no sense. */
export function csvFormat(source: Pick<SourceDef, 'name' | 'encodeOptions'>): CsvFormat {
  const written = source.encodeOptions.get('delimiter')?.value ?? ',';
  const delimiter = NAMED.get(written.toLowerCase()) ?? written;
  const code = delimiter.charCodeAt(0);
  if (delimiter.length !== 1 || code > 127 || code === 34 || code === 10 || code === 13) {
    throw new SourceError(source.name, `delimiter ${JSON.stringify(written)} is not one ASCII character`, {
      hint: "use a character such as ',' or ';', or 'tab'",
    });
  }
  const withoutHeader = source.encodeOptions.get('without_header')?.value.toLowerCase() ?? 'false';
  if (withoutHeader !== 'true' && withoutHeader !== 'false') {
    throw new SourceError(
      source.name,
      `without_header ${JSON.stringify(withoutHeader)} is neither true nor false`,
    );
  }
  return { delimiter: code, header: withoutHeader === 'false' };
}
