import { resolve } from 'node:path';
import { parseSeconds } from '../args.ts';
import { argument, choice, defineCommand, parsed, text, toggle, type Values } from '../command.ts';
import { EXIT_DONE, usageError } from '../errors.ts';
import { LISTEN_FLAGS } from '../listen-options.ts';
import { LOG_LEVELS, createLog } from '../log.ts';
import { dryRunText } from '../format/dry-run.ts';
import { write, type CliIo } from '../io.ts';
import { loadOrFail } from '../pipeline-folder.ts';
import { servePipeline } from '../served-pipeline.ts';

const FLAGS = {
  dryRun: toggle(
    'read what the sources hold, print how many items would be written and deleted, and exit; writes nothing',
  ),
  json: toggle('print the report of --dry-run as JSON'),
  state: text('<folder>', 'state folder (default: .freshet/<pipeline>.run)'),
  barrierInterval: parsed(
    '<seconds>',
    'time between barriers, which hand changes to the sinks; bounds how fresh profiles are (default: 1)',
    parseSeconds,
  ),
  checkpointInterval: parsed(
    '<seconds>',
    'time between checkpoints; bounds how much is read again after a crash (default: 30)',
    parseSeconds,
  ),
  logLevel: choice('<level>', 'minimum level of log lines', LOG_LEVELS, 'info'),
  ...LISTEN_FLAGS,
};
type RunFlags = Values<typeof FLAGS>;

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
    '  AWS_REGION, AWS_ACCESS_KEY_ID, ...  region and credentials, as for other AWS tools\n' +
    '  FRESHET_READ_TOKEN                  bearer token that clients must send to read profiles\n' +
    '  FRESHET_INGEST_TOKEN                bearer token that clients must send to post events',
  args: {
    dir: argument('folder of .sql files'),
  },
  flags: FLAGS,
  run: (io, { dir }, flags) => runPipeline(io, dir, flags),
});

async function runPipeline(io: CliIo, dir: string, flags: RunFlags): Promise<number> {
  if (flags.json === true && flags.dryRun !== true)
    throw usageError('--json needs --dry-run', 'add --dry-run to print its report, or leave out --json');
  const pipeline = await loadOrFail(io, dir);
  const log = await createLog(io, { level: flags.logLevel, pretty: io.interactive });
  const stateDir = resolve(io.cwd, flags.state ?? `.freshet/${pipeline.name}.run`);
  const settings = {
    ...(flags.barrierInterval === undefined ? {} : { barrier_interval_ms: flags.barrierInterval * 1000 }),
    ...(flags.checkpointInterval === undefined
      ? {}
      : { checkpoint_interval_ms: flags.checkpointInterval * 1000 }),
  };
  const pipelineDir = resolve(io.cwd, dir);
  if (flags.dryRun === true) {
    const { dryRun } = await import('../../runtime/dry-run.ts');
    const options = { pipeline, stateDir, baseDir: pipelineDir, env: io.env, log };
    const report = await dryRun(options, { signal: io.signal });
    await write(io.stdout, flags.json === true ? `${JSON.stringify(report)}\n` : dryRunText(report));
    return EXIT_DONE;
  }
  const served = await servePipeline(io, {
    pipeline,
    pipelineDir,
    mode: 'run',
    stateDir,
    listen: flags,
    log,
    settings,
  });
  log.info({ pipeline: pipeline.name, url: served.url, state: stateDir }, 'serving');
  try {
    await served.ended();
    log.info({}, 'stopping: draining the sinks and writing a checkpoint');
  } finally {
    await served.close();
  }
  log.info({}, 'stopped');
  return EXIT_DONE;
}
