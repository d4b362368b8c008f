import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseCount, parsePositiveCount, parseRate } from '../args.ts';
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
import { EXIT_DONE, renderError } from '../errors.ts';
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
import { BUSIEST_VIEWER, SimulatedViewers, canSimulate } from '../simulated-viewers.ts';

const STATUS_INTERVAL_MS = 2000;
const REPORT_INTERVAL_MS = 100;

const FLAGS = {
  state: text('<folder>', 'state folder (default: .freshet/<pipeline>)'),
  reset: toggle('forget the state first'),
  simulate: unless('no simulated viewers'),
  viewers: parsed('<n>', 'how many viewers', parsePositiveCount, 2000),
  rate: parsed('<n>', 'events per second', parseRate, 2),
  backfillDays: parsed('<n>', 'days of history to make up at the first start', parseRate, 28),
  seed: parsed('<n>', 'of the random numbers', parseCount, 1),
  logLevel: choice('<level>', 'least important lines to log', LOG_LEVELS, 'warn'),
  ...LISTEN_FLAGS,
};
type DevFlags = Values<typeof FLAGS>;

export const devCommand = defineCommand({
  name: 'dev',
  summary: 'everything on this machine, with simulated viewers',
  description:
    'Runs a pipeline with nothing but this process: Kafka sources without a broker become durable local topics, ' +
    'DynamoDB is embedded, viewers are simulated, and the HTTP API serves the profiles as they change. State is ' +
    'kept: the next start continues where this one stopped. An edit of the SQL is checked, and what has no errors runs at ' +
    'once, over all that the sources retain.',
  examples: [
    ['dev pipelines/viewer-engagement', 'what `npm start` does'],
    ['dev --rate 500 --viewers 20k', 'more going on'],
    ['dev --no-simulate --reset', 'empty, to post events of your own'],
  ],
  notes:
    'With AWS variables set (AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL_DYNAMODB, ...) items go there instead ' +
    'of the\nembedded DynamoDB; with a broker in the SQL’s options its topics are read.',
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
  if (flags.reset === true) {
    await ensureFree(flags); // else what is forgotten would be for nothing
    await forget(session.stateDir);
  }
  let listen: ListenFlags | undefined;
  for (let next: Pipeline | undefined = pipeline; next !== undefined;) {
    pipeline = next;
    try {
      const { edited, url } = await runOnce(session, pipeline, listen ?? flags);
      next = edited;
      // At the same address, where a page may be open.
      listen = { ...flags, port: Number(new URL(url).port) };
    } catch (error) {
      if (listen === undefined) throw error;
      // What was edited could be read, and not started: the next edit may mend it.
      io.stderr.write(`${renderError(error, false)}waiting for the next edit; Ctrl-C ends\n`);
      const edited = nextPipeline(session, pipeline, io.signal);
      next = await Promise.race([edited, aborted(io.signal).then(() => undefined)]);
    }
  }
  io.stderr.write('ended; the next start continues from here\n');
  return EXIT_DONE;
}

/** What outlives an edit of the SQL. */
interface DevSession {
  readonly io: CliIo;
  readonly dir: string;
  readonly flags: DevFlags;
  readonly stateDir: string;
  readonly progress: Progress;
  readonly edits: SqlEdits;
}

/** Runs a pipeline until it is to end, or until its SQL is another one that can be run: then `edited` is that. */
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
    listen,
    log,
    simulated: () => (viewers === undefined ? undefined : { exampleViewer: BUSIEST_VIEWER }),
    prepare: async (topics) => {
      if (flags.simulate) viewers = await simulate(io, { pipeline, topics, flags, progress, signal });
    },
  });
  let edited: Pipeline | undefined;
  try {
    const { cwd } = io;
    await write(io.stdout, devBanner({ dir, cwd, stateDir, served, isSimulated: viewers !== undefined }));
    const simulation = viewers?.live(flags.rate);
    const stopTelling = tell(io, served, progress);
    try {
      const failed = simulation === undefined ? [] : [failure(simulation)];
      edited = await Promise.race([
        served.ended().then(() => undefined),
        nextPipeline(session, pipeline, signal),
        ...failed,
      ]);
    } finally {
      stopTelling();
      over.abort();
    }
    io.stderr.write(edited === undefined ? 'ending...\n' : 'starting again with the SQL as it is now...\n');
    await simulation;
  } finally {
    over.abort();
    await served.close();
  }
  return { edited, url: served.url };
}

/** Says how far it is: once what is worth a line, and again and again in one that is drawn over. */
function tell(io: CliIo, served: ServedPipeline, progress: Progress): () => void {
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

/** The pipeline as it has been edited, once it has no error; tells of each edit what it means. */
async function nextPipeline(
  { io, dir, edits, progress }: DevSession,
  running: Pipeline,
  signal: AbortSignal,
): Promise<Pipeline> {
  for (;;) {
    await edits.next(signal).catch(() => new Promise(() => {})); // it is over: somebody else says why
    const edit = await readEdit(io, dir, running);
    progress.clear();
    io.stdout.write(edit.said);
    if (edit.pipeline !== undefined) return edit.pipeline;
  }
}

/** Never resolves: only a failure ends the wait. */
async function failure(done: Promise<void>): Promise<never> {
  await done;
  return new Promise(() => {});
}

/** Viewers with their history made up; undefined where their events have nowhere to go. */
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
  // Simulated viewers are the shipped pipeline's; that another has none needs no word.
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
      `making up ${flags.backfillDays} days: ${grouped(made)} events, ${Math.floor(part * 100)} %`,
    ),
  );
  progress.clear();
  if (events > 0)
    await write(
      io.stdout,
      `made up ${flags.backfillDays} days of ${grouped(viewers)} viewers: ${grouped(events)} events\n`,
    );
  return simulated;
}

/** Removes the state, unless a process is using it. */
async function forget(stateDir: string): Promise<void> {
  const { lockFolder } = await import('../../storage/folder-lock.ts');
  const lock = await lockFolder(stateDir);
  try {
    for (const part of STATE_PARTS) await rm(join(stateDir, part), { recursive: true, force: true });
  } finally {
    await lock.release();
  }
}
