import type { Pipeline } from '../../plan/pipeline.ts';
import { TARGETS } from '../../sql/target/targets.ts';
import { argument, choice, defineCommand, optionalArgument } from '../command.ts';
import { renderTargetState } from '../format/target-state.ts';
import type { CliIo } from '../io.ts';
import { EXIT_DONE, usageError } from '../errors.ts';
import { write, writeLines } from '../io.ts';
import { errorCount, failWith, loadFolder, renderOrFail } from '../pipeline-folder.ts';
import { DEFAULT_RENDERING } from '../render-flags.ts';

/** Memory shared by all views, which no single view accounts for. */
const TEXTS =
  'texts: shared by all views; each distinct text takes its length plus about 60 bytes until no view holds it';

const TARGET_STATE =
  'estimates: 20 bytes per text, 100 per JSONB or array, 16 per row; before compression, without copies and caches';

const FLAGS = {
  target: choice(
    '<engine>',
    'engine to explain for: with risingwave, the state that it keeps for the rendered pipeline',
    ['embedded', ...TARGETS.keys()],
    'embedded',
  ),
};

export const explainCommand = defineCommand({
  name: 'explain',
  summary: 'print the plans of a pipeline and the memory they take',
  description:
    'Prints the bound plan of every view, or of one: its operators from the output down to the sources, the type of ' +
    'every column, the casts that were added, and what the view holds in memory, in bytes per key. CTEs and plain ' +
    'views are expanded where they are used. A view without errors in itself and its inputs can be explained even ' +
    'if other parts of the pipeline have errors.',
  examples: [
    ['explain pipelines/viewer-engagement', 'all sources, views and sinks'],
    ['explain pipelines/viewer-engagement viewer_history', 'one view'],
    ['explain pipelines/viewer-engagement --target risingwave', 'the state of each view on RisingWave'],
  ],
  args: {
    dir: argument('folder of .sql files'),
    view: optionalArgument('view, source or sink to explain (default: all)'),
  },
  flags: FLAGS,
  run: (io, { dir, view }, { target }) =>
    target === 'embedded' ? explain(io, dir, view) : explainTarget(io, dir, view, target),
});

/** Prints what a target is estimated to keep for each view of the rendered pipeline, or for one. */
async function explainTarget(
  io: CliIo,
  dir: string,
  name: string | undefined,
  target: string,
): Promise<number> {
  const [{ pipeline }, stateTables] = await Promise.all([
    renderOrFail(io, dir, target, DEFAULT_RENDERING),
    TARGETS.get(target)!.state(),
  ]);
  const views = pipeline?.views ?? [];
  const chosen = name === undefined ? views : views.filter((view) => view.name === name);
  if (chosen.length === 0) {
    const has = views.map((view) => view.name).join(', ');
    throw usageError(`there is no materialized view ${name ?? 'to explain'}`, `the pipeline has: ${has}`);
  }
  const lines = chosen.flatMap((view) => renderTargetState(view.name, stateTables(view, pipeline!)));
  await writeLines(io.stdout, [...lines, TARGET_STATE]);
  return EXIT_DONE;
}

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

/**
 * The whole pipeline if it has no errors; otherwise the part that `name` depends on, if that part has none. Throws the
 * CliError of {@link failWith} for a part with errors.
 */
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

/** Orders definitions as they are written: by file, then by position in it. */
function position(span: { readonly file: string; readonly start: number }, pipeline: Pipeline): number {
  const file = [...pipeline.files.keys()].indexOf(span.file);
  return file * 2 ** 32 + span.start;
}
