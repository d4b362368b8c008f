import type { AttributeValue } from '../dynamodb/wire.ts';
import { END } from '../embedded-dynamodb/sorted-items.ts';
import { keyOf } from '../embedded-dynamodb/table-definition.ts';
import { itemOf } from '../embedded-dynamodb/table.ts';
import { itemText } from '../embedded-dynamodb/value.ts';
import type { LayoutSet } from './layout-set.ts';
import { partitionOf } from './places.ts';

/** Returns the partition keys of up to `count` viewers, spread evenly over those that have a profile. */
export function sampleViewers(set: LayoutSet, count: number): readonly AttributeValue[] {
  const { store, meter, sinks } = set;
  const first = sinks.find(({ domain }) => domain.isOfViewers);
  if (first === undefined) return [];
  const { definition, items } = store.table(first.domain.table);
  const partitions: string[] = [];
  for (const [key, { isViewer, items: held }] of meter.partitions) {
    if (isViewer && held > 0 && key.startsWith(definition.id))
      partitions.push(key.slice(definition.id.length));
  }
  partitions.sort();
  const step = Math.max(1, partitions.length / count);
  const viewers: AttributeValue[] = [];
  for (let i = 0; i < partitions.length && viewers.length < count; i = viewers.length * step) {
    const partition = partitions[Math.floor(i)]!;
    const [item] = items.range(partition, partition + END);
    viewers.push(keyValue(itemText(keyOf(definition, itemOf(item!))), definition.partitionKey.name));
  }
  return viewers;
}

/** Returns the partition key of the items of a partition as text; undefined if it holds none. */
export function partitionKeyText(set: LayoutSet, key: string): string | undefined {
  for (const name of set.store.tableNames) {
    const { definition, items } = set.store.table(name);
    if (!key.startsWith(definition.id)) continue;
    const partition = key.slice(definition.id.length);
    const [item] = items.range(partition, partition + END);
    if (item === undefined || partitionOf(item.key) !== partition) return undefined;
    return String(Object.values(keyValue(item.text, definition.partitionKey.name))[0]);
  }
  return undefined;
}

function keyValue(text: string, name: string): AttributeValue {
  return (JSON.parse(text) as Record<string, AttributeValue>)[name]!;
}
