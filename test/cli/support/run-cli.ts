import { Writable } from 'node:stream';
import { runCli } from '../../../src/cli/program.ts';
import { ROOT } from '../../house/files.ts';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process, in the root of the repository unless told otherwise. */
export async function cli(
  argv: readonly string[],
  options: { cwd?: string; env?: Readonly<Record<string, string>>; signal?: AbortSignal } = {},
): Promise<Outcome> {
  const stdout = collector();
  const stderr = collector();
  const code = await runCli(argv, {
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: options.env ?? {},
    cwd: options.cwd ?? ROOT,
    interactive: false,
    signal: options.signal ?? new AbortController().signal,
  });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function collector(): { readonly stream: Writable; text(): string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _, done) => {
      chunks.push(chunk);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString() };
}
