import { sinkAsWritten, type Pipeline } from '../../plan/pipeline.ts';
import { collectInput, collectTimeColumn, parseTimestamp } from '../args.ts';
import { argument, defineCommand, parsed, required, text, toggle, type Values } from '../command.ts';
import { EXIT_DONE, usageError } from '../errors.ts';
import { describeProblem, replayWarnings } from '../format/replayed-files.ts';
import { writeLines, type CliIo } from '../io.ts';
import { named } from '../named.ts';
import { inputFile } from '../input-file.ts';
import { loadOrFail } from '../pipeline-folder.ts';
import { Progress } from '../progress.ts';

const FLAGS = {
  input: required(
    parsed(
      '<source=file...>',
      'NDJSON or CSV file of events of a source, optionally .gz (repeatable)',
      collectInput,
    ),
  ),
  asOf: required(
    parsed(
      '<time>',
      'point in time of the result, such as 2026-03-15T12:00:00Z; UTC unless it names a zone',
      parseTimestamp,
    ),
  ),
  select: required(text('<view>', 'view to print; with --items, a sink or the view it reads')),
  items: toggle('print the sink’s DynamoDB items instead of the view’s rows'),
  time: parsed('<source.column>', 'column with the event time of a source (repeatable)', collectTimeColumn),
};
type ReplayFlags = Values<typeof FLAGS>;

export const replayCommand = defineCommand({
  name: 'replay',
  summary: 'compute a view as of a point in time, from files of events',
  description:
    'Feeds files of events to a pipeline in order of event time, with the clock following the events, then ' +
    'advances the clock to --as-of and prints the rows of a view as NDJSON, sorted by key. The output is ' +
    'deterministic: equal input gives equal bytes. Events later than --as-of are left out.',
  examples: [
    [
      'replay pipelines/viewer-engagement --input view_events=views.ndjson ' +
        '--input content_interactions=likes.ndjson --as-of 2026-03-15T12:00:00Z --select viewer_engagement_rolling',
      'the watch profile of every viewer at noon of a day',
    ],
    [
      'replay pipelines/viewer-engagement --input view_events=a.ndjson b.ndjson --as-of 2026-03-15 ' +
        '--select viewer_watch_sink --items',
      'the DynamoDB items that a sink would hold, from two files',
    ],
  ],
  notes:
    'The event time of a source is the column that --time names, else its watermark column, else its only\n' +
    'timestamp column. Refused records are reported and counted on stderr.',
  args: {
    dir: argument('folder of .sql files'),
  },
  flags: FLAGS,
  run: (io, { dir }, flags) => runReplay(io, dir, flags),
});

/** Number of problems printed one by one; later ones are only counted. */
const TOLD_PROBLEMS = 5;

async function runReplay(io: CliIo, dir: string, flags: ReplayFlags): Promise<number> {
  const pipeline = await loadOrFail(io, dir);
  const inputs = flags.input.map((input) => inputFile(io, input, pipeline));
  for (const source of flags.time?.keys() ?? []) named('source', source, pipeline.sources);
  const selected = flags.items === true ? sinkFor(flags.select, pipeline) : viewFor(flags.select, pipeline);

  const { replay } = await import('../../runtime/replay.ts');
  const progress = new Progress(io);
  let problems = 0;
  const result = await replay({
    pipeline,
    inputs,
    asOf_us: flags.asOf,
    timeColumns: flags.time,
    onProgress: (records) => progress.show(`${records.toLocaleString('en')} records read`),
    onProblem: (problem) => {
      progress.clear();
      if (problems++ < TOLD_PROBLEMS) io.stderr.write(`${describeProblem(problem)}\n`);
    },
  });
  progress.clear();
  const lines = flags.items === true ? result.items(selected) : result.rows(selected);
  for (const line of replayWarnings(result.inputs, result.errors())) io.stderr.write(`warning: ${line}\n`);
  await writeLines(io.stdout, lines);
  return EXIT_DONE;
}

function viewFor(name: string, pipeline: Pipeline): string {
  const logical = pipeline.logicalViews.find((view) => view.name === name);
  if (logical !== undefined) {
    throw usageError(`${name} is a plain view, which stores no rows`, 'select a materialized view');
  }
  if (pipeline.sinks.some((sink) => sink.name === name)) {
    throw usageError(`${name} is a sink`, 'add --items to print its items, or select the view it reads');
  }
  return named('materialized view', name, pipeline.views).name;
}

/** Returns the sink called `name`, or the only sink that reads the view `name`; throws a usage error otherwise. */
function sinkFor(name: string, pipeline: Pipeline): string {
  const readers = pipeline.sinks.filter((sink) => sink.name === name || sinkAsWritten(sink).from === name);
  const exact = readers.find((sink) => sink.name === name) ?? (readers.length === 1 ? readers[0] : undefined);
  if (exact !== undefined) return exact.name;
  if (readers.length > 1) {
    throw usageError(
      `several sinks read ${name}`,
      `select one of them: ${readers.map((sink) => sink.name).join(', ')}`,
    );
  }
  if (pipeline.views.some((view) => view.name === name))
    throw usageError(`no sink reads ${name}`, 'leave out --items');
  return named('sink', name, pipeline.sinks).name;
}
