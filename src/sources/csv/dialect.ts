import { readSettings } from '../../connectors/settings.ts';
import type { SourceDef } from '../../plan/pipeline.ts';
import { CSV_ENCODING } from './options.ts';

/** The CSV dialect that the options of `ENCODE CSV (...)` describe. */
export interface CsvDialect {
  /** The delimiter, one ASCII byte. */
  readonly delimiter: number;
  /** True if the first record of a file names the fields. */
  readonly header: boolean;
}

const NAMED: ReadonlyMap<string, string> = new Map([
  ['tab', '\t'],
  ['\\t', '\t'],
  ['comma', ','],
  ['semicolon', ';'],
  ['pipe', '|'],
]);

/** Returns the dialect of a source with `ENCODE CSV (...)`. */
export function csvDialect(source: Pick<SourceDef, 'encodeOptions'>): CsvDialect {
  const { delimiter, withoutHeader } = readSettings(CSV_ENCODING, source.encodeOptions);
  const character = NAMED.get(delimiter.toLowerCase()) ?? delimiter;
  return { delimiter: character.charCodeAt(0), header: !withoutHeader };
}
