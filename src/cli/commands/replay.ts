import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { EvaluationError } from '../../engine/contract.ts';
import type { Pipeline } from '../../plan/pipeline.ts';
import type { ReplayInputReport, ReplayProblem } from '../../runtime/replay-input.ts';
import { collectInput, collectTimeColumn, parseTimestamp, type InputFile } from '../args.ts';
import { argument, defineCommand, parsed, required, text, toggle, type Values } from '../command.ts';
import { EXIT_DONE, usageError } from '../errors.ts';
import { countOf } from '../format/count.ts';
import { writeLines, type CliIo } from '../io.ts';
import { named } from '../named.ts';
import { loadOrFail } from '../pipeline-folder.ts';
import { Progress } from '../progress.ts';

const FLAGS = {
  input: required(
    parsed('<source=file...>', 'events of a source, one JSON object per line (repeatable)', collectInput),
  ),
  asOf: required(
    parsed(
      '<time>',
      'the moment to look at, such as 2026-03-15T12:00:00Z; UTC without a zone',
      parseTimestamp,
    ),
  ),
  select: required(text('<view>', 'the view to print; with --items, a sink or its view')),
  items: toggle('print the sink’s DynamoDB items instead of the view’s rows'),
  time: parsed('<source.column>', 'the event time of a source (repeatable)', collectTimeColumn),
};
type ReplayFlags = Values<typeof FLAGS>;

export const replayCommand = defineCommand({
  name: 'replay',
  summary: 'what a view held at a point in time, from files of events',
  description:
    'Feeds NDJSON files to a pipeline in the order of event time, the clock following them, then moves the clock to ' +
    '--as-of and prints the rows of a view as NDJSON, sorted by key. Equal input gives equal bytes. Rows later than ' +
    '--as-of have not happened yet and are not fed.',
  examples: [
    [
      'replay pipelines/viewer-engagement --input view_events=views.ndjson ' +
        '--input content_interactions=likes.ndjson --as-of 2026-03-15T12:00:00Z --select viewer_engagement_rolling',
      'every viewer’s watch profile as of a moment',
    ],
    [
      'replay pipelines/viewer-engagement --input view_events=a.ndjson b.ndjson --as-of 2026-03-15 ' +
        '--select viewer_watch_sink --items',
      'the DynamoDB items of a sink, from two files',
    ],
  ],
  notes:
    'Event time is the source’s watermark column, else its only timestamp column, else the one named with --time.\n' +
    'Records that a source refuses are counted on stderr.',
  args: {
    dir: argument('folder of .sql files'),
  },
  flags: FLAGS,
  run: (io, { dir }, flags) => runReplay(io, dir, flags),
});

/** Problems told one by one before they are only counted. */
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
  for (const line of [
    ...result.inputs.flatMap(describeInput),
    ...result.errors().map(describeEvaluationError),
  ]) {
    io.stderr.write(`warning: ${line}\n`);
  }
  await writeLines(io.stdout, lines);
  return EXIT_DONE;
}

function inputFile(
  io: CliIo,
  { source, file }: InputFile,
  pipeline: Pipeline,
): { source: string; path: string } {
  named('source', source, pipeline.sources);
  const path = resolve(io.cwd, file);
  if (!existsSync(path))
    throw usageError(`no such file: ${file}`, 'the path is relative to the current folder');
  if (!statSync(path).isFile()) throw usageError(`not a file: ${file}`);
  return { source, path };
}

function viewFor(name: string, pipeline: Pipeline): string {
  const logical = pipeline.logicalViews.find((view) => view.name === name);
  if (logical !== undefined) {
    throw usageError(`${name} is a plain view, which holds no rows`, 'select a materialized view');
  }
  if (pipeline.sinks.some((sink) => sink.name === name)) {
    throw usageError(`${name} is a sink`, 'add --items to see its items, or select its view');
  }
  return named('materialized view', name, pipeline.views).name;
}

/** A sink by its name, or the only one that reads the view of that name. */
function sinkFor(name: string, pipeline: Pipeline): string {
  const readers = pipeline.sinks.filter((sink) => sink.name === name || sink.from === name);
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

function describeProblem({ source, file, offset, message, refused }: ReplayProblem): string {
  return `${refused ? 'refused' : 'warning'}: ${source}: ${file} at byte ${offset}: ${message}`;
}

function describeInput({ source, refused, nulled, untimed }: ReplayInputReport): string[] {
  const lines: string[] = [];
  if (refused > 0) lines.push(`${source}: ${countOf(refused, 'record')} refused`);
  if (nulled > 0) lines.push(`${source}: ${countOf(nulled, 'field')} could not be read and became NULL`);
  if (untimed > 0)
    lines.push(`${source}: ${countOf(untimed, 'row')} without an event time, fed before all others`);
  return lines;
}

function describeEvaluationError({ view, message, count }: EvaluationError): string {
  return `${view}: ${message}; NULL in ${countOf(count, 'place')}`;
}
