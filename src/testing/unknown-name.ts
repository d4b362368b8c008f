import { didYouMean } from '../sql/did-you-mean.ts';

/** Returns an error with the message `what`, followed by the name that was probably meant or by all names. */
export function unknownName(
  what: string,
  { name, names }: { readonly name: string; readonly names: Iterable<string> },
): Error {
  const all = [...names];
  const list = all.length === 0 ? 'the pipeline has none' : `the pipeline has: ${all.join(', ')}`;
  return new Error(`${what}; ${didYouMean(name, all) ?? list}`);
}
