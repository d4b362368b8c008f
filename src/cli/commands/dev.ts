import { rm } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { parseCount, parsePositiveCount, parseRate } from '../args.ts';
import { command, type CliContext } from '../context.ts';
import { EXIT_DONE } from '../errors.ts';
import { StatusLine } from '../format/status-line.ts';
import { write, type CliIo } from '../io.ts';
import { addListenOptions, type ListenFlags } from '../listen-options.ts';
import { LOG_LEVELS, createLog, type LogLevel } from '../log.ts';
import { loadOrFail } from '../pipeline-folder.ts';
import { Progress } from '../progress.ts';
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
  if (flags.reset === true) await forget(stateDir);
  const served = await servePipeline(io, {
    pipeline,
    pipelineDir: resolve(io.cwd, dir),
    mode: 'dev',
    stateDir,
    listen: flags,
    log,
    exampleViewer: flags.simulate ? BUSIEST_VIEWER : undefined,
  });
  try {
    const viewers = flags.simulate ? simulate(io, served, flags) : undefined;
    await write(io.stdout, banner(io, dir, { stateDir, served, isSimulated: viewers !== undefined }));
    const statusLine = new StatusLine();
    const timer = setInterval(() => {
      progress.show(statusLine.render(served.opened.runner.status(), viewers?.status));
    }, STATUS_INTERVAL_MS);
    try {
      await Promise.race([served.ended(), ...(viewers === undefined ? [] : [failure(viewers.done)])]);
    } finally {
      clearInterval(timer);
      progress.clear();
    }
    io.stderr.write('ending...\n');
    await viewers?.done;
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

function simulate(io: CliIo, { opened }: ServedPipeline, flags: DevFlags): SimulatedViewers | undefined {
  if (!canSimulate(opened.topics)) {
    io.stderr.write('no simulated viewers: the pipeline has no local topic view_events\n');
    return undefined;
  }
  return new SimulatedViewers({
    topics: opened.topics,
    seed: flags.seed,
    viewers: flags.viewers,
    rate: flags.rate,
    backfillDays: flags.backfillDays,
    signal: io.signal,
    now_us: () => Date.now() * 1000,
  });
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
  const source = [...opened.topics.keys()][0];
  const lines = [
    `freshet dev ${dir}`,
    '',
    `  page       ${url}/`,
    `  profile    curl ${url}/v1/viewers/${BUSIEST_VIEWER}/profile`,
    `  recommend  curl ${url}/v1/viewers/${BUSIEST_VIEWER}/recommendations`,
    ...(source === undefined ? [] : [`  ingest     POST ${url}/v1/sources/${source}/events`]),
    `  dynamodb   ${endpoints.join(', ')}`,
    `  state      ${state} (${recovery?.kind === 'restored' ? 'continued' : 'new'})`,
    '',
    isSimulated ? '  Simulated viewers are watching. Ctrl-C ends.' : '  Ctrl-C ends.',
    '',
  ];
  return `${lines.join('\n')}\n`;
}
