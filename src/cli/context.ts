import { Command } from 'commander';
import type { CliIo } from './io.ts';

/** Handed to every command when the program is put together. */
export interface CliContext {
  readonly io: CliIo;
  /** Turns a command's body, which answers with its exit code, into commander's action. */
  action<A extends unknown[]>(run: (...args: A) => Promise<number>): (...args: A) => Promise<void>;
}

export interface CommandText {
  readonly name: string;
  /** One line, shown in the list of commands. */
  readonly summary: string;
  /** A few sentences above the options. */
  readonly description: string;
  /** Command line and what it is for. */
  /** `environment`: set for that command, before it. */
  readonly examples: readonly (readonly [command: string, comment: string, environment?: string])[];
  /** Shown after the examples. */
  readonly notes?: string | undefined;
}

/** A command with its help text, laid out like all the others. */
export function command(text: CommandText): Command {
  const examples = text.examples.map(exampleText).join('\n\n');
  const notes = text.notes === undefined ? '' : `\n\n${text.notes}`;
  return new Command(text.name)
    .summary(text.summary)
    .description(text.description)
    .addHelpText('after', `\nExamples:\n${examples}${notes}`);
}

function exampleText([line, comment, environment]: readonly [string, string, string?]): string {
  const set = environment === undefined ? '' : `${environment} \\\n      `;
  return `  # ${comment}\n  $ ${set}freshet ${line}`;
}
