/** What an option's value must look like. Words are matched in any case. */
export type OptionValue =
  /** `check` says what is wrong with a value, if anything. */
  | { readonly kind: 'text'; readonly check?: (value: string) => ValueFault | undefined }
  | { readonly kind: 'boolean' }
  /** One ASCII character other than a double quote or a line end, or one of these names of one. */
  | { readonly kind: 'character'; readonly names: readonly string[] }
  | { readonly kind: 'integer'; readonly min: number; readonly max: number }
  | { readonly kind: 'one of'; readonly values: readonly string[] };

export interface ValueFault {
  readonly message: string;
  readonly hint: string;
}

/** One WITH or ENCODE option of a connector. */
export interface OptionSpec {
  readonly name: string;
  /** Other names for it, RisingWave's. */
  readonly aliases?: readonly string[];
  readonly value: OptionValue;
  readonly required?: boolean;
  readonly default?: string;
  /** An empty value counts as none, so that a variable can leave the option out: `endpoint = '${ENDPOINT:-}'`. */
  readonly emptyIsNone?: boolean;
  /** One line, for the documentation. */
  readonly about: string;
  /** Known, and an error for now. */
  readonly isLater?: boolean;
  /** Of `one of` values: those that are errors for now. */
  readonly laterValues?: readonly string[];
}

/**
 * What one connector can be told. The options are written here once: the binder checks them, {@link readSettings} gives
 * their values with their types, and the documentation's tables are made from them.
 */
export interface ConnectorSpec {
  readonly name: string;
  readonly about: string;
  /** By the name that the code has for them. */
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** RisingWave's, without meaning here, so that its files run as they are. */
  readonly ignored?: readonly Omit<OptionSpec, 'required' | 'default'>[];
  /** Names that begin with one of these are ignored as well. */
  readonly ignoredPrefixes?: readonly string[];
}

/** The spec as it is written, so that the types of its settings follow from it. */
export function defineConnector<const C extends ConnectorSpec>(spec: C): C {
  return spec;
}

export const TEXT = { kind: 'text' } as const;
export const BOOLEAN_OPTION = { kind: 'boolean' } as const;

export function textOption(check: (value: string) => ValueFault | undefined) {
  return { kind: 'text', check } as const;
}
/** Text of 1 to `max` bytes in UTF-8. */
export function bytesOption(max: number, hint: string) {
  return textOption((value) => {
    const bytes = new TextEncoder().encode(value).length;
    return bytes >= 1 && bytes <= max
      ? undefined
      : { message: `must have 1 to ${max} bytes, and has ${bytes}`, hint };
  });
}
export function integerOption(min: number, max: number) {
  return { kind: 'integer', min, max } as const;
}
export function oneOf<const V extends readonly string[]>(...values: V) {
  return { kind: 'one of', values } as const;
}
