import { BOOLEAN_OPTION, defineConnector } from '../../connectors/option.ts';

/** `ENCODE CSV (...)` of a source. */
export const CSV_ENCODING = defineConnector({
  name: 'csv',
  about: 'one line of values per record; the first line of a file names the columns',
  options: {
    delimiter: {
      name: 'delimiter',
      value: { kind: 'character', names: ['tab', '\\t', 'comma', 'semicolon', 'pipe'] },
      default: ',',
      about: 'the character that separates values',
    },
    withoutHeader: {
      name: 'without_header',
      value: BOOLEAN_OPTION,
      default: 'false',
      about: 'the files have no header line: values are in the order of the columns of the source',
    },
  },
});
