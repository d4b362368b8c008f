/** The number of the barrier that changed the row. docs/items.md describes the bookkeeping attributes. */
export const VERSION_ATTRIBUTE = '_v';
/** The time at which the item was written, in milliseconds since 1970. */
export const WRITTEN_AT_ATTRIBUTE = '_w';
/** The name of the sink, on items whose sort key is not a constant that identifies the sink. */
export const SINK_ATTRIBUTE = '_s';
/** All bookkeeping attributes of items that belong to one sink. The last two are reserved: event time, as-of date. */
export const BOOKKEEPING: readonly string[] = [
  VERSION_ATTRIBUTE,
  WRITTEN_AT_ATTRIBUTE,
  SINK_ATTRIBUTE,
  '_e',
  '_d',
];

/** In items that several domains share: the tags of the domains that have a row, as a set of strings. */
export const DOMAINS_ATTRIBUTE = '_domains';
/** In shared items: the tags of domains whose row has left while an older write of it may still take effect. */
export const LEAVING_ATTRIBUTE = '_leaving';
/** The time from which on an item counts as expired, in seconds since 1970. DynamoDB deletes the item later. */
export const EXPIRES_AT_ATTRIBUTE = 'expires_at';

/** Returns the attribute of a shared item that holds the version of a domain. It stays when the domain's row leaves. */
export function domainVersion(tag: string): string {
  return `${VERSION_ATTRIBUTE}:${tag}`;
}

/** Returns the attribute of a shared item that holds the time at which a domain was written. */
export function domainWrittenAt(tag: string): string {
  return `${WRITTEN_AT_ATTRIBUTE}:${tag}`;
}
