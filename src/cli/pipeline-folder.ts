import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Pipeline } from '../plan/pipeline.ts';
import { CliError, usageError } from './errors.ts';
import { write, type CliIo } from './io.ts';

/** Throws a usage error unless `dir` is a folder; returns its absolute path. */
export function pipelineFolder(io: CliIo, dir: string): string {
  const path = resolve(io.cwd, dir);
  if (!existsSync(path)) {
    throw usageError(`no such folder: ${dir}`, 'name the folder that holds the pipeline’s .sql files');
  }
  if (!statSync(path).isDirectory()) {
    throw usageError(`not a folder: ${dir}`, 'a pipeline is a folder of .sql files; name the folder');
  }
  return path;
}

/** Everything wrong with a pipeline, as text for a person, and how much of it. */
export async function loadFolder(io: CliIo, dir: string) {
  const path = pipelineFolder(io, dir);
  const [{ loadPipeline }, { renderDiagnostic, sortDiagnostics }, { isAllowed }, { engineProblems }] =
    await Promise.all([
      import('../sql/load.ts'),
      import('../sql/diagnostic.ts'),
      import('../sql/lint/lint.ts'),
      import('../engine/check.ts'),
    ]);
  const loaded = await loadPipeline(path, { env: io.env });
  const found = loaded.pipeline === undefined ? [] : engineProblems(loaded.pipeline);
  const problems = found.filter((p) => !isAllowed(p, loaded.files));
  return {
    files: loaded.files,
    pipeline: problems.some((p) => p.severity === 'error') ? undefined : loaded.pipeline,
    diagnostics: sortDiagnostics([...loaded.diagnostics, ...problems], [...loaded.files.keys()]),
    render: (d: (typeof loaded.diagnostics)[number]) => renderDiagnostic(d, loaded.files),
  };
}

/** The pipeline in `dir`, or its errors on stderr and a CliError. Warnings are `check`'s business. */
export async function loadOrFail(io: CliIo, dir: string): Promise<Pipeline> {
  const { pipeline, diagnostics, render } = await loadFolder(io, dir);
  if (pipeline !== undefined) return pipeline;
  const errors = diagnostics.filter((d) => d.severity === 'error');
  for (const error of errors) await write(io.stderr, `${render(error)}\n\n`);
  throw new CliError(`${dir} has ${errors.length === 1 ? '1 error' : `${errors.length} errors`}`);
}
