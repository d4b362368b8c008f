import { defineConnector, oneOf } from '../../connectors/option.ts';

/** `ENCODE JSON (...)` of a source. */
export const JSON_ENCODING = defineConnector({
  name: 'json',
  about: 'one JSON object per record',
  options: {
    timestamptzHandling: {
      name: 'timestamptz.handling.mode',
      value: oneOf('guess_number_unit', 'micro', 'milli', 'utc_string', 'utc_without_suffix'),
      laterValues: ['micro', 'milli', 'utc_string', 'utc_without_suffix'],
      default: 'guess_number_unit',
      about:
        'the unit of numbers in TIMESTAMPTZ columns: guessed from their size, from seconds to nanoseconds',
    },
  },
});
