import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

/**
 * Compiles a TypeScript file and its imports into a new temporary folder, so that a separate process can run it (Node
 * 20 does not run TypeScript). Resolves to the JavaScript file and the folder to remove.
 */
export async function compileToTemp(
  file: string,
): Promise<{ readonly script: string; readonly folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'freshet-compiled-'));
  const flags = [
    '--ignoreConfig --noEmit false --target es2023 --lib es2023 --module nodenext --moduleResolution nodenext',
    '--types node --skipLibCheck --allowImportingTsExtensions --rewriteRelativeImportExtensions --verbatimModuleSyntax',
  ].flatMap((line) => line.split(' '));
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [tsc, ...flags, '--rootDir', ROOT, '--outDir', folder, file];
  await promisify(execFile)(process.execPath, args, { cwd: ROOT }).catch((error: { stdout?: string }) => {
    throw new Error(`compiling ${file} failed: ${error.stdout}`);
  });
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  return { script: join(folder, relative(ROOT, file).replace(/\.ts$/, '.js')), folder };
}
