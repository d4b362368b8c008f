import type { Pipeline } from '../../plan/pipeline.ts';
import { argument, defineCommand, optionalArgument } from '../command.ts';
import type { CliIo } from '../io.ts';
import { EXIT_DONE, usageError } from '../errors.ts';
import { write, writeLines } from '../io.ts';
import { errorCount, failWith, loadFolder } from '../pipeline-folder.ts';

/** What no view can be charged with. */
const TEXTS =
  'texts: each distinct one lies in memory once, for all views: its length and about 60 bytes, until no view holds it';

export const explainCommand = defineCommand({
  name: 'explain',
  summary: 'show what a pipeline computes, and how',
  description:
    'Prints the bound plan of every view, or of one: its operators from the output down to the sources, the type ' +
    'of every column, and the casts that were added; and what the view holds in memory, in bytes per key. CTEs and ' +
    'plain views are shown where they are used. One that has no error, and reads nothing that has one, is shown ' +
    'whatever else is wrong with the pipeline.',
  examples: [
    ['explain pipelines/viewer-engagement', 'sources, views and sinks'],
    ['explain pipelines/viewer-engagement viewer_history', 'one view'],
  ],
  args: {
    dir: argument('folder of .sql files'),
    view: optionalArgument('a view, a source or a sink'),
  },
  run: (io, { dir, view }) => explain(io, dir, view),
});

async function explain(io: CliIo, dir: string, name: string | undefined): Promise<number> {
  const pipeline = await explainable(io, dir, name);
  const [{ renderViewPlan }, { renderSink, renderSource }, { renderState }, { explainEngine }] =
    await Promise.all([
      import('../format/plan.ts'),
      import('../format/definition.ts'),
      import('../format/state.ts'),
      import('../../engine/explain.ts'),
    ]);
  const operators = explainEngine(pipeline);
  const parts = [
    ...pipeline.sources.map((def) => ({ def, render: () => renderSource(def) })),
    ...pipeline.logicalViews.map((def) => ({ def, render: () => renderViewPlan(def) })),
    ...pipeline.views.map((def) => ({
      def,
      render: () => [
        ...renderViewPlan(def),
        ...renderState(operators.filter(({ view }) => view === def.name)),
      ],
    })),
    ...pipeline.sinks.map((def) => ({ def, render: () => renderSink(def, pipeline) })),
  ].toSorted((a, b) => position(a.def.span, pipeline) - position(b.def.span, pipeline));
  const chosen = name === undefined ? parts : parts.filter(({ def }) => def.name === name);
  if (chosen.length === 0 && name !== undefined) {
    throw usageError(
      `the pipeline has no view, source or sink named ${name}`,
      `it has: ${parts.map(({ def }) => def.name).join(', ')}`,
    );
  }
  await writeLines(io.stdout, [
    ...chosen.flatMap(({ render }, i) => (i === 0 ? render() : ['', ...render()])),
    '',
    TEXTS,
  ]);
  return EXIT_DONE;
}

/** What there is to show: all of a pipeline without errors, else what `name` reads if there is none in that. */
async function explainable(io: CliIo, dir: string, name: string | undefined): Promise<Pipeline> {
  const loaded = await loadFolder(io, dir);
  if (loaded.pipeline !== undefined) return loaded.pipeline;
  if (name === undefined) return failWith(io, dir, loaded);
  const { namesUnder, partOf } = await import('../../plan/part-of.ts');
  const { engineProblems } = await import('../../engine/check.ts');
  const names = namesUnder(loaded.runnable, name);
  const part = partOf(loaded.runnable, names);
  const isWhole = [...names].every((each) => !loaded.inPart.has(each));
  const has = [...part.sources, ...part.logicalViews, ...part.views, ...part.sinks].some(
    (d) => d.name === name,
  );
  const runs = has && isWhole && engineProblems(part).every((p) => p.severity !== 'error');
  if (!runs) return failWith(io, dir, loaded);
  const errors = loaded.diagnostics.filter((d) => d.severity === 'error');
  await write(
    io.stderr,
    `${dir} ${errorCount(errors)}, none of which ${name} depends on: see freshet check\n\n`,
  );
  return part;
}

/** Orders definitions as they are written: by file, then by place. */
function position(span: { readonly file: string; readonly start: number }, pipeline: Pipeline): number {
  const file = [...pipeline.files.keys()].indexOf(span.file);
  return file * 2 ** 32 + span.start;
}
