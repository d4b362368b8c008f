import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseCount, parsePort, parsePositiveCount, parseRate } from '../args.ts';
import { grouped } from '../format/count.ts';
import {
  choice,
  defineCommand,
  optionalArgument,
  parsed,
  text,
  toggle,
  unless,
  type Values,
} from '../command.ts';
import { CliError, EXIT_DONE, renderError } from '../errors.ts';
import { devBanner, firstProfileLine } from '../format/dev-banner.ts';
import { StartReporter } from '../format/start-report.ts';
import { StatusLine } from '../format/status-line.ts';
import { write, type CliIo } from '../io.ts';
import { LISTEN_FLAGS, ensureFree, type ListenFlags } from '../listen-options.ts';
import { LOG_LEVELS, createLog } from '../log.ts';
import { loadOrFail } from '../pipeline-folder.ts';
import { Progress } from '../progress.ts';
import type { Pipeline } from '../../plan/pipeline.ts';
import type { LocalTopic } from '../../sources/log/topic.ts';
import { servePipeline, type ServedPipeline } from '../served-pipeline.ts';
import { aborted } from '../signals.ts';
import { readEdit } from '../sql-edit-report.ts';
import { SqlEdits } from '../sql-edits.ts';
import { STATE_PARTS } from '../state-folder.ts';
import { BUSIEST_VIEWER, SimulatedViewers, canSimulate, showsWatching } from '../simulated-viewers.ts';

const STATUS_INTERVAL_MS = 2000;
const REPORT_INTERVAL_MS = 100;

const FLAGS = {
  state: text('<folder>', 'state folder (default: .freshet/<pipeline>)'),
  reset: toggle('delete the saved state first'),
  simulate: unless('do not simulate viewers'),
  viewers: parsed('<n>', 'number of simulated viewers', parsePositiveCount, 2000),
  rate: parsed('<n>', 'simulated events per second, on average', parseRate, 2),
  backfillDays: parsed('<n>', 'days of history to simulate at the first start', parseRate, 28),
  seed: parsed('<n>', 'random seed of the simulation', parseCount, 1),
  dynamodbPort: parsed('<port>', 'port of the embedded DynamoDB (default: any free one)', parsePort),
  logLevel: choice('<level>', 'minimum level of log lines', LOG_LEVELS, 'warn'),
  ...LISTEN_FLAGS,
};
type DevFlags = Values<typeof FLAGS>;

export const devCommand = defineCommand({
  name: 'dev',
  summary: 'run a pipeline locally, with embedded services and simulated viewers',
  description:
    'Runs a pipeline in one process, without external services: Kafka sources that name no broker become ' +
    'durable local topics, DynamoDB is embedded, and the HTTP API serves the profiles as they change. For a ' +
    'pipeline that reads view_events, as the shipped one does, viewers are simulated. The state is kept, so the next start continues where this one stopped. Each edit of the SQL ' +
    'is checked; an edit without errors restarts the pipeline at once, over all events that the sources retain.',
  examples: [
    ['dev pipelines/viewer-engagement', 'the shipped pipeline; `npm start` does the same'],
    ['dev --rate 500 --viewers 20k', 'a busier simulation'],
    ['dev --no-simulate --reset', 'start empty, to post events of your own'],
  ],
  notes:
    'If AWS variables are set (AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL_DYNAMODB, ...), the sinks write to\n' +
    'that DynamoDB instead of the embedded one. Sources whose SQL names a broker read its topics.',
  args: {
    dir: optionalArgument('folder of .sql files', 'pipelines/viewer-engagement'),
  },
  flags: FLAGS,
  run: (io, { dir }, flags) => runDev(io, dir, flags),
});

async function runDev(io: CliIo, dir: string, flags: DevFlags): Promise<number> {
  let pipeline = await loadOrFail(io, dir);
  const session: DevSession = {
    io,
    dir,
    flags,
    stateDir: resolve(io.cwd, flags.state ?? `.freshet/${pipeline.name}`),
    progress: new Progress(io),
    edits: await SqlEdits.open(resolve(io.cwd, dir)),
  };
  await checkDynamoDbPort(flags.dynamodbPort);
  if (flags.reset === true) {
    await ensureFree(flags); // before deleting anything: a start that cannot listen fails here
    await forget(session.stateDir);
  }
  let listen: ListenFlags | undefined;
  for (let next: Pipeline | undefined = pipeline; next !== undefined;) {
    pipeline = next;
    try {
      const { edited, url } = await runOnce(session, pipeline, listen ?? flags);
      next = edited;
      // The same port, so that an open page reconnects.
      listen = { ...flags, port: Number(new URL(url).port) };
    } catch (error) {
      if (listen === undefined) throw error;
      // The edited SQL has no errors, but cannot start; the next edit may correct that.
      io.stderr.write(`${renderError(error, false)}waiting for the next edit; Ctrl-C stops\n`);
      const edited = nextPipeline(session, pipeline, io.signal);
      next = await Promise.race([edited, aborted(io.signal).then(() => undefined)]);
    }
  }
  io.stderr.write('stopped; the next start continues from here\n');
  return EXIT_DONE;
}

/** Throws CliError if the port for the embedded DynamoDB is taken. */
async function checkDynamoDbPort(port: number | undefined): Promise<void> {
  if (port === undefined) return;
  try {
    await ensureFree({ host: '127.0.0.1', port });
  } catch (error) {
    throw new CliError(`port ${port} is in use`, {
      hint: 'stop the process that uses it, or choose another port with --dynamodb-port',
      cause: error,
    });
  }
}

