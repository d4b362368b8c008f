import type { AttributeMap, AttributeValue, KeyAttribute, WriteRequest } from '../../dynamodb/wire.ts';
import type { SentWrite } from './sent-write.ts';

/**
 * Returns the writes that came back unprocessed. DynamoDB returns these whole, so they are found by key. If one is not
 * found, because its key came back in another spelling, all writes count as unprocessed: writing an item twice is
 * harmless.
 */
export function unprocessedWrites(
  sent: readonly SentWrite[],
  unprocessed: readonly WriteRequest[],
  key: readonly KeyAttribute[],
): ReadonlySet<SentWrite> {
  if (unprocessed.length === 0) return NONE;
  if (unprocessed.length >= sent.length) return new Set(sent);
  const bySignature = new Map<string, SentWrite>();
  for (const write of sent) bySignature.set(signature(JSON.parse(write.text) as WriteRequest, key), write);
  const found = new Set<SentWrite>();
  for (const request of unprocessed) {
    const write = bySignature.get(signature(request, key));
    if (write === undefined) return new Set(sent);
    found.add(write);
  }
  return found;
}

const NONE: ReadonlySet<SentWrite> = new Set();

function signature(request: WriteRequest, key: readonly KeyAttribute[]): string {
  const item: AttributeMap = 'PutRequest' in request ? request.PutRequest.Item : request.DeleteRequest.Key;
  return JSON.stringify(key.map(({ name }) => item[name] as AttributeValue | undefined));
}
