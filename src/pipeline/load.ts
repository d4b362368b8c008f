import { isUtf8 } from 'node:buffer';
import { readFile, readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { CheckedPipeline } from '../sql/bind-files.ts';
import type { PipelineFile } from '../sql/parse-file.ts';
import { loadParser } from '../sql/parser.ts';
import { TARGETS } from '../sql/target/targets.ts';
import type { Environment } from '../sql/text/source-text.ts';
import { bindPipeline } from './bind.ts';
import { checkPipeline } from './check.ts';

/**
 * Loads the pipeline in a folder: {@link bindFolder}, then every check. What `target` (a name in TARGETS; default: none
 * besides this engine) refuses is an error as well.
 */
export async function loadPipeline(
  dir: string,
  options: { readonly env: Environment; readonly target?: string | undefined },
): Promise<CheckedPipeline> {
  return checkPipeline(await bindFolder(dir, options));
}

/**
 * Binds the `*.sql` files of a folder as one pipeline named after the folder. Rejects with the file system's error if
 * the folder or a file cannot be read.
 */
export async function bindFolder(
  dir: string,
  { env, target }: { readonly env: Environment; readonly target?: string | undefined },
): Promise<CheckedPipeline> {
  const [targetRules, { name, files }] = await Promise.all([
    TARGETS.get(target ?? '')?.rules(),
    readFolder(dir),
  ]);
  return bindPipeline(name, files, env, targetRules);
}

/** The files of a pipeline, and its name. */
export interface PipelineFolder {
  readonly name: string;
  readonly files: readonly PipelineFile[];
}

/**
 * Reads the `*.sql` files of a folder in name order, and loads the parser that binding needs. Hidden files, which
 * editors and macOS leave behind, are ignored. Rejects with the file system's error.
 */
export async function readFolder(dir: string): Promise<PipelineFolder> {
  const [entries] = await Promise.all([readdir(dir, { withFileTypes: true }), loadParser()]);
  const names = entries
    .filter((e) => e.name.endsWith('.sql') && !e.name.startsWith('.') && !e.isDirectory())
    .map((e) => e.name)
    // Comparing code units gives the same order on every machine, whatever its locale.
    .toSorted((a, b) => (a < b ? -1 : 1));
  const files = await Promise.all(names.map((name) => readSql(join(dir, name), name)));
  return { name: basename(resolve(dir)), files };
}

/** Decoding replaces bytes that are not UTF-8, which would silently change a literal; so their position is reported. */
async function readSql(path: string, name: string): Promise<PipelineFile> {
  const bytes = await readFile(path);
  const text = bytes.toString('utf8');
  return isUtf8(bytes) ? { name, text } : { name, text, badTextAt: Math.max(0, text.indexOf('\uFFFD')) };
}
