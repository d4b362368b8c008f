import type { AttributeMap } from '../../dynamodb/wire.ts';
import { itemAttributes } from '../item-attributes.ts';
import { ProfileReadError } from '../read-error.ts';
import { judged, saysNothing, type Reading } from '../reading.ts';
import type { DomainResult, ItemFacts } from '../result.ts';
import type { ItemAttributes } from '../item-attributes.ts';
import { DayBucketsError } from '../../values/day-buckets.ts';

const DAY_MS = 86_400_000;
const NOTHING_HIDDEN: ReadonlySet<string> = new Set();

/** Returns the UTC day of a time, in days since 1970. */
export function dayOf(now_ms: number): number {
  return Math.floor(now_ms / DAY_MS);
}

/** Returns the result for metrics that were added up, as attributes of the wire. */
export function summed(item: AttributeMap, facts: ItemFacts, reading: Reading): DomainResult<ItemAttributes> {
  const metrics = itemAttributes(item, NOTHING_HIDDEN, new Map());
  return judged(metrics, facts, saysNothing(item, metrics, undefined), reading);
}

/** Returns what `add` returns. Throws ProfileReadError for buckets that it cannot read, or for a window too long. */
export function adding<T>(domain: string, add: () => T): T {
  try {
    return add();
  } catch (error) {
    if (error instanceof RangeError)
      throw new ProfileReadError('invalid_option', error.message, { cause: error });
    if (!(error instanceof DayBucketsError)) throw error;
    throw new ProfileReadError('other_version', `domain ${domain} cannot be read: ${error.message}`, {
      hint: 'use the version of freshet-sql that writes the items, or a later one',
      cause: error,
    });
  }
}

/** Returns the error for a schema whose domain needs windows and has none. */
export function withoutWindows(domain: string, layout: string): ProfileReadError {
  return new ProfileReadError(
    'wrong_layout',
    `the schema has no windows for domain ${domain} in layout ${layout}`,
    {
      hint: 'generate the schema again with `freshet types --client`',
    },
  );
}
