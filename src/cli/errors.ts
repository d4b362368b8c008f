import { FreshetError } from '../values/freshet-error.ts';

/** Exit codes of every command. */
export const EXIT_DONE = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
/** A dry run that found something to do. */
export const EXIT_DRIFT = 2;

/** A failure that the user can act on; printed without a stack. */
export class CliError extends FreshetError {
  readonly exitCode: number;
  constructor(
    message: string,
    options: { hint?: string | undefined; exitCode?: number; cause?: unknown } = {},
  ) {
    super('command_failed', message, options);
    this.exitCode = options.exitCode ?? EXIT_FAILED;
  }
}

/** Returns the error for a wrong command line, which exits with 2. */
export function usageError(message: string, hint?: string): CliError {
  return new CliError(message, { hint, exitCode: EXIT_USAGE });
}

export interface ErrorReport {
  readonly message: string;
  readonly hint: string | undefined;
  readonly exitCode: number;
  /** True for an unforeseen error, a bug in Freshet whose stack matters. */
  readonly internal: boolean;
}

interface NodeErrno {
  readonly code: string;
  readonly path?: string;
  readonly address?: string;
  readonly port?: number;
}

/** Describes an error of the operating system; undefined for a code that has no description here. */
function describeErrno(error: NodeErrno): { message: string; hint: string | undefined } | undefined {
  const at = error.path ?? '';
  switch (error.code) {
    case 'ENOENT':
      return {
        message: `no such file or folder: ${at}`,
        hint: 'check the path; paths are relative to the current folder',
      };
    case 'ENOTDIR':
      return { message: `not a folder: ${at}`, hint: undefined };
    case 'EISDIR':
      return { message: `is a folder, not a file: ${at}`, hint: undefined };
    case 'EACCES':
    case 'EPERM':
      return { message: `permission denied: ${at === '' ? (error.address ?? '') : at}`, hint: undefined };
    case 'ENOSPC':
      return {
        message: 'the disk is full',
        hint: 'free some space and start again; nothing that was acknowledged is lost',
      };
    case 'EADDRINUSE':
      return {
        message: `port ${error.port} is in use`,
        hint: 'stop the process that uses it, or choose another port with --port',
      };
    case 'EADDRNOTAVAIL':
      return { message: `this machine has no address ${error.address}`, hint: 'try --host 127.0.0.1' };
    case 'ECONNREFUSED':
      return { message: `nothing listens at ${error.address}:${error.port}`, hint: undefined };
    case 'ENOTFOUND':
      return { message: `unknown host: ${(error as { hostname?: string }).hostname ?? at}`, hint: undefined };
    default:
      return undefined;
  }
}

function hasCode(error: Error): error is Error & NodeErrno {
  return typeof (error as { code?: unknown }).code === 'string';
}

/** Returns the message, hint and exit code for any thrown value. */
export function reportOf(thrown: unknown): ErrorReport {
  if (thrown instanceof FreshetError) {
    const { subject, message, hint } = thrown;
    return {
      message: subject === undefined ? message : `${subject.kind} ${subject.name}: ${message}`,
      hint,
      exitCode: thrown instanceof CliError ? thrown.exitCode : EXIT_FAILED,
      internal: false,
    };
  }
  if (thrown instanceof Error) {
    const errno = hasCode(thrown) ? describeErrno(thrown) : undefined;
    if (errno !== undefined) return { ...errno, exitCode: EXIT_FAILED, internal: false };
  }
  return {
    message: thrown instanceof Error ? thrown.message : String(thrown),
    hint: undefined,
    exitCode: EXIT_FAILED,
    internal: true,
  };
}

/** Returns the report of a thrown value as printed on stderr; with the stack if `debug` is true. */
export function renderError(thrown: unknown, debug: boolean): string {
  const report = reportOf(thrown);
  const lines = [report.internal ? `error: internal error: ${report.message}` : `error: ${report.message}`];
  if (report.hint !== undefined) lines.push(`hint: ${report.hint}`);
  if (report.internal && !debug) {
    lines.push('hint: this is a bug in freshet; run again with FRESHET_DEBUG=1 and report the output');
  }
  if (debug && thrown instanceof Error && thrown.stack !== undefined) lines.push(thrown.stack);
  return `${lines.join('\n')}\n`;
}
