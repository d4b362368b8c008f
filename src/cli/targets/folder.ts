import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { CliIo } from '../io.ts';
import { linesOf, type EventTarget } from './target.ts';

/** `<folder>/<source>.ndjson`; files that are there already are written anew. */
export async function folderTarget(io: CliIo, folder: string): Promise<EventTarget> {
  const path = resolve(io.cwd, folder);
  await mkdir(path, { recursive: true });
  const files = new Map<string, FileHandle>();
  return {
    send: async (batch) => {
      let file = files.get(batch.source);
      if (file === undefined) {
        file = await open(join(path, `${batch.source}.ndjson`), 'w');
        files.set(batch.source, file);
      }
      await file.writeFile(linesOf(batch));
    },
    close: async () => {
      for (const file of files.values()) await file.close();
    },
  };
}
