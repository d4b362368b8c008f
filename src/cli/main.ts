import { renderError } from './errors.ts';
import { runCli } from './program.ts';
import { abortOnSignals } from './signals.ts';

// Set only for commands that need a clean end. A command that computes without yielding would never see the abort;
// for those, Ctrl-C keeps ending the process.
let signals: ReturnType<typeof abortOnSignals> | undefined;

// `freshet replay ... | head` closes stdout early, which is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

// An error outside of a command's own flow is reported like any other and ends the process.
const onStray = (thrown: unknown): void => {
  process.stderr.write(renderError(thrown, debug));
  process.exit(1);
};
/** Resolves to an empty line if the terminal is closed, as by Ctrl-C or Ctrl-D. */
async function ask(question: string): Promise<string> {
  const { createInterface } = await import('node:readline');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  return new Promise((resolve) => {
    terminal.once('close', () => resolve(''));
    terminal.question(question, (answer) => {
      resolve(answer);
      terminal.close();
    });
  });
}
const debug = (process.env['FRESHET_DEBUG'] ?? '') !== '';
process.on('uncaughtException', onStray);
process.on('unhandledRejection', onStray);

process.exitCode = await runCli(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  interactive: process.stderr.isTTY === true,
  ask: process.stdin.isTTY === true && process.stderr.isTTY === true ? ask : undefined,
  get signal() {
    signals ??= abortOnSignals({
      source: process,
      now_ms: () => performance.now(),
      forceExit: (code) => process.exit(code),
    });
    return signals.signal;
  },
});
signals?.dispose();
