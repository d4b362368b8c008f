import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Pipeline } from '../plan/pipeline.ts';
import { CliError, usageError } from './errors.ts';
import { showsColour, write, type CliIo } from './io.ts';

const SHIPPED = fileURLToPath(new URL('../../pipelines/viewer-engagement', import.meta.url));
/** Pipelines in a hint. */
const MAX_SHOWN = 5;

/** Throws a usage error unless `dir` is a folder; returns its absolute path. */
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

/** The pipelines that there are at a place, or the one that comes with the package. */
function hintAt(cwd: string): string {
  const near = [cwd, ...foldersIn(cwd), ...foldersIn(join(cwd, 'pipelines'))].filter(hasSql);
  const names = near.slice(0, MAX_SHOWN).map((path) => relative(cwd, path) || '.');
  const shipped = relative(cwd, SHIPPED);
  const there =
    names.length > 0
      ? `here there ${names.length === 1 ? 'is' : 'are'}: ${names.join(', ')}`
      : existsSync(SHIPPED)
        ? `the one that comes with freshet: ${shipped}`
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
    return []; // not there, or not ours to look into
  }
}

function hasSql(path: string): boolean {
  try {
    return readdirSync(path).some((name) => name.endsWith('.sql'));
  } catch {
    return false;
  }
}

/** Everything wrong with a pipeline, and what there is without that. Places are told as `dir` was: clickable. */
export async function loadFolder(io: CliIo, dir: string, target?: string) {
  const path = pipelineFolder(io, dir);
  const [{ loadPipeline }, { renderDiagnostic }] = await Promise.all([
    import('../pipeline/load.ts'),
    import('../sql/diagnostic.ts'),
  ]);
  const loaded = await loadPipeline(path, { env: io.env, target });
  // What is wrong with the pipeline as a whole has its name for a file.
  const pathOf = (file: string): string => (loaded.files.has(file) ? join(dir, file) : dir);
  return {
    ...loaded,
    pathOf,
    render: (d: (typeof loaded.diagnostics)[number], to: Writable) =>
      renderDiagnostic(d, loaded.files, { path: pathOf, colour: showsColour(to, io.env) }),
  };
}

/** The pipeline in `dir`, or its errors on stderr and a CliError. Warnings are `check`'s business. */
export async function loadOrFail(io: CliIo, dir: string): Promise<Pipeline> {
  const loaded = await loadFolder(io, dir);
  return loaded.pipeline ?? failWith(io, dir, loaded);
}

/** Tells the errors on stderr, and throws a CliError. */
export async function failWith(
  io: CliIo,
  dir: string,
  { diagnostics, render }: Pick<Awaited<ReturnType<typeof loadFolder>>, 'diagnostics' | 'render'>,
): Promise<never> {
  const errors = diagnostics.filter((d) => d.severity === 'error');
  for (const error of errors) await write(io.stderr, `${render(error, io.stderr)}\n\n`);
  throw new CliError(`${dir} ${errorCount(errors)}`);
}

/** `has 1 error`, `has 2 errors`. */
export function errorCount(errors: readonly unknown[]): string {
  return `has ${errors.length === 1 ? '1 error' : `${errors.length} errors`}`;
}
