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
      about: "the folder, of this sink alone; a relative one starts from the pipeline's own folder",
    },
    forceAppendOnly: {
      name: 'force_append_only',
      value: BOOLEAN_OPTION,
      default: 'false',
      about: 'for a view whose rows change: write each version of a row, and pass over deletions',
    },
  },
  ignored: [
    { name: 'type', value: oneOf('append-only'), about: "RisingWave's sink type" },
    { name: 'snapshot', value: BOOLEAN_OPTION, about: "RisingWave's backfill switch" },
    {
      name: 'commit_checkpoint_interval',
      value: integerOption(1, 1_000_000),
      about: 'of RisingWave; here each checkpoint commits',
    },
  ],
});
