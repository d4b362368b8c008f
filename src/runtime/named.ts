import { RuntimeError } from './errors.ts';

/** The definition called `name`; a RuntimeError that lists those there are if there is none. */
export function named<T extends { readonly name: string }>(what: string, name: string, all: readonly T[]): T {
  const found = all.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = all.map((one) => one.name).join(', ');
  throw new RuntimeError(`the pipeline has no ${what} "${name}"`, {
    hint: names === '' ? `it has no ${what}s at all` : `its ${what}s are: ${names}`,
  });
}
