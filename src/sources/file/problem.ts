/** Told of what happens to single files while the others are read on. */
export type FileReport = (
  level: 'info' | 'warn',
  fields: Readonly<Record<string, unknown>>,
  message: string,
) => void;

/** The file is not what it was when the folder was looked through: looking again tells what became of it. */
export class FileMoved extends RangeError {}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
