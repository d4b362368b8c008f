import type { ItemStamp } from './layout.ts';

/** Bookkeeping attributes; docs/items.md describes them. */
export const VERSION_ATTRIBUTE = '_v';
export const WRITTEN_AT_ATTRIBUTE = '_w';
/** The name of the sink, on items whose sort key is not a constant that identifies the sink. */
export const SINK_ATTRIBUTE = '_s';
/** All bookkeeping attributes. The last two are reserved for an event time and an as-of date. */
export const BOOKKEEPING: readonly string[] = [
  VERSION_ATTRIBUTE,
  WRITTEN_AT_ATTRIBUTE,
  SINK_ATTRIBUTE,
  '_e',
  '_d',
];

/** Returns the attributes that follow an item's own, as wire text. */
export function stampText(stamp: ItemStamp): string {
  return `,"${VERSION_ATTRIBUTE}":{"N":"${stamp.epoch}"},"${WRITTEN_AT_ATTRIBUTE}":{"N":"${stamp.written_at_ms}"}`;
}
