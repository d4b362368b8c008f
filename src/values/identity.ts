import { compareText } from './compare-text.ts';
import { datumKey, equalDatum, lengthPrefixed } from './compare.ts';
import type { Datum, Interval } from './datum.ts';
import type { SqlType } from './types.ts';

/**
 * Values that are equal in SQL and yet not the same: jsonb `1.10` and `1.1`, intervals `1 day` and `24:00:00`, and
 * arrays of them. Grouping, joins and DISTINCT go by equality (compare.ts). Whether a row has changed, or which row is
 * taken away, goes by identity.
 */

/** Whether values of a type can be equal and not the same. */
export function hasVariants(type: SqlType): boolean {
  return type.kind === 'array'
    ? hasVariants(type.element)
    : type.kind === 'jsonb' || type.kind === 'interval';
}

/** Text that is equal exactly for datums that are the same; of a NULL, `~`. */
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

/** {@link identityKey} of a whole row. */
export function rowIdentity(types: readonly SqlType[], row: readonly Datum[]): string {
  return types.map((type, i) => lengthPrefixed(identityKey(type, row[i]!))).join('');
}

/** Whether two datums are the same; NULL is the same as NULL. */
export function sameDatum(type: SqlType, a: Datum, b: Datum): boolean {
  if (a === b) return true;
  if (!hasVariants(type)) return equalDatum(type, a, b);
  return a !== null && b !== null && identityKey(type, a) === identityKey(type, b);
}

/** A total order of the non-null datums that are equal in SQL. */
export function compareIdentity(type: SqlType, a: Datum, b: Datum): number {
  return a === b ? 0 : compareText(identityKey(type, a), identityKey(type, b));
}
