import type { Writable } from 'node:stream';

/** The process as a command sees it; main.ts passes the real one, tests a stand-in. */
export interface CliIo {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** True if stderr is a terminal, where progress and status lines may be redrawn. */
  readonly interactive: boolean;
  /** Asks a question on the terminal and resolves to the line that is typed; undefined where nobody can type. */
  readonly ask?: ((question: string) => Promise<string>) | undefined;
  /**
   * Aborted by SIGINT (Ctrl-C) or SIGTERM. Reading this property takes over the signals: before the first read, they
   * end the process; afterwards, the first one only aborts.
   */
  readonly signal: AbortSignal;
}

/** Returns true if output to `to` may be coloured: as FORCE_COLOR or NO_COLOR say, else if it is a terminal. */
export function showsColour(to: Writable, env: CliIo['env']): boolean {
  const force = env['FORCE_COLOR'];
  if (force !== undefined) return force !== '0' && force !== 'false';
  if ((env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb') return false;
  return (to as { readonly isTTY?: boolean }).isTTY === true;
}

/** Writes `text` and resolves once the stream can take more, so that a slow reader applies back-pressure. */
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

/** Writes lines in chunks of about 64 KiB. */
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

/** Writes one indented JSON document; a bigint becomes its decimal text. */
export async function writeJson(to: Writable, value: unknown): Promise<void> {
  await write(
    to,
    `${JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? v.toString() : v), 2)}\n`,
  );
}
