import { BOOLEAN_OPTION, defineConnector, oneOf } from './option.ts';
import type { ConnectorSpec } from './option.ts';

export const JSON_ENCODING = defineConnector({
  name: 'json',
  about: 'one JSON object per record',
  options: {
    timestamptzHandling: {
      name: 'timestamptz.handling.mode',
      value: oneOf('guess_number_unit', 'micro', 'milli', 'utc_string', 'utc_without_suffix'),
      laterValues: ['micro', 'milli', 'utc_string', 'utc_without_suffix'],
      default: 'guess_number_unit',
      about: 'how numbers become TIMESTAMPTZ: seconds to nanoseconds, by their size',
    },
  },
});

export const CSV_ENCODING = defineConnector({
  name: 'csv',
  about: 'one line of values per record; the first line of a file names the columns',
  options: {
    delimiter: {
      name: 'delimiter',
      value: { kind: 'character', names: ['tab', '\\t', 'comma', 'semicolon', 'pipe'] },
      default: ',',
      about: 'what separates values: one character, or tab',
    },
    withoutHeader: {
      name: 'without_header',
      value: BOOLEAN_OPTION,
      default: 'false',
      about: 'no line names the columns: they are in the order of the source',
    },
  },
});

/** `ENCODE ... (options)`. */
export const ENCODINGS: readonly ConnectorSpec[] = [JSON_ENCODING, CSV_ENCODING];

/** Formats and the encodings each goes with here. */
export const FORMATS: ReadonlyMap<string, readonly string[]> = new Map([
  ['plain', ['json', 'csv']],
  ['upsert', ['json']],
  ['debezium', ['json']],
]);

/** RisingWave's that are not supported yet. */
export const LATER_FORMATS: readonly string[] = ['debezium_mongo', 'maxwell', 'canal', 'native', 'none'];
export const LATER_ENCODINGS: readonly string[] = [
  'avro',
  'protobuf',
  'bytes',
  'parquet',
  'native',
  'none',
  'text',
];
