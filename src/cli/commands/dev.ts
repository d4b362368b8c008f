import { rm } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { parseCount, parsePositiveCount, parseRate } from '../args.ts';
import { grouped } from '../format/count.ts';
import { command, type CliContext } from '../context.ts';
import { EXIT_DONE } from '../errors.ts';
import { StartReporter } from '../format/start-report.ts';
import { StatusLine } from '../format/status-line.ts';
import { write, type CliIo } from '../io.ts';
import { addListenOptions, ensureFree, type ListenFlags } from '../listen-options.ts';
import { LOG_LEVELS, createLog, type LogLevel } from '../log.ts';
import { loadOrFail } from '../pipeline-folder.ts';
import { Progress } from '../progress.ts';
import type { Pipeline } from '../../plan/pipeline.ts';
import type { LocalTopic } from '../../sources/log/topic.ts';
import { servePipeline, type ServedPipeline } from '../served-pipeline.ts';
import { BUSIEST_VIEWER, SimulatedViewers, canSimulate } from '../simulated-viewers.ts';

interface DevFlags extends ListenFlags {
  readonly state?: string;
  readonly reset?: true;
  readonly simulate: boolean;
  readonly viewers: number;
  readonly rate: number;
  readonly seed: number;
  readonly backfillDays: number;
  readonly logLevel: LogLevel;
}

const STATUS_INTERVAL_MS = 2000;
const REPORT_INTERVAL_MS = 100;
/** Of a pipeline of somebody's own, which may have many. */
const MAX_SHOWN_SOURCES = 4;
/** What a pipeline keeps in its state folder; nothing else in it is ever removed. */
const STATE_PARTS = ['checkpoints', 'delivery', 'dead-letters', 'topics', 'dynamodb'];

export function devCommand(cli: CliContext): Command {
  const dev = command({
    name: 'dev',
    summary: 'everything on this machine, with simulated viewers',
    description:
      'Runs a pipeline with nothing but this process: Kafka sources without a broker become durable local topics, ' +
      'DynamoDB is embedded, viewers are simulated, and the HTTP API serves the profiles as they change. State is ' +
      'kept: the next start continues where this one stopped.',
    examples: [
      ['dev pipelines/viewer-engagement', 'what `npm start` does'],
      ['dev --rate 500 --viewers 20k', 'more going on'],
      ['dev --no-simulate --reset', 'empty, to post events of your own'],
    ],
    notes:
      'With AWS variables set (AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL_DYNAMODB, ...) items go there instead ' +
      'of the\nembedded DynamoDB; with a broker in the SQL’s options its topics are read.',
  })
    .argument('[dir]', 'folder of .sql files', 'pipelines/viewer-engagement')
    .option('--state <folder>', 'state folder (default: .freshet/<pipeline>)')
    .option('--reset', 'forget the state first')
    .option('--no-simulate', 'no simulated viewers')
    .option('--viewers <n>', 'how many viewers', parsePositiveCount, 2000)
    .option('--rate <n>', 'events per second', parseRate, 2)
    .option('--backfill-days <n>', 'days of history to make up at the first start', parseRate, 28)
    .option('--seed <n>', 'of the random numbers', parseCount, 1)
    .addOption(
      new Option('--log-level <level>', 'least important lines to log').choices(LOG_LEVELS).default('warn'),
    );
  return addListenOptions(dev).action(cli.action((dir: string, flags: DevFlags) => runDev(cli, dir, flags)));
}

