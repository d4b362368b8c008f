import { didYouMean } from '../sql/did-you-mean.ts';
import { usageError } from './errors.ts';

/** The definition called `name`; a usage error that suggests another one if there is none. */
export function named<T extends { readonly name: string }>(what: string, name: string, all: readonly T[]): T {
  const found = all.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = all.map((one) => one.name);
  const list = names.length === 0 ? `the pipeline has no ${what}` : `there are: ${names.join(', ')}`;
  throw usageError(`the pipeline has no ${what} named ${name}`, didYouMean(name, names, list));
}
