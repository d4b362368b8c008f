import { capacitiesText, jsonObject } from '../answer.ts';
import { invalid } from '../api-error.ts';
import { writeUnits } from '../capacity.ts';
import type { Change } from '../durable/change.ts';
import { checkedTableName, Request, violated } from '../request.ts';
import { deleteChange, putChange } from '../store.ts';
import { checkItemKey, checkKey, placeOf } from '../table-definition.ts';
import type { Table } from '../table.ts';
import { itemBytes, MAX_ITEM_BYTES } from '../value-bytes.ts';
import { itemText, type Item } from '../value.ts';
import type { Operation } from './operation.ts';

const MAX_REQUESTS = 25;

interface Write {
  /** The item to put; undefined for a deletion. */
  readonly item: Item | undefined;
  readonly key: Item | undefined;
  readonly bytes: number;
}

/** Writes all of a batch at once, so UnprocessedItems is always empty. */
export const batchWriteItem: Operation = async (request, { store }) => {
  const report = request.capacityReport();
  const tables = request.entries('RequestItems').map(([name, list]) => readTable(name, list));
  const total = tables.reduce((sum, { writes }) => sum + writes.length, 0);
  if (total === 0) {
    throw violated('requestItems', '{}', 'Member must have length greater than or equal to 1');
  }
  if (total > MAX_REQUESTS) {
    throw violated(
      'requestItems',
      `'${total} requests'`,
      `Map value must satisfy constraint: [Member must have length less than or equal to ${MAX_REQUESTS}, ` +
        'Member must have length greater than or equal to 1]',
    );
  }
  const changes: Change[] = [];
  const units = new Map<string, number>();
  for (const { name, writes } of tables) {
    const table = store.table(name);
    const seen = new Set<string>();
    let used = 0;
    for (const write of writes) {
      const { place, change } = changeOf(table, write);
      if (seen.has(place)) throw invalid('Provided list of item keys contains duplicates');
      seen.add(place);
      changes.push(change);
      used += writeUnits(table.latest(place)?.bytes ?? 0, write.bytes);
    }
    units.set(name, used);
  }
  await store.write(changes);
  return jsonObject({ UnprocessedItems: '{}', ConsumedCapacity: capacitiesText(report, units) });
};

function readTable(
  name: string,
  list: unknown,
): { readonly name: string; readonly writes: readonly Write[] } {
  checkedTableName(name);
  const writes = new Request({ list }).list('list').map((each): Write => {
    const write = new Request(each);
    const [put, remove] = [write.has('PutRequest'), write.has('DeleteRequest')];
    if (put === remove) {
      throw invalid(
        'Supplied AttributeValue has more than one datatypes set, must contain exactly one request',
      );
    }
    if (remove) {
      const key = new Request(write.raw('DeleteRequest')).item('Key');
      return { item: undefined, key, bytes: 0 };
    }
    const item = new Request(write.raw('PutRequest')).item('Item');
    const bytes = itemBytes(item);
    if (bytes > MAX_ITEM_BYTES) throw invalid('Item size has exceeded the maximum allowed size');
    return { item, key: undefined, bytes };
  });
  return { name, writes };
}

function changeOf(
  table: Table,
  { item, key, bytes }: Write,
): { readonly place: string; readonly change: Change } {
  if (item !== undefined) {
    checkItemKey(table.definition, item);
    const place = placeOf(table.definition, item);
    return { place, change: putChange(table, { key: place, text: itemText(item), bytes }) };
  }
  checkKey(table.definition, key!);
  const place = placeOf(table.definition, key!);
  return { place, change: deleteChange(table, place) };
}
