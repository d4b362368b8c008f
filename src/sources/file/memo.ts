import type { FileMemo } from './tracked.ts';

const VERSION = 1;

/** Encodes the state of a folder's files as the text that the source stores beside its positions. */
export function encodeMemo(files: readonly FileMemo[]): string {
  return JSON.stringify({ version: VERSION, files });
}

/**
 * Decodes a memo. Returns undefined if there is none; positions then belong to the files that now have the same names.
 * Throws RangeError for a memo of another version.
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
