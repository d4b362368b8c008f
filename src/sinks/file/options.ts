import { BOOLEAN_OPTION, TEXT, defineConnector, integerOption, oneOf } from '../../connectors/option.ts';

/** `connector = 'posix_fs'` of a sink: NDJSON files in a folder. */
export const POSIX_FS = defineConnector({
  name: 'posix_fs',
  about: 'NDJSON files in a folder, one or more per checkpoint',
  options: {
    root: {
      name: 'posix_fs.root',
      value: TEXT,
      required: true,
      about:
        "the folder to write, used by this sink alone; a relative path starts from the pipeline's folder",
    },
    forceAppendOnly: {
      name: 'force_append_only',
      value: BOOLEAN_OPTION,
      default: 'false',
      about: 'take a view whose rows change: write every version of a row, and ignore deletions',
    },
  },
  ignored: [
    { name: 'type', value: oneOf('append-only'), about: "RisingWave's sink type" },
    { name: 'snapshot', value: BOOLEAN_OPTION, about: "RisingWave's backfill switch" },
    {
      name: 'commit_checkpoint_interval',
      value: integerOption(1, 1_000_000),
      about: "RisingWave's commit interval; here every checkpoint commits",
    },
  ],
});
