import type { LayoutReader } from './layout.ts';
import { sharedItemReader } from './shared-item.ts';

/** The sort key of the one item that all domains of a viewer share. */
const WIDE_SORT_KEY = 'latest';

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
