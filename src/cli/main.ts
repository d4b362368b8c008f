import { renderError } from './errors.ts';
import { runCli } from './program.ts';
import { abortOnSignals } from './signals.ts';

// Taken over only by commands that have something to end cleanly: one that computes without a pause would never see
// the signal, and Ctrl-C has to end that one as it ends any program.
let signals: ReturnType<typeof abortOnSignals> | undefined;

// `freshet replay ... | head` closes our stdout early; that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

// A fault outside of any command's own flow must not print a raw stack, nor leave a half-dead process behind.
const onStray = (thrown: unknown): void => {
  process.stderr.write(renderError(thrown, debug));
  process.exit(1);
};
const debug = (process.env['FRESHET_DEBUG'] ?? '') !== '';
process.on('uncaughtException', onStray);
process.on('unhandledRejection', onStray);

process.exitCode = await runCli(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  interactive: process.stderr.isTTY === true,
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
