import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Pipeline } from '../plan/pipeline.ts';
import type { InputFile } from './args.ts';
import { usageError } from './errors.ts';
import type { CliIo } from './io.ts';
import { named } from './named.ts';

/** Returns a file of `--input` with its absolute path. Throws a usage error if there is no such source or file. */
export function inputFile(
  io: CliIo,
  { source, file }: InputFile,
  pipeline: Pipeline,
): { source: string; path: string } {
  named('source', source, pipeline.sources);
  const path = resolve(io.cwd, file);
  if (!existsSync(path))
    throw usageError(`no such file: ${file}`, 'paths are relative to the current folder');
  if (!statSync(path).isFile()) throw usageError(`not a file: ${file}`);
  return { source, path };
}
