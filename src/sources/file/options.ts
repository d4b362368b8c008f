import { TEXT, defineConnector, integerOption, oneOf } from '../../connectors/option.ts';

/** The options of a source with `connector = 'posix_fs'`, which reads the files of a folder. */
export const POSIX_FS = defineConnector({
  name: 'posix_fs',
  about: 'NDJSON or CSV files in a folder',
  options: {
    root: {
      name: 'posix_fs.root',
      value: TEXT,
      required: true,
      about: "the folder to read; a relative path starts from the pipeline's folder",
    },
    matchPattern: {
      name: 'match_pattern',
      value: TEXT,
      about:
        'the files to read, as a glob under the folder: `*` and `?` within a name, `**` across folders, `{a,b}`, ' +
        '`[a-z]`; if omitted, all files except hidden ones',
    },
    refreshInterval_s: {
      name: 'refresh.interval.sec',
      value: integerOption(1, 86_400),
      about:
        'seconds between checks for new files and new lines; if omitted, the files are read once and the source ends',
    },
    compression: {
      name: 'compression_format',
      value: oneOf('none', 'gzip'),
      about: 'the compression of the files; if omitted, files whose names end in .gz are gzip',
    },
    parquetCaseInsensitive: {
      name: 'parquet.case_insensitive',
      value: TEXT,
      about: 'match the column names of Parquet files regardless of case',
      isLater: true,
    },
  },
});
