/** Receives a log message about one file. The reader goes on with the other files. */
export type FileReport = (
  level: 'info' | 'warn',
  fields: Readonly<Record<string, unknown>>,
  message: string,
) => void;

/** The file is no longer the one that the last scan of the folder found. The next scan finds out where that one is. */
export class FileMoved extends RangeError {}
