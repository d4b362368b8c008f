import { ProfileReadError } from '../read-error.ts';
import { BucketsError } from '../windows/buckets.ts';
import { unpackItem } from '../windows/read.ts';
import { domainReader } from './domain.ts';
import type { LayoutReader } from './layout.ts';

const DAY_MS = 86_400_000;

/**
 * Layout `packed`: one item per viewer and domain with day buckets, which are added up for the day of the read (UTC). A
 * viewer without a row on that day is absent. Throws ProfileReadError `other_version` if another version of the SQL
 * wrote the item.
 */
export const packedReader: LayoutReader = (name, domain, key) => {
  const { windows, sortKey } = domain;
  if (windows === undefined) {
    throw new ProfileReadError('wrong_layout', `the schema has no windows for the packed domain ${name}`, {
      hint: 'generate the schema again with `freshet types --client`',
    });
  }
  const inner = domainReader(name, domain, key);
  return {
    name,
    schema: domain,
    sortKeys: [sortKey],
    read: (items, reading) => {
      const item = items.get(sortKey);
      if (item === undefined) return { status: 'absent' };
      try {
        const unpacked = unpackItem(windows, item, Math.floor(reading.now_ms / DAY_MS));
        if (unpacked === undefined) return { status: 'absent' };
        return inner.read(new Map([[sortKey, unpacked]]), reading);
      } catch (error) {
        if (!(error instanceof BucketsError)) throw error;
        throw new ProfileReadError('other_version', `domain ${name} cannot be read: ${error.message}`, {
          hint: 'generate the schema again; until the pipeline has written the item anew, it cannot be read',
          cause: error,
        });
      }
    },
  };
};
