import { defineConnector, oneOf } from '../../connectors/option.ts';

/** `ENCODE JSON (...)` of a source. */
export const JSON_ENCODING = defineConnector({
  name: 'json',
  about: 'one JSON object per record',
  options: {
    timestamptzHandling: {
      name: 'timestamptz.handling.mode',
      value: oneOf('guess_number_unit', 'micro', 'milli', 'utc_string', 'utc_without_suffix'),
      default: 'guess_number_unit',
      about:
        'the unit of numbers in TIMESTAMPTZ columns: guessed from their size, from seconds to nanoseconds; with ' +
        '`utc_string` and `utc_without_suffix` only text is read',
    },
    writer: {
      name: 'freshet.writer',
      value: oneOf('risingwave', 'flink', 'debezium'),
      about:
        'the program whose JSON this is, which decides how dates, times, decimals, bytes and JSONB are written; ' +
        'with FORMAT DEBEZIUM `debezium`',
    },
    jsonb: {
      name: 'freshet.jsonb',
      value: oneOf('string', 'dynamic'),
      about:
        'how JSONB columns are written: as text that holds JSON, or as JSON; `string` for the writers `risingwave` ' +
        'and `debezium`, otherwise `dynamic`',
    },
  },
});
