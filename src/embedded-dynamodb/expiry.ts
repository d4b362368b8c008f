import { setImmediate } from 'node:timers/promises';
import { deleteChange, type Store } from './store.ts';
import { END, type StoredItem } from './sorted-items.ts';
import { itemOf } from './table.ts';

const SLICE_ITEMS = 1000;
/** DynamoDB ignores older expiry times, as probable mistakes, and keeps the item. */
const MAX_AGE_S = 5 * 365 * 86_400;

/** Deletes expired items, in slices. Resolves to their number. */
export async function deleteExpired(store: Store, now_ms: number): Promise<number> {
  let deleted = 0;
  for (const name of store.tableNames) {
    const table = store.table(name);
    const attribute = table.definition.timeToLive?.attribute;
    if (attribute === undefined) continue;
    for (let from = ''; ;) {
      const slice = take(table.items.range(from, END), SLICE_ITEMS);
      // A pending change precedes the deletion and may have another expiry time.
      const gone = slice.filter(({ key }) => isOver(table.latest(key), attribute, now_ms / 1000));
      deleted += gone.length;
      if (gone.length > 0) await store.write(gone.map(({ key }) => deleteChange(table, key)));
      if (slice.length < SLICE_ITEMS) break;
      from = `${slice.at(-1)!.key}\u0000`;
      await setImmediate();
    }
  }
  return deleted;
}

function take(items: Iterable<StoredItem>, n: number): readonly StoredItem[] {
  const taken: StoredItem[] = [];
  for (const item of items) {
    taken.push(item);
    if (taken.length === n) break;
  }
  return taken;
}

function isOver(stored: StoredItem | undefined, attribute: string, now_s: number): boolean {
  const value = stored === undefined ? undefined : itemOf(stored).get(attribute);
  if (value?.type !== 'N') return false;
  const expires_s = Number(value.value);
  return expires_s < now_s && expires_s > now_s - MAX_AGE_S;
}
