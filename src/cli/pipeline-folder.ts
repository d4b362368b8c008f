import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Pipeline } from '../plan/pipeline.ts';
import type { CheckedPipeline } from '../sql/bind-files.ts';
import type { RenderedFolder } from '../pipeline/render.ts';
import type { RenderOptions } from '../sql/target/render-options.ts';
import type { RenderedPipeline } from '../sql/target/rendered.ts';
import { CliError, usageError } from './errors.ts';
import { showsColour, write, type CliIo } from './io.ts';

const SHIPPED = fileURLToPath(new URL('../../pipelines/viewer-engagement', import.meta.url));
/** Maximum number of pipelines in a hint. */
const MAX_SHOWN = 5;

/** Returns the absolute path of `dir`. Throws a usage error if it is no folder. */
function pipelineFolder(io: CliIo, dir: string): string {
  const path = resolve(io.cwd, dir);
  if (!existsSync(path)) {
    throw usageError(`no such folder: ${dir}`, hintAt(io.cwd));
  }
  if (!statSync(path).isDirectory()) {
    throw usageError(`not a folder: ${dir}`, 'a pipeline is a folder of .sql files; name the folder');
  }
  return path;
}

/** Returns a hint with the pipelines near `cwd`, or the one that comes with the package if there are none. */
function hintAt(cwd: string): string {
  const near = [cwd, ...foldersIn(cwd), ...foldersIn(join(cwd, 'pipelines'))].filter(hasSql);
  const names = near.slice(0, MAX_SHOWN).map((path) => relative(cwd, path) || '.');
  const shipped = relative(cwd, SHIPPED);
  const there =
    names.length > 0
      ? `found here: ${names.join(', ')}`
      : existsSync(SHIPPED)
        ? `Freshet comes with one: ${shipped}`
        : '';
  return `name the folder that holds the pipeline’s .sql files${there === '' ? '' : `; ${there}`}`;
}

function foldersIn(path: string): readonly string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
      .map(({ name }) => join(path, name))
      .toSorted();
  } catch {
    return []; // the folder does not exist, or cannot be read
  }
}

function hasSql(path: string): boolean {
  try {
    return readdirSync(path).some((name) => name.endsWith('.sql'));
  } catch {
    return false;
  }
}

/**
 * Loads and checks the pipeline in `dir`. Returns it with its diagnostics, and with functions that show files by paths
 * that start with `dir` as it was given, so that terminals can open them.
 */
export async function loadFolder(io: CliIo, dir: string, target?: string) {
  const path = pipelineFolder(io, dir);
  const { loadPipeline } = await import('../pipeline/load.ts');
  return withPaths(io, dir, await loadPipeline(path, { env: io.env, target }));
}

/**
 * Returns the pipeline in `dir` bound, but not checked for what runs it, and a function that shows its diagnostics. If
 * it has errors, writes them to stderr and throws CliError.
 */
export async function bindOrFail(io: CliIo, dir: string) {
  const path = pipelineFolder(io, dir);
  const { bindFolder } = await import('../pipeline/load.ts');
  const bound = await withPaths(io, dir, await bindFolder(path, { env: io.env }));
  return bound.pipeline === undefined ? failWith(io, dir, bound) : { ...bound, pipeline: bound.pipeline };
}

async function withPaths(io: CliIo, dir: string, loaded: CheckedPipeline) {
  const { renderDiagnostic } = await import('../sql/diagnostic.ts');
  // Diagnostics of the pipeline as a whole have the pipeline's name in place of a file.
  const pathOf = (file: string): string => (loaded.files.has(file) ? join(dir, file) : dir);
  return {
    ...loaded,
    pathOf,
    render: (d: (typeof loaded.diagnostics)[number], to: Writable) =>
      renderDiagnostic(d, loaded.files, { path: pathOf, colour: showsColour(to, io.env) }),
  };
}

/** Returns the pipeline in `dir`. If it has errors, writes them to stderr and throws CliError. Ignores warnings. */
export async function loadOrFail(io: CliIo, dir: string): Promise<Pipeline> {
  const loaded = await loadFolder(io, dir);
  return loaded.pipeline ?? failWith(io, dir, loaded);
}

/** Returns the files of the pipeline in `dir` in the SQL of a target. Shows warnings and errors; throws CliError. */
export async function renderOrFail(
  io: CliIo,
  dir: string,
  target: string,
  options: RenderOptions,
): Promise<RenderedFolder> {
  const path = pipelineFolder(io, dir);
  const [{ renderFolder }, { renderDiagnostic }] = await Promise.all([
    import('../pipeline/render.ts'),
    import('../sql/diagnostic.ts'),
  ]);
  const rendered = await renderFolder(path, { env: io.env, target, options });
  const { diagnostics, originals } = rendered;
  const pathOf = (file: string): string => (originals.has(file) ? join(dir, file) : dir);
  const shown = { path: pathOf, colour: showsColour(io.stderr, io.env) };
  for (const d of diagnostics) await write(io.stderr, `${renderDiagnostic(d, originals, shown)}\n\n`);
  const errors = diagnostics.filter((d) => d.severity === 'error');
  if (errors.length > 0) throw new CliError(`${dir} ${errorCount(errors)}`);
  return rendered;
}

/** Returns the pipeline in `dir` in the SQL of a target, with the environment's values for `${NAME}`. */
export async function renderWithValues(
  io: CliIo,
  dir: string,
  target: string,
  options: RenderOptions,
): Promise<RenderedPipeline> {
  const rendered = await renderOrFail(io, dir, target, options);
  const [{ filledIn }, { Reporter }] = await Promise.all([
    import('../pipeline/render.ts'),
    import('../sql/failure.ts'),
  ]);
  const reporter = new Reporter();
  const pipeline = filledIn(rendered, io.env, reporter);
  const missing = reporter.diagnostics.map(({ message }) => message);
  if (missing.length > 0) throw new CliError(`${dir}: ${[...new Set(missing)].join('; ')}`);
  return pipeline;
}

/** Writes the errors among `diagnostics` to stderr, and throws CliError. */
export async function failWith(
  io: CliIo,
  dir: string,
  { diagnostics, render }: Pick<Awaited<ReturnType<typeof loadFolder>>, 'diagnostics' | 'render'>,
): Promise<never> {
  const errors = diagnostics.filter((d) => d.severity === 'error');
  for (const error of errors) await write(io.stderr, `${render(error, io.stderr)}\n\n`);
  throw new CliError(`${dir} ${errorCount(errors)}`);
}

/** Returns `has 1 error`, or `has 2 errors` and so on. */
export function errorCount(errors: readonly unknown[]): string {
  return `has ${errors.length === 1 ? '1 error' : `${errors.length} errors`}`;
}
