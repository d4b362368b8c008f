/** The values that an option takes. Words are compared regardless of case. */
export type OptionValue =
  /** Any text for which `check`, if there is one, returns undefined. */
  | { readonly kind: 'text'; readonly check?: (value: string) => ValueFault | undefined }
  | { readonly kind: 'boolean' }
  /** One ASCII character other than a double quote or a line break, or one of `names`, each of which stands for one. */
  | { readonly kind: 'character'; readonly names: readonly string[] }
  | { readonly kind: 'integer'; readonly min: number; readonly max: number }
  | { readonly kind: 'one of'; readonly values: readonly string[] };

/** Why a value is refused. The message continues a sentence that begins with the option's name. */
export interface ValueFault {
  readonly message: string;
  readonly hint: string;
}

/** One WITH or ENCODE option of a connector. */
export interface OptionSpec {
  readonly name: string;
  /** Further names of the option, mostly RisingWave's. */
  readonly aliases?: readonly string[];
  readonly value: OptionValue;
  readonly required?: boolean;
  readonly default?: string;
  /** An empty value means that the option is not given: a variable can then omit it, `endpoint = '${ENDPOINT:-}'`. */
  readonly emptyIsNone?: boolean;
  /** One line for docs/options.md and for hints. */
  readonly about: string;
  /** The option is known and not supported yet: giving it is an error. */
  readonly isLater?: boolean;
  /** Words of a `one of` value that are known and not supported yet: giving one is an error. */
  readonly laterValues?: readonly string[];
}

/**
 * The options of one connector, declared once: the binder checks SQL against them, {@link readSettings} returns their
 * typed values, and docs/options.md is made from them.
 */
export interface ConnectorSpec {
  readonly name: string;
  readonly about: string;
  /** Options by the names that code uses for them. */
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** Options of RisingWave that are accepted and have no effect, so that its files run unchanged. */
  readonly ignored?: readonly Omit<OptionSpec, 'required' | 'default'>[];
  /** Options whose names begin with one of these prefixes are accepted and have no effect, too. */
  readonly ignoredPrefixes?: readonly string[];
}

/** Returns `spec` with its literal types, from which the types of its settings follow. */
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
