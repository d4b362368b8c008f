import { WIDE_SORT_KEY } from '../../dynamodb/item-keys.ts';
import type { LayoutReader } from './layout.ts';
import { sharedItemReader } from './shared-item.ts';

/** Layout `wide`: one item per viewer, with the columns of every domain. */
export const wideReader: LayoutReader = (name, domain) => {
  const read = sharedItemReader(domain);
  return {
    name,
    schema: domain,
    sortKeys: [WIDE_SORT_KEY],
    read: (items, reading) => {
      const item = items.get(WIDE_SORT_KEY);
      return item === undefined ? { status: 'absent' } : read(item, reading);
    },
  };
};
