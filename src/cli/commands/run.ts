import { argument, defineCommand, text } from '../command.ts';
import { loadOrFail } from '../pipeline-folder.ts';
import {
  AWS_VARIABLES,
  checkFlags,
  PRODUCTION_FLAGS,
  READ_TOKEN_VARIABLE,
  runInProduction,
} from '../run-pipeline.ts';

const { dryRun, json, ...others } = PRODUCTION_FLAGS;
const FLAGS = {
  dryRun,
  json,
  state: text('<folder>', 'state folder (default: .freshet/<pipeline>.run)'),
  ...others,
};

export const runCommand = defineCommand({
  name: 'run',
  summary: 'run a pipeline in production, with the connectors that the SQL names',
  description:
    'Runs a pipeline with the sources and sinks that its SQL names, and serves the HTTP API. Everything that ' +
    'must survive the process is in the state folder: keep it on a durable disk; only one process can use it at ' +
    'a time. After a crash the pipeline continues from its last checkpoint and counts each event exactly once. ' +
    'Logs go to stderr, as JSON lines unless stderr is a terminal.',
  examples: [
    [
      'run pipelines/viewer-engagement --state /var/lib/freshet',
      'from Kafka to DynamoDB, configured by the environment',
    ],
    ['run pipelines/viewer-engagement --dry-run', 'count the items it would write and delete'],
    [
      'run pipelines/viewer-engagement --host 0.0.0.0 --port 80',
      'open the API to clients on the network that have a token',
      'FRESHET_READ_TOKEN=$(cat read.token) FRESHET_INGEST_TOKEN=$(cat ingest.token)',
    ],
  ],
  notes:
    'Environment:\n' +
    '  NAME                                replaces ${NAME} in the SQL\n' +
    AWS_VARIABLES +
    READ_TOKEN_VARIABLE +
    '  FRESHET_INGEST_TOKEN                bearer token that clients must send to post events',
  args: {
    dir: argument('folder of .sql files'),
  },
  flags: FLAGS,
  run: async (io, { dir }, flags) => {
    checkFlags(flags);
    const pipeline = await loadOrFail(io, dir);
    return runInProduction(
      io,
      { pipeline, dir, state: flags.state ?? `.freshet/${pipeline.name}.run` },
      flags,
    );
  },
});
