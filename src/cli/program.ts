import { Command, CommanderError } from 'commander';
import { benchCommand } from './commands/bench.ts';
import { checkCommand } from './commands/check.ts';
import { deadLettersCommand } from './commands/dead-letters.ts';
import { deployCommand } from './commands/deploy.ts';
import { devCommand } from './commands/dev.ts';
import { explainCodeCommand } from './commands/explain-code.ts';
import { explainCommand } from './commands/explain.ts';
import { layoutsCommand } from './commands/layouts.ts';
import { renderCommand } from './commands/render.ts';
import { replayCommand } from './commands/replay.ts';
import { runCommand } from './commands/run.ts';
import { serveCommand } from './commands/serve.ts';
import { sinkCommand } from './commands/sink.ts';
import { simulateCommand } from './commands/simulate.ts';
import { statusCommand } from './commands/status.ts';
import { typesCommand } from './commands/types.ts';
import type { CommandDefinition } from './command.ts';
import { EXIT_DONE, EXIT_USAGE, renderError, reportOf, usageError } from './errors.ts';
import type { CliIo } from './io.ts';
import { packageVersion } from './version.ts';

/** Every command, in the order of the help. A new command is a file and a line here. */
const COMMANDS: readonly CommandDefinition[] = [
  devCommand,
  runCommand,
  sinkCommand,
  checkCommand,
  explainCommand,
  explainCodeCommand,
  replayCommand,
  layoutsCommand,
  simulateCommand,
  serveCommand,
  renderCommand,
  deployCommand,
  statusCommand,
  deadLettersCommand,
  typesCommand,
  benchCommand,
];

const HELP_WIDTH = 100;

/** Builds the commander program, whose help is docs/cli.md. It calls `done` with a command's exit code. */
export function buildProgram(io: CliIo, done: (exitCode: number) => void): Command {
  const program = new Command('freshet')
    .description('Real-time profiles: streaming SQL over events, written to DynamoDB.')
    .version(packageVersion(), '-V, --version', 'print the version')
    // --version after a command is that command's own option.
    .enablePositionalOptions()
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .showHelpAfterError('hint: run freshet --help')
    .addHelpText('after', '\nRun `freshet <command> --help` for its options and examples.');
  for (const definition of COMMANDS) {
    const each = definition.build(io, done).helpOption('-h, --help', 'show help');
    program.addCommand(each.showHelpAfterError(`hint: run freshet ${each.name()} --help`));
  }
  program.hook('preAction', (_, each) => refuseEmptyValues(each));
  const nested = program.commands.flatMap((each) => each.commands);
  for (const each of [program, ...program.commands, ...nested]) {
    each
      .exitOverride()
      .showSuggestionAfterError(true)
      .configureHelp({ helpWidth: HELP_WIDTH })
      .configureOutput({
        writeOut: (text) => io.stdout.write(text),
        writeErr: (text) => io.stderr.write(text),
      });
  }
  return program;
}

/** Refuses an empty value, which an unset variable leaves behind: an empty `--host=$HOST` would listen everywhere. */
function refuseEmptyValues(each: Command): void {
  const values: Readonly<Record<string, unknown>> = each.opts();
  const option = each.options.find((one) => values[one.attributeName()] === '');
  const argument = each.registeredArguments.find((_, i) => each.processedArgs[i] === '');
  const what =
    option === undefined
      ? argument && `argument <${argument.name()}>`
      : `option ${option.long ?? option.flags}`;
  if (what !== undefined)
    throw usageError(`${what} is empty`, `leave it out, or run freshet ${each.name()} --help`);
}

/** Runs one command line (without `node` and the script) and resolves to its exit code. Never rejects. */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  const debug = (io.env['FRESHET_DEBUG'] ?? '') !== '';
  let exitCode = EXIT_DONE;
  const program = buildProgram(io, (code) => {
    exitCode = code;
  });
  if (argv.length === 0) {
    io.stderr.write(program.helpInformation());
    return EXIT_USAGE;
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (thrown) {
    // Commander has already printed its message or the help.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT_DONE : EXIT_USAGE;
    io.stderr.write(renderError(thrown, debug));
    return reportOf(thrown).exitCode;
  }
}
