import {
  DOMAINS_ATTRIBUTE,
  EXPIRES_AT_ATTRIBUTE,
  LEAVING_ATTRIBUTE,
  domainVersion,
  domainWrittenAt,
} from '../../dynamodb/bookkeeping.ts';
import type { Ending, ItemStamp } from './layout.ts';

/** Makes the requests of UpdateItem by which one domain writes its part of a shared item. */
export interface UpdateTexts {
  /** Bytes of the longest expression. */
  readonly expressionBytes: number;
  /** `values` are the values of the attributes, as `,":0":{"N":"1"},...`. */
  put(key: string, values: string, stamp: ItemStamp, expires_s: number | undefined): string;
  end(key: string, stamp: ItemStamp, ending: Ending, expires_s: number | undefined): string;
}

/**
 * Returns the requests for a domain with attributes `names`. In the expressions `#v` and `#w` are the domain's version
 * and write time, `#d` the tags of domains with a row, `#l` those that are leaving, `#x` the expiry, and `#0`, `#1`, ...
 * the attributes.
 */
export function updateTexts(of: {
  readonly table: string;
  readonly names: readonly string[];
  readonly tag: string;
  /** True if items expire. */
  readonly expires: boolean;
}): UpdateTexts {
  const { table, names, tag, expires } = of;
  const places = names.map((_, k) => `#${k}`);
  const expiry = expires ? ',#x=:x' : '';
  const put = `SET ${places.map((place, k) => `${place}=:${k},`).join('')}#v=:v,#w=:w${expiry} ADD #d :t DELETE #l :t`;
  const removed = [...places, '#w'].join(',');
  const ends: Readonly<Record<Ending, string>> = {
    delete: `SET #v=:v REMOVE ${removed} DELETE #d :t,#l :t`,
    tombstone: `SET #v=:v${expiry} REMOVE ${removed} ADD #l :t DELETE #d :t`,
  };
  const isNotNewer = 'attribute_not_exists(#v) OR #v<=:v';
  const attributes: Readonly<Record<string, string>> = {
    ...Object.fromEntries(names.map((name, k) => [`#${k}`, name])),
    '#v': domainVersion(tag),
    '#w': domainWrittenAt(tag),
    '#d': DOMAINS_ATTRIBUTE,
    '#l': LEAVING_ATTRIBUTE,
  };
  const withExpiry = expires ? { ...attributes, '#x': EXPIRES_AT_ATTRIBUTE } : attributes;
  const request = (update: string, condition: string, more: object): string =>
    JSON.stringify({ TableName: table, UpdateExpression: update, ConditionExpression: condition, ...more })
      // Key and values follow, without which the text is no JSON.
      .slice(0, -1);
  const putStart = request(put, isNotNewer, { ExpressionAttributeNames: withExpiry });
  const endStarts: Readonly<Record<Ending, string>> = {
    // Only an item that has something of the row is touched: an update would create one.
    delete: request(ends.delete, '#v<=:v', {
      ExpressionAttributeNames: attributes,
      ReturnValues: 'UPDATED_NEW',
    }),
    tombstone: request(ends.tombstone, isNotNewer, { ExpressionAttributeNames: withExpiry }),
  };
  const tagText = `":t":{"SS":[${JSON.stringify(tag)}]}`;
  const expiryText = (expires_s: number | undefined): string =>
    expires_s === undefined ? '' : `,":x":{"N":"${expires_s}"}`;
  return {
    expressionBytes: Math.max(...[put, ...Object.values(ends)].map((text) => Buffer.byteLength(text))),
    put: (key, values, { epoch, written_at_ms }, expires_s) =>
      `${putStart},"Key":{${key}},"ExpressionAttributeValues":{${tagText},":v":{"N":"${epoch}"},` +
      `":w":{"N":"${written_at_ms}"}${values}${expiryText(expires_s)}}}`,
    end: (key, { epoch }, ending, expires_s) =>
      `${endStarts[ending]},"Key":{${key}},"ExpressionAttributeValues":{${tagText},":v":{"N":"${epoch}"}` +
      `${ending === 'delete' ? '' : expiryText(expires_s)}}}`,
  };
}
