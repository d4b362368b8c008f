import { Command, Option } from 'commander';
import type { CliIo } from './io.ts';

/**
 * One option of a command, made by the functions below. The key that a command declares it under is its name
 * (`logLevel` is `--log-level`), and `T` is the type of the value that the command's body receives.
 */
export interface Flag<T> {
  readonly about: string;
  /** Stands for the value in the help, such as `<level>`; undefined for an option without a value. */
  readonly placeholder: string | undefined;
  /** Parses the text of the option. A repeated option receives the value parsed so far as `before`. */
  parse?(text: string, before: T | undefined): T;
  readonly choices?: readonly string[];
  readonly default?: T;
  readonly isRequired?: boolean;
  /** True for an option written `--no-<name>`. */
  readonly isNegated?: boolean;
  /** Key of the option that must not be given together with this one. */
  readonly conflictsWith?: string;
}

/** A positional argument. */
export interface Positional<T> {
  readonly about: string;
  readonly isRequired: boolean;
  readonly default?: T;
}

type ValueOf<D> = D extends Flag<infer T> ? T : D extends Positional<infer T> ? T : never;
/** The values that a command's body receives for its declarations. */
export type Values<D> = {
  readonly [K in keyof D as undefined extends ValueOf<D[K]> ? never : K]: ValueOf<D[K]>;
} & {
  readonly [K in keyof D as undefined extends ValueOf<D[K]> ? K : never]?: ValueOf<D[K]>;
};

type Flags = Readonly<Record<string, Flag<unknown>>>;
type Positionals = Readonly<Record<string, Positional<unknown>>>;

/** One example of the help: a command line without `freshet`, its purpose, and the variables set in front of it. */
export type Example = readonly [command: string, comment: string, environment?: string];

export interface CommandText {
  readonly name: string;
  /** One line, shown in the list of commands. */
  readonly summary: string;
  /** A few sentences above the options. */
  readonly description: string;
  readonly examples: readonly Example[];
  /** Shown after the examples. */
  readonly notes?: string | undefined;
}

/** A command with its help text, ready to be added to the program. */
export interface CommandDefinition extends CommandText {
  /** Builds the commander command. It calls `done` with the exit code once the command has run. */
  build(io: CliIo, done: (exitCode: number) => void): Command;
}

/**
 * Declares a command. The types of its arguments and options follow from their declarations; `run` does the work and
 * resolves to the exit code.
 */
export function defineCommand<P extends Positionals, F extends Flags>(
  definition: CommandText & {
    /** Positional arguments in the order of the command line. */
    readonly args?: P;
    readonly flags?: F;
    run(io: CliIo, args: Values<P>, flags: Values<F>): Promise<number>;
  },
): CommandDefinition {
  const { args = {}, flags = {} } = definition;
  return {
    ...definition,
    build: (io, done) => {
      const command = withText(definition);
      for (const [name, { about, isRequired, default: value }] of Object.entries<Positional<unknown>>(args))
        command.argument(isRequired ? `<${name}>` : `[${name}]`, about, value);
      for (const [key, flag] of Object.entries<Flag<unknown>>(flags)) command.addOption(optionOf(key, flag));
      return command.action(async (...given: unknown[]) => {
        const values = Object.keys(args).map((name, i) => [name, given[i]]);
        done(await definition.run(io, Object.fromEntries(values) as Values<P>, command.opts() as Values<F>));
      });
    },
  };
}

/** Declares a command that only groups subcommands. */
export function commandGroup(text: CommandText, commands: readonly CommandDefinition[]): CommandDefinition {
  return {
    ...text,
    build: (io, done) => {
      const group = withText(text);
      for (const each of commands)
        group.addCommand(each.build(io, done).helpOption('-h, --help', 'show help'));
      return group;
    },
  };
}

function withText(text: CommandText): Command {
  const examples = text.examples.map(exampleText).join('\n\n');
  const notes = text.notes === undefined ? '' : `\n\n${text.notes}`;
  return new Command(text.name)
    .summary(text.summary)
    .description(text.description)
    .addHelpText('after', `\nExamples:\n${examples}${notes}`);
}

function exampleText([line, comment, environment]: Example): string {
  const set = environment === undefined ? '' : `${environment} \\\n      `;
  return `  # ${comment}\n  $ ${set}freshet ${line}`;
}

function optionOf(key: string, flag: Flag<unknown>): Option {
  const name = key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const value = flag.placeholder === undefined ? '' : ` ${flag.placeholder}`;
  const option = new Option(`--${flag.isNegated === true ? 'no-' : ''}${name}${value}`, flag.about);
  if (flag.parse !== undefined) option.argParser((given, before) => flag.parse!(given, before));
  if (flag.choices !== undefined) option.choices([...flag.choices]);
  if (flag.default !== undefined) option.default(flag.default);
  if (flag.conflictsWith !== undefined) option.conflicts(flag.conflictsWith);
  return option.makeOptionMandatory(flag.isRequired === true);
}

/** Declares a mandatory argument. */
export function argument(about: string): Positional<string> {
  return { about, isRequired: true };
}

/** Declares an argument that may be left out; `value` is its default. */
export function optionalArgument(about: string): Positional<string | undefined>;
export function optionalArgument(about: string, value: string): Positional<string>;
export function optionalArgument(about: string, value?: string): Positional<string | undefined> {
  return value === undefined ? { about, isRequired: false } : { about, isRequired: false, default: value };
}

/** Declares an option without a value; undefined unless given. */
export function toggle(
  about: string,
  options: Pick<Flag<true>, 'conflictsWith'> = {},
): Flag<true | undefined> {
  return { about, placeholder: undefined, ...options };
}

/** Declares `--no-<name>`; its value is true unless the option is given. */
export function unless(about: string): Flag<boolean> {
  return { about, placeholder: undefined, isNegated: true };
}

/** Declares an option with a text value; `value` is its default. */
export function text(placeholder: string, about: string): Flag<string | undefined>;
export function text(placeholder: string, about: string, value: string): Flag<string>;
export function text(placeholder: string, about: string, value?: string): Flag<string | undefined> {
  return value === undefined ? { about, placeholder } : { about, placeholder, default: value };
}

/** Declares an option that `parse` reads; `parse` throws commander's InvalidArgumentError for text it refuses. */
export function parsed<T>(
  placeholder: string,
  about: string,
  parse: (text: string, before: T | undefined) => T,
): Flag<T | undefined>;
export function parsed<T>(
  placeholder: string,
  about: string,
  parse: (text: string, before: T | undefined) => T,
  value: T,
): Flag<T>;
export function parsed(
  placeholder: string,
  about: string,
  parse: (text: string, before: unknown) => unknown,
  value?: unknown,
): Flag<unknown> {
  return value === undefined ? { about, placeholder, parse } : { about, placeholder, parse, default: value };
}

/** Declares an option that takes one of `choices`; `value` is the default. */
export function choice<const W extends string>(
  placeholder: string,
  about: string,
  choices: readonly W[],
  value: W,
): Flag<W> {
  return { about, placeholder, choices, default: value };
}

/** Declares an option that takes one of `choices`, without a default. */
export function choiceOf<const W extends string>(
  placeholder: string,
  about: string,
  choices: readonly W[],
): Flag<W | undefined> {
  return { about, placeholder, choices };
}

/** Makes an option mandatory. */
export function required<T>(flag: Flag<T | undefined>): Flag<T> {
  return { ...flag, isRequired: true } as Flag<T>;
}
