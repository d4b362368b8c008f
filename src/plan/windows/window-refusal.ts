import type { Span } from '../expr.ts';

/** Why a view cannot be kept as day buckets whose windows a reader adds up. */
export class WindowRefusal extends Error {
  readonly hint: string;
  /** The part of the SQL that it is about; undefined if the view as a whole is. */
  readonly span: Span | undefined;

  constructor(message: string, hint: string, span?: Span) {
    super(message);
    this.name = 'WindowRefusal';
    this.hint = hint;
    this.span = span;
  }
}
