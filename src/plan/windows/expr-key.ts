import type { Expr } from '../expr.ts';

/** Returns a text that is equal for expressions with the same meaning and form, wherever they are written. */
export function exprKey(e: Expr): string {
  return JSON.stringify(e, (name, value: unknown) => {
    if (name === 'span' || name === 'relation' || name === 'name') return undefined;
    if (name === 'fn') return (value as { readonly id: string }).id;
    return typeof value === 'bigint' ? `${value}n` : value;
  });
}
