import { resolve } from 'node:path';
import type { Pipeline } from '../plan/pipeline.ts';
import type { OpenPipelineOptions } from '../runtime/open-pipeline.ts';
import { parseSeconds } from './args.ts';
import { choice, parsed, toggle, type Values } from './command.ts';
import { EXIT_DONE, usageError } from './errors.ts';
import { dryRunText } from './format/dry-run.ts';
import { write, type CliIo } from './io.ts';
import { LISTEN_FLAGS } from './listen-options.ts';
import type { Log } from '../runtime/log.ts';
import { LOG_LEVELS, createLog } from './log.ts';
import { servePipeline } from './served-pipeline.ts';

/** Options of the commands that run a pipeline in production, except `--state`, whose default differs. */
export const PRODUCTION_FLAGS = {
  dryRun: toggle(
    'read what the sources hold, print how many items would be written and deleted, and exit; writes nothing',
  ),
  json: toggle('print the report of --dry-run as JSON'),
  writeAll: toggle(
    'write every row to DynamoDB again, for a table that another program wrote to, and delete items without a row; ' +
      'give it once',
    { conflictsWith: 'dryRun' },
  ),
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
export type ProductionFlags = Values<typeof PRODUCTION_FLAGS>;

/** The variables that {@link runInProduction} reads, for the help. */
export const AWS_VARIABLES =
  '  AWS_REGION, AWS_ACCESS_KEY_ID, ...  region and credentials, as for other AWS tools\n';
export const READ_TOKEN_VARIABLE =
  '  FRESHET_READ_TOKEN                  bearer token that clients must send to read profiles\n';

/** Throws a usage error for options that contradict one another. */
export function checkFlags(flags: Pick<ProductionFlags, 'dryRun' | 'json'>): void {
  if (flags.json === true && flags.dryRun !== true)
    throw usageError('--json needs --dry-run', 'add --dry-run to print its report, or leave out --json');
}

export interface ProductionOptions {
  readonly pipeline: Pipeline;
  /** As in ServedPipelineOptions. */
  readonly described?: Pipeline | undefined;
  /** The folder of the pipeline as the user named it. */
  readonly dir: string;
  /** The state folder as the user named it. */
  readonly state: string;
  readonly mayClear?: OpenPipelineOptions['mayClear'];
  /** Logs what the operator should know before the start. */
  announce?(log: Log): void;
}

/** Runs a pipeline until the process is asked to end, or does the dry run. Resolves to the exit code. */
export async function runInProduction(
  io: CliIo,
  options: ProductionOptions,
  flags: ProductionFlags,
): Promise<number> {
  const { pipeline, described, mayClear } = options;
  const log = await createLog(io, { level: flags.logLevel, pretty: io.interactive });
  options.announce?.(log);
  const stateDir = resolve(io.cwd, options.state);
  const pipelineDir = resolve(io.cwd, options.dir);
  if (flags.dryRun === true) {
    const { dryRun } = await import('../runtime/dry-run.ts');
    const report = await dryRun(
      { pipeline, stateDir, baseDir: pipelineDir, env: io.env, log, mayClear },
      { signal: io.signal },
    );
    await write(io.stdout, flags.json === true ? `${JSON.stringify(report)}\n` : dryRunText(report));
    return EXIT_DONE;
  }
  const { barrierInterval, checkpointInterval } = flags;
  const settings = {
    ...(barrierInterval === undefined ? {} : { barrier_interval_ms: barrierInterval * 1000 }),
    ...(checkpointInterval === undefined ? {} : { checkpoint_interval_ms: checkpointInterval * 1000 }),
    writes_all_rows: flags.writeAll === true,
  };
  const served = await servePipeline(io, {
    pipeline,
    described,
    pipelineDir,
    mode: 'run',
    stateDir,
    listen: flags,
    log,
    settings,
    mayClear,
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
