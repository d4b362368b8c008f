import type { AttributeMap, AttributeValue, WriteRequest } from '../../dynamodb/wire.ts';
import type { PendingRows } from './pending-rows.ts';

/** One item of a request in flight. */
export interface SentItem {
  readonly slot: number;
  /** The write request as wire text. */
  readonly text: string;
  readonly deleted: boolean;
}

/**
 * Returns the slots of the items that came back unprocessed. DynamoDB returns these items whole, so they are found by
 * key. If one is not found, because its key came back in another spelling, all items count as unprocessed: writing an
 * item twice is harmless.
 */
export function unprocessedSlots(
  sent: readonly SentItem[],
  unprocessed: readonly WriteRequest[],
  rows: PendingRows,
): ReadonlySet<number> {
  if (unprocessed.length === 0) return new Set();
  const all = (): Set<number> => new Set(sent.map(({ slot }) => slot));
  if (unprocessed.length >= sent.length) return all();
  const bySignature = new Map<string, number>();
  let names: readonly string[] = [];
  for (const { slot } of sent) {
    const key = JSON.parse(`{${rows.keys[slot]!}}`) as AttributeMap;
    names = Object.keys(key);
    bySignature.set(signature(key, names), slot);
  }
  const slots = new Set<number>();
  for (const request of unprocessed) {
    const item = 'PutRequest' in request ? request.PutRequest.Item : request.DeleteRequest.Key;
    const slot = bySignature.get(signature(item, names));
    if (slot === undefined) return all();
    slots.add(slot);
  }
  return slots;
}

function signature(item: AttributeMap, names: readonly string[]): string {
  return JSON.stringify(names.map((name) => item[name] as AttributeValue | undefined));
}
