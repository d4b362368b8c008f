import { existsSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Measured, TrafficFiles, TrafficSimulation } from '../../layouts/measure.ts';
import type { Pipeline } from '../../plan/pipeline.ts';
import {
  collectInput,
  collectTimeColumn,
  parseCount,
  parsePositiveCount,
  parseRate,
  parseSeconds,
  parseTimestamp,
} from '../args.ts';
import { argument, defineCommand, parsed, text, toggle, type Values } from '../command.ts';
import { EXIT_DONE, usageError } from '../errors.ts';
import { describeProblem, replayWarnings } from '../format/replayed-files.ts';
import { inputFile } from '../input-file.ts';
import { showsColour, writeJson, writeLines, type CliIo } from '../io.ts';
import { parseLayouts, parseReads, parseUtilisation } from '../layouts-args.ts';
import { named } from '../named.ts';
import { loadOrFail } from '../pipeline-folder.ts';
import { Progress, ProgressLog } from '../progress.ts';

const FLAGS = {
  input: parsed(
    '<source=file...>',
    'NDJSON or CSV file of events of a source, optionally .gz (repeatable)',
    collectInput,
  ),
  time: parsed('<source.column>', 'column with the event time of a source (repeatable)', collectTimeColumn),
  simulate: toggle('replay simulated viewers instead of files'),
  viewers: parsed('<n>', 'number of simulated viewers (default: 1000)', parsePositiveCount),
  days: parsed('<n>', 'simulated days to measure (default: 3)', parsePositiveCount),
  seed: parsed('<n>', 'random seed of the simulation (default: 1)', parseCount),
  start: parsed('<date>', 'first simulated day (default: 2026-01-05)', parseTimestamp),
  warmUp: parsed(
    '<days>',
    'days at the start that only fill the views (default: 28 if simulated, 0 for files)',
    parseCount,
  ),
  layout: parsed('<names>', 'layouts to measure, separated by commas (default: all five)', parseLayouts),
  interval: parsed('<seconds>', 'time between barriers', parseSeconds, 1),
  audience: parsed('<n>', 'active profiles a day for the dollars', parsePositiveCount, 1_000_000),
  eventsPerViewer: parsed('<n>', 'events per active profile and day (default: as in the replay)', parseRate),
  reads: parsed(
    '<one=n,two=n,all=n>',
    'reads per active profile and day, by number of domains (default: one=8,two=1,all=1)',
    parseReads,
  ),
  writeRate: parsed('<n>', 'WRU per second that midnight may use', parsePositiveCount, 4000),
  utilisation: parsed('<ratio>', 'used part of provisioned capacity', parseUtilisation, 0.5),
  prices: text('<file>', 'JSON file of prices, instead of those of us-east-1 in pricing/'),
  json: toggle('print JSON instead of the table'),
  html: text('<file>', 'also write a page with charts, as one file'),
};
type LayoutsFlags = Values<typeof FLAGS>;

export const layoutsCommand = defineCommand({
  name: 'layouts',
  summary: 'compare the five item layouts on your own traffic, in units and dollars',
  description:
    'Replays events once through the views of a pipeline, writes their changes by the real sinks in each layout ' +
    '(domain, wide, metric, daily, packed), each into a DynamoDB in this process, and reads profiles back. Shows ' +
    'items, bytes, write and read units, what midnight costs, and dollars a month for an audience. Nothing is ' +
    'written elsewhere. Equal options give an equal report.',
  examples: [
    [
      'layouts pipelines/viewer-engagement --simulate',
      'three days of 1,000 simulated viewers, after four weeks that fill the windows',
    ],
    [
      'layouts pipelines/viewer-engagement --input view_events=views.ndjson ' +
        '--input content_interactions=likes.ndjson --html layouts.html',
      'your own events, and a page to pass on',
    ],
    [
      'layouts examples/shop --input orders=orders.csv --audience 250k --reads one=20,all=5 --json',
      'a shop with 250,000 active customers a day, as JSON',
    ],
  ],
  notes:
    'Events are replayed in the order of event time: the column that --time names, else the source’s watermark\n' +
    'column, else its only timestamp. The last day is replayed up to its midnight. Items and rows are held in\n' +
    'memory: some 200 KB per profile in five layouts.',
  args: { dir: argument('folder of .sql files') },
  flags: FLAGS,
  run: (io, { dir }, flags) => runLayouts(io, dir, flags),
});

