import { FreshetError } from './freshet-error.ts';

/** The SQLSTATE codes of errors in values and functions. */
export const SQL_STATES = [
  '22003', // numeric value out of range
  '22007', // invalid datetime format
  '22008', // datetime field overflow
  '22012', // division by zero
  '22023', // invalid parameter value
  '22P02', // invalid text representation
  '22030', // duplicate or null JSON object key
  '2201B', // invalid regular expression
  '2201E', // invalid argument for logarithm
  '2201F', // invalid argument for power function
  '54000', // program limit exceeded
  '0A000', // feature not supported
] as const;
export type SqlState = (typeof SQL_STATES)[number];

/**
 * An error in the evaluation of one value (a cast, an overflow, a division by zero). In a stream, `replay` included,
 * the cast or call that threw it is NULL for that row, and counted; in a constant it is an error of the SQL.
 */
export class SqlValueError extends FreshetError<SqlState> {}

/**
 * Returns a caught error as a SqlValueError; undefined if it is a fault of ours. JavaScript's own error for a text or
 * array that is too long becomes 54000, so that one event can never stop the stream.
 */
export function valueErrorOf(error: unknown): SqlValueError | undefined {
  if (error instanceof SqlValueError) return error;
  if (
    error instanceof RangeError &&
    /^Invalid (?:string|array|typed array) length|allocation failed/.test(error.message)
  )
    return new SqlValueError('54000', 'the result is too long');
  return undefined;
}
