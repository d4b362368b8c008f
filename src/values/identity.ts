import { compareText } from './compare-text.ts';
import { datumKey, equalDatum, lengthPrefixed } from './compare.ts';
import type { Datum, Interval } from './datum.ts';
import type { SqlType } from './types.ts';

/**
 * Identity of values, which is stricter than SQL equality: jsonb `1.10` and `1.1` are equal but not identical, like the
 * intervals `1 day` and `24:00:00`, and arrays of them. Grouping, joins and DISTINCT use equality (compare.ts).
 * Identity decides whether a row has changed, and which row is retracted.
 */

/** Returns whether a type has values that are equal but not identical. */
export function hasVariants(type: SqlType): boolean {
  return type.kind === 'array'
    ? hasVariants(type.element)
    : type.kind === 'jsonb' || type.kind === 'interval';
}

/** Returns a text that is the same for exactly the datums that are identical; `~` for NULL. */
export function identityKey(type: SqlType, v: Datum): string {
  if (v === null || !hasVariants(type)) return datumKey(type, v);
  if (type.kind === 'array') {
    const items = (v as readonly Datum[]).map((item) => lengthPrefixed(identityKey(type.element, item)));
    return `[${items.join('')}`;
  }
  if (type.kind === 'jsonb') return `'${v as string}`;
  const { months, days, us } = v as Interval;
  return `${months},${days},${us}`;
}

/** Returns the {@link identityKey} of a whole row. */
export function rowIdentity(types: readonly SqlType[], row: readonly Datum[]): string {
  return types.map((type, i) => lengthPrefixed(identityKey(type, row[i]!))).join('');
}

/** Returns whether two datums are identical; NULL is identical to NULL. */
export function sameDatum(type: SqlType, a: Datum, b: Datum): boolean {
  if (a === b) return true;
  if (!hasVariants(type)) return equalDatum(type, a, b);
  return a !== null && b !== null && identityKey(type, a) === identityKey(type, b);
}

/** Compares datums that are equal in SQL and not NULL, in a total order; returns 0 only for identical ones. */
export function compareIdentity(type: SqlType, a: Datum, b: Datum): number {
  return a === b ? 0 : compareText(identityKey(type, a), identityKey(type, b));
}
