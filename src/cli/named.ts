import { didYouMean } from '../sql/did-you-mean.ts';
import { usageError } from './errors.ts';

/** Returns the definition called `name`. Throws a usage error with a suggestion if there is none. */
export function named<T extends { readonly name: string }>(what: string, name: string, all: readonly T[]): T {
  const found = all.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = all.map((one) => one.name);
  const list = names.length === 0 ? `the pipeline defines no ${what}` : `it has: ${names.join(', ')}`;
  throw usageError(`the pipeline has no ${what} named ${name}`, didYouMean(name, names, list));
}
