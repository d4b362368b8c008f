import type { AttributeMap } from '../../dynamodb/wire.ts';
import { expiredAt_ms, factsOf, type Reading } from '../reading.ts';
import type { Expired } from '../result.ts';
import { unpackItem, unpackWindow } from '../windows/read.ts';
import { adding, dayOf, summed, withoutWindows } from './bucket-windows.ts';
import { domainReader } from './domain.ts';
import type { LayoutReader } from './layout.ts';

/**
 * Layout `packed`: one item per viewer and domain with day buckets, which are added up for the day of the read (UTC). A
 * viewer without a row on that day is absent. Throws ProfileReadError `other_version` if a later version of Freshet
 * wrote the item.
 */
export const packedReader: LayoutReader = (name, domain, key) => {
  const { windows, sortKey } = domain;
  if (windows === undefined) throw withoutWindows(name, 'packed');
  const inner = domainReader(name, domain, key);
  return {
    name,
    schema: domain,
    sortKeys: [sortKey],
    read: (items, reading) => {
      const item = items.get(sortKey);
      if (item === undefined) return { status: 'absent' };
      const unpacked = adding(name, () => unpackItem(windows, item, dayOf(reading.now_ms)));
      if (unpacked === undefined) return { status: 'absent' };
      return inner.read(new Map([[sortKey, unpacked]]), reading);
    },
    window: (items, reading, days) => {
      const item = items.get(sortKey);
      if (item === undefined) return { status: 'absent' };
      return (
        expired(item, reading) ??
        summed(
          adding(name, () => unpackWindow(windows, item, dayOf(reading.now_ms), days)),
          factsOf(item, reading),
          reading,
        )
      );
    },
  };
};

function expired(item: AttributeMap, reading: Reading): Expired | undefined {
  const expired_at_ms = expiredAt_ms(item, reading);
  return expired_at_ms === undefined
    ? undefined
    : { status: 'expired', expired_at_ms, ...factsOf(item, reading) };
}
