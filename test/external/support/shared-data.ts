import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Returns the folder with the real events (kuairand-*.ndjson), or undefined if there is none: FRESHET_SHARED_DATA, or
 * by default `../shared/data` beside the checkout. The data are not part of the repository.
 */
export function sharedData(): string | undefined {
  const dir =
    process.env['FRESHET_SHARED_DATA'] ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));
  return existsSync(join(dir, 'kuairand-view_events.ndjson')) ? dir : undefined;
}

export function readLines(file: string): string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}
