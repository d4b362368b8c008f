import { Command, Option } from 'commander';
import type { CliIo } from './io.ts';

/**
 * One option of a command. The key under which a command declares it is its name (`logLevel`: `--log-level`), and `T`
 * is what the command's body gets. Made by the functions below.
 */
export interface Flag<T> {
  readonly about: string;
  /** Stands for the value in the help, `<level>`; undefined: the option takes none. */
  readonly placeholder: string | undefined;
  /** Makes the value, from the text and, where an option may be repeated, the value before. */
  parse?(text: string, before: T | undefined): T;
  readonly choices?: readonly string[];
  readonly default?: T;
  readonly isRequired?: boolean;
  /** Written `--no-<name>`. */
  readonly isNegated?: boolean;
  /** The key of an option that makes no sense beside it. */
  readonly conflictsWith?: string;
}

/** An argument by its position. */
export interface Positional<T> {
  readonly about: string;
  readonly isRequired: boolean;
  readonly default?: T;
}

type ValueOf<D> = D extends Flag<infer T> ? T : D extends Positional<infer T> ? T : never;
/** What a command's body gets for its declarations. */
export type Values<D> = {
  readonly [K in keyof D as undefined extends ValueOf<D[K]> ? never : K]: ValueOf<D[K]>;
} & {
  readonly [K in keyof D as undefined extends ValueOf<D[K]> ? K : never]?: ValueOf<D[K]>;
};

type Flags = Readonly<Record<string, Flag<unknown>>>;
type Positionals = Readonly<Record<string, Positional<unknown>>>;

/** One example of the help: a command line, what it is for, and variables that are set before it. */
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

/** A command as the program knows it: its help, and how it is added to a command line. */
export interface CommandDefinition extends CommandText {
  /** `done` is told the exit code. */
  build(io: CliIo, done: (exitCode: number) => void): Command;
}

/**
 * Declares a command. Its arguments and options are typed from their declarations; `run` does the work and resolves to
 * the exit code.
 */
export function defineCommand<P extends Positionals, F extends Flags>(
  definition: CommandText & {
    /** In the order of the command line. */
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

/** A command that only holds others. */
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

/** An argument that must be given. */
export function argument(about: string): Positional<string> {
  return { about, isRequired: true };
}

/** An argument that may be left out. */
export function optionalArgument(about: string): Positional<string | undefined>;
export function optionalArgument(about: string, value: string): Positional<string>;
export function optionalArgument(about: string, value?: string): Positional<string | undefined> {
  return value === undefined ? { about, isRequired: false } : { about, isRequired: false, default: value };
}

/** An option without a value; undefined unless given. */
export function toggle(
  about: string,
  options: Pick<Flag<true>, 'conflictsWith'> = {},
): Flag<true | undefined> {
  return { about, placeholder: undefined, ...options };
}

/** `--no-<name>`: true unless given. */
export function unless(about: string): Flag<boolean> {
  return { about, placeholder: undefined, isNegated: true };
}

/** An option with a text. */
export function text(placeholder: string, about: string): Flag<string | undefined>;
export function text(placeholder: string, about: string, value: string): Flag<string>;
export function text(placeholder: string, about: string, value?: string): Flag<string | undefined> {
  return value === undefined ? { about, placeholder } : { about, placeholder, default: value };
}

/** An option whose text `parse` understands, or refuses with commander's InvalidArgumentError. */
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

/** An option that takes one of some words. */
export function choice<const W extends string>(
  placeholder: string,
  about: string,
  choices: readonly W[],
  value: W,
): Flag<W> {
  return { about, placeholder, choices, default: value };
}

/** The option must be given. */
export function required<T>(flag: Flag<T | undefined>): Flag<T> {
  return { ...flag, isRequired: true } as Flag<T>;
}
