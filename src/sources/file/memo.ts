import type { FileMemo } from './tracked.ts';

const VERSION = 1;

/** Encodes what the reader of a folder stores about its files. */
export function encodeMemo(files: readonly FileMemo[]): string {
  return JSON.stringify({ version: VERSION, files });
}

/**
 * Decodes a memo. Returns undefined without one: positions then belong to the files that have the names now. Throws
 * RangeError for a memo of another version.
 */
export function decodeMemo(memo: string | undefined): readonly FileMemo[] | undefined {
  if (memo === undefined) return undefined;
  const { version, files } = JSON.parse(memo) as {
    readonly version: number;
    readonly files: readonly FileMemo[];
  };
  if (version !== VERSION)
    throw new RangeError(`the stored state of the files has format ${version}, not ${VERSION}`);
  return files;
}