async function runDev({ io }: CliContext, dir: string, flags: DevFlags): Promise<number> {
  const pipeline = await loadOrFail(io, dir);
  const stateDir = resolve(io.cwd, flags.state ?? `.freshet/${pipeline.name}`);
  const progress = new Progress(io);
  const log = await createLog(io, { level: flags.logLevel, pretty: true, progress });
  if (flags.reset === true) {
    await ensureFree(flags); // else what is forgotten would be for nothing
    await forget(stateDir);
  }
  let viewers: SimulatedViewers | undefined;
  const served = await servePipeline(io, {
    pipeline,
    pipelineDir: resolve(io.cwd, dir),
    mode: 'dev',
    stateDir,
    listen: flags,
    log,
    simulated: () => (viewers === undefined ? undefined : { exampleViewer: BUSIEST_VIEWER }),
    prepare: async (topics) => {
      if (flags.simulate) viewers = await simulate(io, { pipeline, topics, flags, progress });
    },
  });
  try {
    await write(io.stdout, banner(io, dir, { stateDir, served, isSimulated: viewers !== undefined }));
    const simulation = viewers?.live(flags.rate);
    const reporter = new StartReporter(served.opened.runner.status());
    const statusLine = new StatusLine();
    const firstProfile = firstProfileLine(served);
    const reports = setInterval(() => {
      for (const line of [...reporter.lines(served.opened.runner.status()), ...firstProfile()]) {
        progress.clear();
        io.stdout.write(`  ${line}\n`);
      }
    }, REPORT_INTERVAL_MS);
    const status = setInterval(() => {
      progress.show(statusLine.render(served.opened.runner.status()));
    }, STATUS_INTERVAL_MS);
    try {
      await Promise.race([served.ended(), ...(simulation === undefined ? [] : [failure(simulation)])]);
    } finally {
      clearInterval(reports);
      clearInterval(status);
      progress.clear();
    }
    io.stderr.write('ending...\n');
    await simulation;
  } finally {
    await served.close();
  }
  io.stderr.write('ended; the next start continues from here\n');
  return EXIT_DONE;
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
  },
): Promise<SimulatedViewers | undefined> {
  const { pipeline, topics, flags, progress } = options;
  // Simulated viewers are the shipped pipeline's; that another has none needs no word.
  if (!canSimulate(pipeline, topics)) return undefined;
  const { seed, viewers } = flags;
  const simulated = new SimulatedViewers({
    topics,
    seed,
    viewers,
    signal: io.signal,
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

function banner(
  io: CliIo,
  dir: string,
  about: { readonly stateDir: string; readonly served: ServedPipeline; readonly isSimulated: boolean },
): string {
  const { served, stateDir, isSimulated } = about;
  const { opened, url } = served;
  const recovery = opened.runner.status().recovery;
  const state = relative(io.cwd, stateDir) || '.';
  const endpoints = [
    ...new Set(
      opened.destinations.map(({ client, embedded }) => `${client.endpoint}${embedded ? ' (embedded)' : ''}`),
    ),
  ];
  const sources = opened.ingest.sources.slice(0, isSimulated ? 1 : MAX_SHOWN_SOURCES);
  const lines = [
    `freshet dev ${dir}`,
    '',
    `  page       ${url}/`,
    ...profileLines(served),
    ...sources.map(
      (source, i) => `  ${i === 0 ? 'ingest  ' : '        '}   POST ${url}/v1/sources/${source}/events`,
    ),
    ...(endpoints.length === 0 ? [] : [`  dynamodb   ${endpoints.join(', ')}`]),
    `  state      ${state} (${recovery?.kind === 'restored' ? 'continued' : 'new'})`,
    '',
    isSimulated ? '  Simulated viewers are watching. Ctrl-C ends.' : '  Ctrl-C ends.',
    '',
  ];
  return `${lines.join('\n')}\n`;
}

/** How to ask for a profile: one that is there, or the column that names them while there is none. */
function profileLines({ url, profiles, recommends, exampleViewer }: ServedPipeline): readonly string[] {
  if (profiles === undefined) return [];
  const viewer = `${url}/v1/viewers/${exampleKey(exampleViewer()) ?? `{${profiles.partitionKey.name}}`}`;
  return [
    `  profile    curl ${viewer}/profile`,
    ...(recommends ? [`  recommend  curl ${viewer}/recommendations`] : []),
  ];
}

/** As a shell takes it, within a URL. */
function exampleKey(key: string | undefined): string | undefined {
  return key === undefined ? undefined : encodeURIComponent(key).replaceAll("'", '%27');
}

/** Says once how to ask for a profile, where the banner could name none. */
function firstProfileLine({ url, profiles, exampleViewer }: ServedPipeline): () => readonly string[] {
  let told = profiles === undefined || exampleViewer() !== undefined;
  return () => {
    const key = told ? undefined : exampleKey(exampleViewer());
    if (key === undefined) return [];
    told = true;
    return [`the first profile: curl ${url}/v1/viewers/${key}/profile`];
  };
}