/** Number of problems printed one by one; later ones are only counted. */
const TOLD_PROBLEMS = 5;
const DEFAULT_READS = { one: 8, two: 1, all: 1 };
const DEFAULT_START_US = Date.UTC(2026, 0, 5) * 1000;

async function runLayouts(io: CliIo, dir: string, flags: LayoutsFlags): Promise<number> {
  checkFlags(flags);
  if (flags.html !== undefined) checkFolderOf(io, flags.html);
  const pipeline = await loadOrFail(io, dir);
  const traffic = flags.simulate === true ? simulation(flags) : files(io, flags, pipeline);
  const [{ measureLayouts }, { readPrices, SHIPPED_PRICES }] = await Promise.all([
    import('../../layouts/measure.ts'),
    import('../../layouts/prices.ts'),
  ]);
  const prices = readPrices(flags.prices === undefined ? SHIPPED_PRICES : resolve(io.cwd, flags.prices));
  const [progress, log] = [new Progress(io), new ProgressLog(io)];
  let problems = 0;
  const measured = await measureLayouts({
    pipeline,
    traffic,
    layouts: flags.layout,
    interval_us: Math.round(flags.interval * 1e6),
    audience: flags.audience,
    eventsPerViewer: flags.eventsPerViewer,
    readsPerViewer: flags.reads ?? DEFAULT_READS,
    writeRate: flags.writeRate,
    utilisation: flags.utilisation,
    prices,
    signal: io.signal,
    onProgress: (line) => {
      progress.show(line);
      log.tell(line);
    },
    onProblem: (problem) => {
      progress.clear();
      if (problems++ < TOLD_PROBLEMS) io.stderr.write(`${describeProblem(problem)}\n`);
    },
  }).finally(() => progress.clear());
  for (const line of replayWarnings(measured.inputs, measured.errors)) io.stderr.write(`warning: ${line}\n`);
  await print(io, measured, flags);
  return EXIT_DONE;
}

async function print(io: CliIo, { report }: Measured, flags: LayoutsFlags): Promise<void> {
  if (flags.html !== undefined) {
    const { htmlPage } = await import('../../layouts/page/page.ts');
    await writeFile(resolve(io.cwd, flags.html), htmlPage(report));
  }
  if (flags.json === true) {
    await writeJson(io.stdout, report);
  } else {
    const { tableLines } = await import('../../layouts/table.ts');
    await writeLines(io.stdout, tableLines(report, { isBold: showsColour(io.stdout, io.env) }));
  }
}

function checkFlags(flags: LayoutsFlags): void {
  const isSimulated = flags.simulate === true;
  if (isSimulated === (flags.input !== undefined)) {
    throw usageError(
      isSimulated ? 'use either --input or --simulate' : 'there are no events to replay',
      'give files with --input SOURCE=FILE, or --simulate',
    );
  }
  const { viewers, days, seed, start, time } = flags;
  const misplaced = Object.entries(isSimulated ? { time } : { viewers, days, seed, start }).find(
    ([, value]) => value !== undefined,
  );
  if (misplaced !== undefined) {
    throw usageError(
      `--${misplaced[0]} has no effect with ${isSimulated ? '--simulate' : '--input'}`,
      'leave it out',
    );
  }
}

/** Finds out before the work whether the page can be written after it. */
function checkFolderOf(io: CliIo, file: string): void {
  const path = resolve(io.cwd, file);
  if (!existsSync(dirname(path)))
    throw usageError(`no such folder: ${dirname(file)}`, 'make the folder of the page first');
  if (existsSync(path) && statSync(path).isDirectory()) {
    throw usageError(`${file} is a folder`, 'name a file, such as layouts.html');
  }
}

function simulation(flags: LayoutsFlags): TrafficSimulation {
  return {
    kind: 'simulation',
    seed: flags.seed ?? 1,
    viewers: flags.viewers ?? 1000,
    start_us: flags.start ?? DEFAULT_START_US,
    days: flags.days ?? 3,
    warmUpDays: flags.warmUp ?? 28,
  };
}

function files(io: CliIo, flags: LayoutsFlags, pipeline: Pipeline): TrafficFiles {
  for (const source of flags.time?.keys() ?? []) named('source', source, pipeline.sources);
  return {
    kind: 'files',
    inputs: flags.input!.map((input) => inputFile(io, input, pipeline)),
    timeColumns: flags.time,
    warmUpDays: flags.warmUp ?? 0,
  };
}
