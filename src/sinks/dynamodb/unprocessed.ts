import type { AttributeMap, AttributeValue, WriteRequest } from './client/wire.ts';
import type { PendingRows } from './pending-rows.ts';

/** One item of a request in flight. */
export interface SentItem {
  readonly slot: number;
  /** The request as wire text. */
  readonly text: string;
  readonly deleted: boolean;
}

/**
 * Which of the items sent came back unprocessed. DynamoDB names them by content, so they are found by key; if one
 * can't be found (a key that came back in other words), all count as unprocessed: to write twice is harmless.
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
