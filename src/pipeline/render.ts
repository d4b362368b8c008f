import type { Pipeline } from '../plan/pipeline.ts';
import type { CheckedPipeline } from '../sql/bind-files.ts';
import type { Diagnostic } from '../sql/diagnostic.ts';
import type { Reporter } from '../sql/failure.ts';
import { isAllowed } from '../sql/lint/lint.ts';
import type { PipelineFile } from '../sql/parse-file.ts';
import { targetFindings } from '../sql/target/findings.ts';
import type { RenderOptions } from '../sql/target/render-options.ts';
import type { RenderedPipeline, Rendering } from '../sql/target/rendered.ts';
import type { TargetRule } from '../sql/target/target-rule.ts';
import { TARGETS } from '../sql/target/targets.ts';
import { substitute } from '../sql/text/source-text.ts';
import type { Environment } from '../sql/text/source-text.ts';
import { bindPipeline } from './bind.ts';
import { readFolder } from './load.ts';
import type { PipelineFolder } from './load.ts';
import { checkPipeline } from './check.ts';

/** A pipeline written for a target, with all that was found in the original. */
export interface RenderedFolder extends Rendering {
  readonly name: string;
  /** The text of the original files, by name. */
  readonly originals: CheckedPipeline['files'];
  /** The rendered sources and views, bound; undefined with an error, or if they are too large to be bound here. */
  readonly pipeline: Pipeline | undefined;
}

interface RenderContext {
  readonly env: Environment;
  /** One of `TARGETS`. */
  readonly target: string;
  readonly options: RenderOptions;
}

/** Renders the pipeline in a folder: {@link renderFiles}. Rejects with the file system's error if a file cannot be read. */
export async function renderFolder(dir: string, context: RenderContext): Promise<RenderedFolder> {
  return renderFiles(await readFolder(dir), context);
}

/**
 * Renders a pipeline for a target. Errors in the pipeline, and what the target would refuse of the result, are among
 * the diagnostics. Call it after `loadParser()` has resolved.
 *
 * `${NAME}` stays in the text. A variable that is not set stands for its own name, so that a pipeline can be rendered
 * where its secrets are not known.
 */
export async function renderFiles(
  { name, files }: PipelineFolder,
  { env, target, options }: RenderContext,
): Promise<RenderedFolder> {
  const { rules, render } = TARGETS.get(target)!;
  const [allRules, renderer] = await Promise.all([rules(), render()]);
  const bind = (changed: readonly PipelineFile[]): CheckedPipeline =>
    bindPipeline(name, changed, withNames(env, changed));
  const checked = checkPipeline(bind(files));
  const { pipeline } = checked;
  const originals = checked.files;
  const nothing = {
    name,
    files: new Map<string, string>(),
    statements: [],
    originals,
    originOf: () => 0,
    pipeline: undefined,
  };
  if (pipeline === undefined) return { ...nothing, diagnostics: checked.diagnostics };
  const rendering = renderer(checked, bind, options);
  // Only the target knows `secret NAME`.
  const written = options.secrets ? renderer(checked, bind, { ...options, secrets: false }) : rendering;
  const rendered = rendering.diagnostics.length === 0 ? boundQueries(written, bind) : undefined;
  // Warnings about the pipeline itself are for `check` to tell.
  const found =
    rendered === undefined
      ? refusedOriginals(checked, allRules)
      : [...refusedQueries(written, rendered, allRules), ...refusedSinks(checked, allRules)];
  return {
    ...rendering,
    diagnostics: [...rendering.diagnostics, ...found],
    name,
    originals,
    pipeline: rendered?.pipeline,
  };
}

/**
 * Binds rendered sources and views, without sinks, whose options and formats only the target knows. Returns undefined
 * if they are too large to be bound here, where a CTE counts each time that it is read.
 */
function boundQueries(
  { files, statements }: Rendering,
  bind: (files: readonly PipelineFile[]) => CheckedPipeline,
): CheckedPipeline | undefined {
  const sinks = statements.filter(({ kind }) => kind === 'sink').map(({ sql }) => sql);
  const texts = [...files].map(([name, text]) => ({
    name,
    text: sinks.reduce((rest, sql) => rest.replace(sql, () => ' '.repeat(sql.length)), text),
  }));
  const bound = bind(texts);
  if (bound.pipeline !== undefined) return bound;
  const error = bound.diagnostics.find((d) => d.severity === 'error');
  if (error?.code === '54000') return undefined;
  throw new Error(`rendered SQL has an error: ${error?.message}\n${files.get(error?.span.file ?? '')}`);
}

/** Returns what the target refuses of rendered sources and views, at the places of the originals. */
function refusedQueries(
  { files, originOf }: Rendering,
  { pipeline, statements }: CheckedPipeline,
  rules: readonly TargetRule[],
): readonly Diagnostic[] {
  const written = statements.map(({ statement }) => statement);
  const handled = new Set(rules.filter((rule) => rule.renderable).map((rule) => rule.code));
  return (pipeline === undefined ? [] : targetFindings(rules, written, pipeline))
    .filter((d) => !isAllowed(d, files) && !(d.severity === 'warning' && handled.has(d.code)))
    .map((d) => {
      const { file, start, end } = d.span;
      return { ...d, span: { file, start: originOf(file, start), end: originOf(file, end) } };
    });
}

/** Returns what the target refuses of a pipeline, and rendering does not change. */
function refusedOriginals(
  { pipeline, statements, files }: CheckedPipeline,
  rules: readonly TargetRule[],
): readonly Diagnostic[] {
  if (pipeline === undefined) return [];
  const written = statements.map(({ statement }) => statement);
  const kept = rules.filter((rule) => !rule.renderable);
  return targetFindings(kept, written, pipeline).filter((d) => !isAllowed(d, files));
}

/** Returns what the target refuses of sinks, and rendering does not change. */
function refusedSinks(checked: CheckedPipeline, rules: readonly TargetRule[]): readonly Diagnostic[] {
  const sinks = checked.statements.filter(({ statement }) => statement.kind === 'sink');
  return refusedOriginals(checked, rules).filter(({ span }) =>
    sinks.some((s) => s.span.file === span.file && s.span.start <= span.start && span.start < s.span.end),
  );
}

/** Returns the environment with the name of each variable that is not set and has no default as its value. */
function withNames(env: Environment, files: readonly PipelineFile[]): Environment {
  const named = files.flatMap(({ text }) =>
    [...text.matchAll(/(?<!\$)\$\{([A-Za-z_]\w*)\}/g)].map((m) => m[1]!),
  );
  return { ...Object.fromEntries(named.map((each) => [each, each])), ...env };
}

/**
 * Returns the statements of a rendered pipeline with the values of `${NAME}` filled in, ready to be applied. A variable
 * without a value is reported at its place in the rendered statement.
 */
export function filledIn(
  { name, statements, originals }: RenderedFolder,
  env: Environment,
  reporter: Reporter,
): RenderedPipeline {
  return {
    name,
    statements: statements.map(({ sql, start, ...part }) => {
      const line = (originals.get(part.file) ?? '').slice(0, start).split('\n').length;
      return { ...part, sql: substitute(part.file, sql, env, reporter).text, line };
    }),
  };
}
