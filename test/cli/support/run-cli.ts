import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCli } from '../../../src/cli/program.ts';
import { ROOT } from '../../house/files.ts';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What a person types at each question; without it nobody can be asked. */
  readonly answer?: string;
}

/** A command that runs in this process. */
export interface RunningCli {
  readonly ended: Promise<Outcome>;
  /** Returns the text that it has printed on stdout so far. */
  stdout(): string;
  /** Resolves to the first match of `pattern` in stdout. Rejects if the command ends without one. */
  prints(pattern: RegExp): Promise<RegExpExecArray>;
  /** As {@link prints}, for stderr. */
  logs(pattern: RegExp): Promise<RegExpExecArray>;
  /** Aborts the command as Ctrl-C does. */
  interrupt(): void;
}

/** Runs a command line in this process to its end, in the root of the repository unless `cwd` is given. */
export function cli(argv: readonly string[], options: CliOptions = {}): Promise<Outcome> {
  return startCli(argv, options).ended;
}

export function startCli(argv: readonly string[], options: CliOptions = {}): RunningCli {
  const stdout = collector();
  const stderr = collector();
  const controller = new AbortController();
  const code = runCli(onFreePort(argv), {
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: options.env ?? {},
    cwd: options.cwd ?? ROOT,
    interactive: false,
    ask:
      options.answer === undefined
        ? undefined
        : async (question) => {
            stderr.stream.write(question);
            return options.answer!;
          },
    signal: controller.signal,
  });
  let over = false;
  const ended = code.then((value) => {
    over = true;
    return { code: value, stdout: stdout.text(), stderr: stderr.text() };
  });
  const found = async (text: () => string, pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const match = pattern.exec(text());
      if (match !== null) return match;
      if (over) throw new Error(`it ended without printing ${pattern}: ${stderr.text()}`);
      await sleep(20);
    }
  };
  return {
    ended,
    stdout: stdout.text,
    prints: (pattern) => found(stdout.text, pattern),
    logs: (pattern) => found(stderr.text, pattern),
    interrupt: () => controller.abort(),
  };
}

/** Adds `--port 0` to commands that serve, unless the test gives a port: the default port may be in use. */
function onFreePort(argv: readonly string[]): readonly string[] {
  const serves = ['dev', 'run', 'serve', 'sink'].includes(argv[0] ?? '') && !argv.includes('--help');
  return serves && !argv.includes('--port') ? [...argv, '--port', '0'] : argv;
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
