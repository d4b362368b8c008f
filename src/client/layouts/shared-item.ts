import { DOMAINS_ATTRIBUTE, domainVersion, domainWrittenAt } from '../../dynamodb/bookkeeping.ts';
import type { AttributeMap } from '../../dynamodb/wire.ts';
import { setOwn, type ItemAttributes } from '../item-attributes.ts';
import { plainJson, type PlainJson } from '../plain-json.ts';
import { expiredAt_ms, factsOf, judged, saysNothing, type Reading } from '../reading.ts';
import type { DomainResult, ItemFacts } from '../result.ts';
import type { DomainSchema } from '../schema.ts';
import { hasMeasures } from './layout.ts';

/** Returns whether an item holds a row of the domain with this tag. */
export function holdsTag(item: AttributeMap, tag: string): boolean {
  const tags = item[DOMAINS_ATTRIBUTE];
  return tags !== undefined && 'SS' in tags && tags.SS.includes(tag);
}

/** Returns what a shared item says of one domain's row. */
export function sharedFacts(item: AttributeMap, tag: string, reading: Reading): ItemFacts {
  return factsOf(item, reading, domainVersion(tag), domainWrittenAt(tag));
}

/**
 * Returns a function that reads one domain from an item that several domains share: its own columns, and the
 * bookkeeping under its tag (`_v:watch`). The domain is absent if `_domains` does not list its tag.
 */
export function sharedItemReader(
  domain: DomainSchema,
): (item: AttributeMap, reading: Reading) => DomainResult<ItemAttributes> {
  const { tag } = domain;
  const columns = domain.columns.map(({ name }) => name);
  const measured = hasMeasures(domain);
  return (item, reading) => {
    if (!holdsTag(item, tag)) return { status: 'absent' };
    const facts = sharedFacts(item, tag, reading);
    const expired_at_ms = expiredAt_ms(item, reading);
    if (expired_at_ms !== undefined) return { status: 'expired', expired_at_ms, ...facts };
    const metrics: Record<string, PlainJson> = {};
    for (const name of columns) {
      if (Object.hasOwn(item, name)) setOwn(metrics, name, plainJson(item[name]!));
    }
    return judged(metrics, facts, saysNothing(item, metrics, measured), reading);
  };
}
