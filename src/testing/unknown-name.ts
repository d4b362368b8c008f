import { didYouMean } from '../sql/did-you-mean.ts';

/** `what`, with the name that was probably meant, or all there are. */
export function unknownName(
  what: string,
  { name, names }: { readonly name: string; readonly names: Iterable<string> },
): Error {
  const all = [...names];
  const list = all.length === 0 ? 'the pipeline has none' : `there are: ${all.join(', ')}`;
  return new Error(`${what}; ${didYouMean(name, all) ?? list}`);
}
