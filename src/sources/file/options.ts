import { TEXT, defineConnector, integerOption, oneOf } from '../../connectors/option.ts';

/** `connector = 'posix_fs'` of a source: files of a folder. */
export const POSIX_FS = defineConnector({
  name: 'posix_fs',
  about: 'NDJSON or CSV files in a folder',
  options: {
    root: {
      name: 'posix_fs.root',
      value: TEXT,
      required: true,
      about: "the folder; a relative one starts from the pipeline's own folder",
    },
    matchPattern: {
      name: 'match_pattern',
      value: TEXT,
      about:
        'which files, as a glob under the folder: `*` and `?` within a name, `**` across folders, `{a,b}`, `[a-z]`; ' +
        'left out: all but hidden ones',
    },
    refreshInterval_s: {
      name: 'refresh.interval.sec',
      value: integerOption(1, 86_400),
      about:
        'how often to look for new files and new lines, in seconds; left out: read what there is once, and end',
    },
    compression: {
      name: 'compression_format',
      value: oneOf('none', 'gzip'),
      about: 'how the files are compressed; left out: gzip if the name ends in .gz',
    },
    parquetCaseInsensitive: {
      name: 'parquet.case_insensitive',
      value: TEXT,
      about: 'of Parquet files',
      isLater: true,
    },
  },
});
