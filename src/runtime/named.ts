import { FreshetError } from '../values/freshet-error.ts';

/** Returns the definition called `name`. Throws a FreshetError with the existing names if there is none. */
export function named<T extends { readonly name: string }>(what: string, name: string, all: readonly T[]): T {
  const found = all.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = all.map((one) => one.name).join(', ');
  throw new FreshetError('no_such_name', `the pipeline has no ${what} "${name}"`, {
    hint: names === '' ? `it has no ${what}s` : `its ${what}s are: ${names}`,
  });
}
