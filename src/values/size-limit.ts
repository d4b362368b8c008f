import type { Datum } from './datum.ts';
import { SqlValueError } from './sql-error.ts';

/**
 * The longest text or json that a function builds, in UTF-16 units, and the most elements of an array. It is 25 times
 * what a DynamoDB item can hold, and far below what would stop a process: PostgreSQL's own limit of 1 GB does, since
 * JavaScript has no longer strings than 512 MB.
 */
export const MAX_LENGTH = 10_000_000;

/** Throws SqlValueError 54000 for a text or array that would be longer than {@link MAX_LENGTH}: before it is built. */
export function checkLength(length: number): void {
  if (length > MAX_LENGTH) {
    throw new SqlValueError(
      '54000',
      `requested length too large (at most ${MAX_LENGTH} characters or elements)`,
    );
  }
}

/** `parts` joined. Throws SqlValueError 54000 for what would be too long. */
export function joinTexts(parts: readonly string[], delimiter: string): string {
  checkLength(parts.reduce((sum, part) => sum + part.length, delimiter.length * (parts.length - 1)));
  return parts.join(delimiter);
}

/** A function's result, as short as all are: so those that are computed from it have arguments that are bounded. */
export function bounded<T extends Datum>(value: T): T {
  if (typeof value === 'string' || Array.isArray(value))
    checkLength((value as string | readonly Datum[]).length);
  return value;
}
