import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Polling interval. Polling works on every file system; change notifications do not. */
const POLL_MS = 300;

/** Watches the .sql files of a folder for edits. */
export class SqlEdits {
  readonly #folder: string;
  #stamp: string;
  #text: string;

  private constructor(folder: string, stamp: string, text: string) {
    this.#folder = folder;
    this.#stamp = stamp;
    this.#text = text;
  }

  /** Starts watching; edits from now on count. */
  static async open(folder: string): Promise<SqlEdits> {
    return new SqlEdits(folder, await stampOf(folder), await textOf(folder));
  }

  /** Resolves when the text of the files has changed and is no longer being written; rejects when `signal` aborts. */
  async next(signal: AbortSignal): Promise<void> {
    for (;;) {
      await sleep(POLL_MS, undefined, { signal, ref: false });
      const stamp = await stampOf(this.#folder);
      if (stamp === this.#stamp) continue;
      await sleep(POLL_MS, undefined, { signal, ref: false });
      if ((await stampOf(this.#folder)) !== stamp) continue; // still being written
      this.#stamp = stamp;
      const text = await textOf(this.#folder);
      if (text === this.#text) continue;
      this.#text = text;
      return;
    }
  }
}

/** Returns a text that differs after a file is written, added or removed. */
async function stampOf(folder: string): Promise<string> {
  const stamps = await Promise.all(
    (await sqlFiles(folder)).map(async (name) => {
      const found = await stat(join(folder, name)).catch(() => undefined);
      return `${name} ${found?.mtimeMs} ${found?.size}`;
    }),
  );
  return stamps.join('\n');
}

async function textOf(folder: string): Promise<string> {
  const texts = await Promise.all(
    (await sqlFiles(folder)).map(async (name) => {
      const text = await readFile(join(folder, name), 'utf8').catch(() => '');
      return [name, text];
    }),
  );
  return JSON.stringify(texts);
}

/** Returns no files while the folder is missing, as it may be for a moment when an editor or git replaces it. */
async function sqlFiles(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith('.sql') && !name.startsWith('.')).toSorted();
}
