import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { CliIo } from '../io.ts';
import { linesOf, type EventTarget } from './target.ts';

/** Opens a target that writes `<folder>/<source>.ndjson` for each source. Existing files are overwritten. */
export async function folderTarget(
  io: CliIo,
  folder: string,
  sources: readonly string[],
): Promise<EventTarget> {
  const path = resolve(io.cwd, folder);
  await mkdir(path, { recursive: true });
  const files = new Map<string, FileHandle>();
  for (const source of sources) files.set(source, await open(join(path, `${source}.ndjson`), 'w'));
  return {
    send: (batch) => files.get(batch.source)!.writeFile(linesOf(batch)),
    close: async () => {
      for (const file of files.values()) await file.close();
    },
  };
}
