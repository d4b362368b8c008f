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

/** Typed values of a connector's options. An option that is not given has its default, or else is undefined. */
export type Settings<C extends ConnectorSpec> = {
  readonly [K in keyof C['options']]: SettingOf<C['options'][K]>;
};

/**
 * Returns the typed settings that `options` give. Throws FreshetError (`invalid_option`) for an option that the binder
 * would refuse: options from SQL throw only if the pipeline was bound with errors.
 */
export function readSettings<C extends ConnectorSpec>(spec: C, options: Options): Settings<C> {
  const settings: Record<string, unknown> = {};
  for (const [key, option] of Object.entries(spec.options)) settings[key] = settingOf(option, options);
  return settings as Settings<C>;
}

/** Returns whether `error` was thrown by {@link readSettings}, so the binder has reported it already. */
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

/** Returns an option as it was given, under its name or an alias; undefined if it was not given. */
export function givenOption(option: OptionSpec, options: Options): Option | undefined {
  return [option.name, ...(option.aliases ?? [])].map((n) => options.get(n)).find((o) => o !== undefined);
}

/**
 * Returns why an option cannot have a value, or undefined if it can. The message continues a sentence that begins with
 * the option's name: `must be 'true' or 'false', not 'yes'`.
 */
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
