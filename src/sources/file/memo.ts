import type { FileMemo } from './tracked.ts';

const VERSION = 1;

/** What a folder's reader remembers of its files, as text. */
export function encodeMemo(files: readonly FileMemo[]): string {
  return JSON.stringify({ version: VERSION, files });
}

/** Undefined without a memo: positions are then those of the names that files have. Throws RangeError for another version's. */
export function decodeMemo(memo: string | undefined): readonly FileMemo[] | undefined {
  if (memo === undefined) return undefined;
  const { version, files } = JSON.parse(memo) as {
    readonly version: number;
    readonly files: readonly FileMemo[];
  };
  if (version !== VERSION)
    throw new RangeError(`what is known of the files has format ${version}, not ${VERSION}`);
  return files;
}
