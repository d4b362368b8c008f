/** What an option's value must look like. Names are matched in any case. */
export type OptionValue =
  | { readonly kind: 'text' }
  | { readonly kind: 'boolean' }
  /** One ASCII character other than a double quote or a line end, or one of these names of one. */
  | { readonly kind: 'character'; readonly names: readonly string[] }
  | { readonly kind: 'integer'; readonly min: number; readonly max: number }
  | { readonly kind: 'one of'; readonly values: readonly string[] };

/** One WITH or ENCODE option of a connector. The tables in this folder are data: documentation is made from them. */
export interface OptionSpec {
  readonly name: string;
  /** Other names for it, RisingWave's. */
  readonly aliases?: readonly string[];
  readonly value: OptionValue;
  readonly required?: boolean;
  readonly default?: string;
  /** One line, for the documentation. */
  readonly about: string;
  /**
   * `ignored`: RisingWave's, without meaning here, so that its files run as they are. `later`: known, and an error
   * for now.
   */
  readonly support?: 'ignored' | 'later';
  /** Of `one of` values: those that are errors for now. */
  readonly laterValues?: readonly string[];
}

/** What one connector can do and be told. */
export interface ConnectorSpec {
  readonly name: string;
  readonly about: string;
  readonly options: readonly OptionSpec[];
  /** Names that begin with one of these are RisingWave's and have no meaning here. */
  readonly ignoredPrefixes?: readonly string[];
}

export const TEXT: OptionValue = { kind: 'text' };
export const BOOLEAN_OPTION: OptionValue = { kind: 'boolean' };

export function integerOption(min: number, max: number): OptionValue {
  return { kind: 'integer', min, max };
}
export function oneOf(...values: readonly string[]): OptionValue {
  return { kind: 'one of', values };
}
