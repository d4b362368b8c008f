import { FreshetError } from '../values/freshet-error.ts';

/** Exit codes of every command. */
export const EXIT_DONE = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;

/** A failure that the person at the keyboard can do something about: printed without a stack. */
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

/** The command line itself is wrong: exit code 2. */
export function usageError(message: string, hint?: string): CliError {
  return new CliError(message, { hint, exitCode: EXIT_USAGE });
}

export interface ErrorReport {
  readonly message: string;
  readonly hint: string | undefined;
  readonly exitCode: number;
  /** Not foreseen: a fault of ours, whose stack matters. */
  readonly internal: boolean;
}

interface NodeErrno {
  readonly code: string;
  readonly path?: string;
  readonly address?: string;
  readonly port?: number;
}

/** What the operating system refused, in words. Unknown codes are left to the internal report. */
function describeErrno(error: NodeErrno): { message: string; hint: string | undefined } | undefined {
  const at = error.path ?? '';
  switch (error.code) {
    case 'ENOENT':
      return {
        message: `no such file or folder: ${at}`,
        hint: 'check the path; it is relative to the current folder',
      };
    case 'ENOTDIR':
      return { message: `not a folder: ${at}`, hint: undefined };
    case 'EISDIR':
      return { message: `is a folder, not a file: ${at}`, hint: undefined };
    case 'EACCES':
    case 'EPERM':
      return { message: `no permission: ${at === '' ? (error.address ?? '') : at}`, hint: undefined };
    case 'ENOSPC':
      return {
        message: 'the disk is full',
        hint: 'free some space and start again; nothing that was acknowledged is lost',
      };
    case 'EADDRINUSE':
      return {
        message: `port ${error.port} is in use`,
        hint: 'stop the other process, or choose another with --port',
      };
    case 'EADDRNOTAVAIL':
      return { message: `address ${error.address} is not one of this machine`, hint: 'try --host 127.0.0.1' };
    case 'ECONNREFUSED':
      return { message: `nothing answers at ${error.address}:${error.port}`, hint: undefined };
    case 'ENOTFOUND':
      return { message: `unknown host: ${(error as { hostname?: string }).hostname ?? at}`, hint: undefined };
    default:
      return undefined;
  }
}

function hasCode(error: Error): error is Error & NodeErrno {
  return typeof (error as { code?: unknown }).code === 'string';
}

/** What to tell about any thrown value. */
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

/** The report as printed on stderr, with the stack only where `debug` asks for it. */
export function renderError(thrown: unknown, debug: boolean): string {
  const report = reportOf(thrown);
  const lines = [
    report.internal
      ? `error: something went wrong inside freshet: ${report.message}`
      : `error: ${report.message}`,
  ];
  if (report.hint !== undefined) lines.push(`hint: ${report.hint}`);
  if (report.internal && !debug) {
    lines.push('hint: this is a fault of ours; run again with FRESHET_DEBUG=1 and report what it prints');
  }
  if (debug && thrown instanceof Error && thrown.stack !== undefined) lines.push(thrown.stack);
  return `${lines.join('\n')}\n`;
}
