import { BOOKKEEPING } from '../../dynamodb/bookkeeping.ts';
import { itemAttributes } from '../item-attributes.ts';
import { expiredAt_ms, factsOf, judged, saysNothing } from '../reading.ts';
import { jsonColumnsOf } from '../schema.ts';
import { hasMeasures, type LayoutReader } from './layout.ts';

/** Layout `domain`: one item per viewer and domain, written by Freshet or by RisingWave. */
export const domainReader: LayoutReader = (name, domain, key) => {
  const hidden = new Set([key.partition.name, key.sort ?? key.partition.name, ...BOOKKEEPING]);
  const jsonColumns = jsonColumnsOf(domain);
  const measured = hasMeasures(domain);
  return {
    name,
    schema: domain,
    sortKeys: [domain.sortKey],
    read: (items, reading) => {
      const item = items.get(domain.sortKey);
      if (item === undefined) return { status: 'absent' };
      const facts = factsOf(item, reading);
      const expired_at_ms = expiredAt_ms(item, reading);
      if (expired_at_ms !== undefined) return { status: 'expired', expired_at_ms, ...facts };
      const metrics = itemAttributes(item, hidden, jsonColumns);
      return judged(metrics, facts, saysNothing(item, metrics, measured), reading);
    },
  };
};
