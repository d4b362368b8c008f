import { DAILY_PREFIX } from '../../dynamodb/item-keys.ts';
import { ProfileReadError } from '../read-error.ts';
import type { LayoutReader } from './layout.ts';
import { sharedItemReader } from './shared-item.ts';

/** Layout `daily` of a view with a date in its key: one item per viewer and day, which several domains may share. */
export const dailyReader: LayoutReader = (name, domain) => {
  const read = sharedItemReader(domain);
  return {
    name,
    schema: domain,
    sortKeys: [],
    read: () => {
      throw new ProfileReadError('wrong_layout', `domain ${name} has a row per day`, {
        hint: `read it with days(viewer, ${JSON.stringify(name)}, { from, to })`,
      });
    },
    days: {
      prefix: DAILY_PREFIX,
      read: (item, day, reading) => {
        const result = read(item, reading);
        return result.status === 'absent' || result.status === 'expired' ? undefined : { day, ...result };
      },
    },
  };
};
