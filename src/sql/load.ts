import { readFile, readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { bindPipeline } from './bind-pipeline.ts';
import type { CheckedPipeline } from './bind-pipeline.ts';
import { loadParser } from './parser.ts';
import type { Environment } from './text/source-text.ts';

/**
 * Reads the `*.sql` files of a folder in name order, and binds them as one pipeline named after the folder. Rejects
 * with the file system's error if the folder or a file cannot be read.
 */
export async function loadPipeline(
  dir: string,
  options: { readonly env: Environment },
): Promise<CheckedPipeline> {
  await loadParser();
  const entries = await readdir(dir, { withFileTypes: true });
  const names = entries
    .filter((e) => e.name.endsWith('.sql') && !e.isDirectory())
    .map((e) => e.name)
    // By code unit: the same order on every machine, whatever its locale.
    .toSorted((a, b) => (a < b ? -1 : 1));
  const files = await Promise.all(
    names.map(async (name) => ({ name, text: await readFile(join(dir, name), 'utf8') })),
  );
  return bindPipeline(basename(resolve(dir)), files, options.env);
}
