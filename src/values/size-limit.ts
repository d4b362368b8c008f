import type { Datum } from './datum.ts';
import { SqlValueError } from './sql-error.ts';

/**
 * The maximum length of a text or json that a function builds, in UTF-16 units, and of an array, in elements. It is 25
 * times what a DynamoDB item can hold, and far below what would crash a process. PostgreSQL's limit of 1 GB would: the
 * longest JavaScript string has 512 MB.
 */
export const MAX_LENGTH = 10_000_000;

/** Throws SqlValueError 54000 if a length exceeds {@link MAX_LENGTH}. Called before the text or array is built. */
export function checkLength(length: number): void {
  if (length > MAX_LENGTH) {
    throw new SqlValueError(
      '54000',
      `requested length too large (at most ${MAX_LENGTH} characters or elements)`,
    );
  }
}

/** Returns the joined parts. Throws SqlValueError 54000 if the text would be too long. */
export function joinTexts(parts: readonly string[], delimiter: string): string {
  checkLength(parts.reduce((sum, part) => sum + part.length, delimiter.length * (parts.length - 1)));
  return parts.join(delimiter);
}

/**
 * Returns a function's result. Throws SqlValueError 54000 if it is too long, so that all arguments have bounded length.
 */
export function bounded<T extends Datum>(value: T): T {
  if (typeof value === 'string' || Array.isArray(value))
    checkLength((value as string | readonly Datum[]).length);
  return value;
}
