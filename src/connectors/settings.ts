import type { Option, Options } from '../plan/pipeline.ts';
import { FreshetError } from '../values/freshet-error.ts';
import type { ConnectorSpec, OptionSpec, OptionValue } from './option.ts';

type ValueOf<V extends OptionValue> = V extends { readonly kind: 'boolean' }
  ? boolean
  : V extends { readonly kind: 'integer' }
    ? number
    : V extends { readonly kind: 'one of'; readonly values: readonly (infer Word)[] }
      ? Word
      : string;

type SettingOf<O extends OptionSpec> = O extends { readonly required: true } | { readonly default: string }
  ? ValueOf<O['value']>
  : ValueOf<O['value']> | undefined;

/** The values of a connector's options: with their defaults, and undefined where there is neither. */
export type Settings<C extends ConnectorSpec> = {
  readonly [K in keyof C['options']]: SettingOf<C['options'][K]>;
};

/**
 * The settings that options give. The binder has checked options of SQL; others are a mistake of the program, and
 * throw FreshetError (`invalid_option`).
 */
export function readSettings<C extends ConnectorSpec>(spec: C, options: Options): Settings<C> {
  const settings: Record<string, unknown> = {};
  for (const [key, option] of Object.entries(spec.options)) settings[key] = settingOf(option, options);
  return settings as Settings<C>;
}

/** Whether it is the error of {@link readSettings}: of options that the binder has refused. */
export function isInvalidOption(error: unknown): boolean {
  return error instanceof FreshetError && error.code === 'invalid_option';
}

function settingOf(option: OptionSpec, options: Options): unknown {
  const invalid = (why: string, hint?: string): FreshetError =>
    new FreshetError('invalid_option', `option ${option.name} ${why}`, { hint });
  const isNone = option.emptyIsNone === true || option.required === true ? '' : undefined;
  const given = givenOption(option, options)?.value;
  const value = (given === isNone ? undefined : given) ?? option.default;
  if (value === undefined) {
    if (option.required === true) throw invalid('is missing');
    return undefined;
  }
  if (option.laterValues?.includes(value.toLowerCase()) === true) throw invalid(`cannot be '${value}' yet`);
  const fault = faultOf(option.value, value);
  if (fault !== undefined) throw invalid(fault.message, fault.hint);
  switch (option.value.kind) {
    case 'boolean':
      return value.toLowerCase() === 'true';
    case 'integer':
      return Number(value);
    case 'one of':
      return value.toLowerCase();
    default:
      return value;
  }
}

/** An option as it was given, by its name or an alias. */
export function givenOption(option: OptionSpec, options: Options): Option | undefined {
  return [option.name, ...(option.aliases ?? [])].map((n) => options.get(n)).find((o) => o !== undefined);
}

/** What is wrong with a value, as the end of a sentence; undefined if nothing is. */
export function faultOf(wanted: OptionValue, value: string): { message: string; hint?: string } | undefined {
  const bad = (what: string): { message: string } => ({ message: `must be ${what}, not '${value}'` });
  switch (wanted.kind) {
    case 'text':
      return wanted.check?.(value);
    case 'boolean':
      return /^(true|false)$/i.test(value) ? undefined : bad(`'true' or 'false'`);
    case 'character': {
      if (wanted.names.includes(value.toLowerCase()) || /^[\t\x20\x21\x23-\x7e]$/.test(value))
        return undefined;
      return bad(`one ASCII character, or ${wanted.names.map((n) => `'${n}'`).join(' or ')}`);
    }
    case 'integer': {
      const { min, max } = wanted;
      const isWhole = /^-?\d{1,16}$/.test(value);
      return isWhole && Number(value) >= min && Number(value) <= max
        ? undefined
        : bad(`a whole number from ${min} to ${max}`);
    }
    case 'one of':
      return wanted.values.includes(value.toLowerCase())
        ? undefined
        : bad(wanted.values.map((v) => `'${v}'`).join(' or '));
  }
}
