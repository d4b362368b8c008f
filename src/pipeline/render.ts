import type { CheckedPipeline } from '../sql/bind-files.ts';
import type { Diagnostic } from '../sql/diagnostic.ts';
import type { Reporter } from '../sql/failure.ts';
import { targetFindings } from '../sql/target/findings.ts';
import type { RenderOptions } from '../sql/target/render-options.ts';
import type { RenderedPipeline, Rendering } from '../sql/target/rendered.ts';
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
  const texts = files.map(({ text }) => text);
  const known = withNames(env, texts);
  const checked = checkPipeline(bindPipeline(name, files, known));
  const { pipeline, statements } = checked;
  const nothing = { name, files: new Map<string, string>(), statements: [], originals: checked.files };
  if (pipeline === undefined) return { ...nothing, diagnostics: checked.diagnostics };
  const refused = targetFindings(
    allRules.filter((rule) => !rule.renderable),
    statements.map(({ statement }) => statement),
    pipeline,
  );
  const rendering = renderer(checked, (changed) => bindPipeline(name, changed, known), options);
  // Warnings about the pipeline itself are for `check` to tell.
  const diagnostics: readonly Diagnostic[] = [...refused, ...rendering.diagnostics];
  return { ...rendering, diagnostics, name, originals: checked.files };
}

/** Returns the environment with the name of each variable that is not set and has no default as its value. */
function withNames(env: Environment, texts: readonly string[]): Environment {
  const named = texts.flatMap((text) => [...text.matchAll(/(?<!\$)\$\{([A-Za-z_]\w*)\}/g)].map((m) => m[1]!));
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