/** What stays the same across restarts caused by edits of the SQL. */
interface DevSession {
  readonly io: CliIo;
  readonly dir: string;
  readonly flags: DevFlags;
  readonly stateDir: string;
  readonly progress: Progress;
  readonly edits: SqlEdits;
}

/** Runs a pipeline until it ends or its SQL is edited without errors; `edited` is the new pipeline in that case. */
async function runOnce(
  session: DevSession,
  pipeline: Pipeline,
  listen: ListenFlags,
): Promise<{ readonly edited: Pipeline | undefined; readonly url: string }> {
  const { io, dir, flags, stateDir, progress } = session;
  const log = await createLog(io, { level: flags.logLevel, pretty: true, progress });
  const over = new AbortController();
  const signal = AbortSignal.any([io.signal, over.signal]);
  let viewers: SimulatedViewers | undefined;
  const served = await servePipeline(io, {
    pipeline,
    pipelineDir: resolve(io.cwd, dir),
    mode: 'dev',
    stateDir,
    dynamoDbPort: flags.dynamodbPort,
    listen,
    log,
    simulated: (profiles) =>
      viewers !== undefined && showsWatching(profiles) ? { exampleViewer: BUSIEST_VIEWER } : undefined,
    prepare: async (topics) => {
      if (flags.simulate) viewers = await simulate(io, { pipeline, topics, flags, progress, signal });
    },
  });
  let edited: Pipeline | undefined;
  try {
    const { cwd } = io;
    await write(io.stdout, devBanner({ dir, cwd, stateDir, served, isSimulated: viewers !== undefined }));
    const simulation = viewers?.live(flags.rate);
    const stopReports = reportProgress(io, served, progress);
    try {
      const failed = simulation === undefined ? [] : [failure(simulation)];
      edited = await Promise.race([
        served.ended().then(() => undefined),
        nextPipeline(session, pipeline, signal),
        ...failed,
      ]);
    } finally {
      stopReports();
      over.abort();
    }
    io.stderr.write(edited === undefined ? 'stopping...\n' : 'restarting with the edited SQL...\n');
    await simulation;
  } finally {
    over.abort();
    await served.close();
  }
  return { edited, url: served.url };
}

/** Reports milestones as lines on stdout and the current state in a status line. Returns a function that stops it. */
function reportProgress(io: CliIo, served: ServedPipeline, progress: Progress): () => void {
  const { runner } = served.opened;
  const reporter = new StartReporter(runner.status());
  const statusLine = new StatusLine();
  const firstProfile = firstProfileLine(served);
  const reports = setInterval(() => {
    for (const line of [...reporter.lines(runner.status()), ...firstProfile()]) {
      progress.clear();
      io.stdout.write(`  ${line}\n`);
    }
  }, REPORT_INTERVAL_MS);
  const status = setInterval(() => progress.show(statusLine.render(runner.status())), STATUS_INTERVAL_MS);
  return () => {
    clearInterval(reports);
    clearInterval(status);
    progress.clear();
  };
}

/** Resolves to the edited pipeline once it has no errors and differs in what runs. Prints what each edit changes. */
async function nextPipeline(
  { io, dir, edits, progress }: DevSession,
  running: Pipeline,
  signal: AbortSignal,
): Promise<Pipeline> {
  for (;;) {
    await edits.next(signal).catch(() => new Promise(() => {})); // aborted: the caller ends the race in another way
    const edit = await readEdit(io, dir, running);
    progress.clear();
    io.stdout.write(edit.report);
    if (edit.pipeline !== undefined) return edit.pipeline;
  }
}

/** Rejects if `done` rejects, and never resolves: in a race, only its failure counts. */
async function failure(done: Promise<void>): Promise<never> {
  await done;
  return new Promise(() => {});
}

/** Simulates the viewers' history and returns the viewers; undefined if no source takes their events. */
async function simulate(
  io: CliIo,
  options: {
    readonly pipeline: Pipeline;
    readonly topics: ReadonlyMap<string, LocalTopic>;
    readonly flags: DevFlags;
    readonly progress: Progress;
    readonly signal: AbortSignal;
  },
): Promise<SimulatedViewers | undefined> {
  const { pipeline, topics, flags, progress, signal } = options;
  // Simulated viewers belong to the shipped pipeline: without a message, another pipeline runs without them.
  if (!canSimulate(pipeline, topics)) return undefined;
  const { seed, viewers } = flags;
  const simulated = new SimulatedViewers({
    topics,
    seed,
    viewers,
    signal,
    now_us: () => Date.now() * 1000,
  });
  const events = await simulated.makeHistory(flags.backfillDays, (made, part) =>
    progress.show(
      `simulating ${flags.backfillDays} days: ${grouped(made)} events, ${Math.floor(part * 100)} %`,
    ),
  );
  progress.clear();
  if (events > 0)
    await write(
      io.stdout,
      `simulated ${flags.backfillDays} days of ${grouped(viewers)} viewers: ${grouped(events)} events\n`,
    );
  return simulated;
}

/** Deletes the state. Throws if another process holds the lock of the state folder. */
async function forget(stateDir: string): Promise<void> {
  const { lockFolder } = await import('../../storage/folder-lock.ts');
  const lock = await lockFolder(stateDir);
  try {
    for (const part of STATE_PARTS) await rm(join(stateDir, part), { recursive: true, force: true });
  } finally {
    await lock.release();
  }
}
