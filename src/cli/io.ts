import type { Writable } from 'node:stream';

/** What a command may touch of the process it runs in; tests and the launcher hand it in. */
export interface CliIo {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Somebody is looking: progress and status lines may be drawn on stderr. */
  readonly interactive: boolean;
  /**
   * Aborted when the person wants the command to end (Ctrl-C, SIGTERM). From the first time it is read on, a signal
   * does no more than that; before, it ends the process.
   */
  readonly signal: AbortSignal;
}

/** Does what reads `to` show colours? FORCE_COLOR and NO_COLOR decide where they are set, the terminal else. */
export function showsColour(to: Writable, env: CliIo['env']): boolean {
  const force = env['FORCE_COLOR'];
  if (force !== undefined) return force !== '0' && force !== 'false';
  if ((env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb') return false;
  return (to as { readonly isTTY?: boolean }).isTTY === true;
}

/** Writes `text` and resolves once the stream can take more, so that a slow reader holds the producer back. */
export async function write(to: Writable, text: string): Promise<void> {
  if (to.write(text)) return;
  await new Promise<void>((resolve, reject) => {
    const done = (): void => {
      to.off('error', failed);
      to.off('close', done);
      to.off('drain', done);
      resolve();
    };
    const failed = (error: Error): void => {
      to.off('drain', done);
      to.off('close', done);
      reject(error);
    };
    to.once('drain', done);
    to.once('close', done);
    to.once('error', failed);
  });
}

/** Writes many lines in few writes. */
export async function writeLines(to: Writable, lines: Iterable<string>): Promise<void> {
  let chunk = '';
  for (const line of lines) {
    chunk += `${line}\n`;
    if (chunk.length > 65_536) {
      await write(to, chunk);
      chunk = '';
    }
  }
  if (chunk !== '') await write(to, chunk);
}

/** One JSON document on stdout, for `--json`. */
export async function writeJson(to: Writable, value: unknown): Promise<void> {
  await write(
    to,
    `${JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? v.toString() : v), 2)}\n`,
  );
}
