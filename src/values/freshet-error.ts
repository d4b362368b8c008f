/** What an error is about. */
export interface ErrorSubject {
  readonly kind: 'source' | 'sink' | 'file' | 'variable';
  readonly name: string;
}

export interface FreshetErrorOptions {
  readonly subject?: ErrorSubject | undefined;
  /** Where in the subject: `line:column` in a file, a byte, an offset. */
  readonly position?: string | undefined;
  /** What to do about it. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/**
 * An error that the person who writes, runs or calls a pipeline can act on. Commands print it without a stack, logs and
 * the API show it as it is. Every other error is a fault of ours.
 *
 * A class of its own exists for what callers catch, or what carries more than this.
 */
export class FreshetError<Code extends string = string> extends Error {
  /** What went wrong, for programs: an SQLSTATE, DynamoDB's name of an exception, or words with underscores. */
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
