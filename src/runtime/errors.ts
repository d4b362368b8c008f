/** Something about running a pipeline that an operator can mend, with what to do about it. */
export class RuntimeError extends Error {
  readonly hint: string | undefined;
  constructor(message: string, options?: { hint?: string | undefined; cause?: unknown }) {
    super(message, { cause: options?.cause });
    this.name = 'RuntimeError';
    this.hint = options?.hint;
  }
}

/** The message of anything thrown, for logs and status. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
