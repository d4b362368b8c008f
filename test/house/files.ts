import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Returns the sorted paths, relative to the root, of all files that git tracks or does not ignore. */
export function projectFiles(): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  return listed
    .split('\n')
    .filter((path) => path !== '' && existsSync(ROOT + path))
    .sort();
}

export function readProjectFile(path: string): string {
  return readFileSync(ROOT + path, 'utf8');
}
