/** Receives events of single files while the other files are read. */
export type FileReport = (
  level: 'info' | 'warn',
  fields: Readonly<Record<string, unknown>>,
  message: string,
) => void;

/** The file is no longer the one that the last look into the folder found. Another look finds out what became of it. */
export class FileMoved extends RangeError {}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
