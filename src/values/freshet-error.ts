/** The thing that an error is about. */
export interface ErrorSubject {
  readonly kind: 'source' | 'sink' | 'file' | 'variable';
  readonly name: string;
}

export interface FreshetErrorOptions {
  readonly subject?: ErrorSubject | undefined;
  /** The place in the subject: `line:column` in a file, a byte, an offset. */
  readonly position?: string | undefined;
  /** What the reader can do about it. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/**
 * An error that the person who writes, runs or calls a pipeline can act on. Commands print it without a stack; logs and
 * the API show its message. Every other error is a fault of ours.
 *
 * Errors that callers catch, or that carry more fields, have a class of their own.
 */
export class FreshetError<Code extends string = string> extends Error {
  /** The kind of error, for programs: an SQLSTATE, the name of a DynamoDB exception, or words with underscores. */
  readonly code: Code;
  readonly subject: ErrorSubject | undefined;
  readonly position: string | undefined;
  readonly hint: string | undefined;

  constructor(code: Code, message: string, options: FreshetErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.subject = options.subject;
    this.position = options.position;
    this.hint = options.hint;
  }
}
