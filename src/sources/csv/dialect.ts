import { readSettings } from '../../connectors/settings.ts';
import type { SourceDef } from '../../plan/pipeline.ts';
import { CSV_ENCODING } from './options.ts';

/** How a CSV source is written: options of `ENCODE CSV (...)`. */
export interface CsvDialect {
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

/** What `ENCODE CSV (...)` says. */
export function csvDialect(source: Pick<SourceDef, 'encodeOptions'>): CsvDialect {
  const { delimiter, withoutHeader } = readSettings(CSV_ENCODING, source.encodeOptions);
  const character = NAMED.get(delimiter.toLowerCase()) ?? delimiter;
  return { delimiter: character.charCodeAt(0), header: !withoutHeader };
}
