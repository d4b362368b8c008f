import { TEXT, integerOption, oneOf } from './option.ts';
import type { ConnectorSpec } from './option.ts';

/** `connector = 'posix_fs'` of a source: files of a folder. */
export const POSIX_FS: ConnectorSpec = {
  name: 'posix_fs',
  about: 'NDJSON or CSV files in a folder',
  options: [
    { name: 'posix_fs.root', value: TEXT, required: true, about: 'the folder' },
    { name: 'match_pattern', value: TEXT, about: 'which files, as a glob under the folder; left out: all' },
    {
      name: 'refresh.interval.sec',
      value: integerOption(1, 86_400),
      default: '60',
      about: 'how often to look for new files, in seconds',
    },
    {
      name: 'compression_format',
      value: oneOf('none', 'gzip'),
      default: 'none',
      about: 'how the files are compressed',
    },
    { name: 'parquet.case_insensitive', value: TEXT, about: 'of Parquet files', support: 'later' },
  ],
};
