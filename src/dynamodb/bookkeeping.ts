/** The number of the barrier that changed the row. docs/items.md describes the bookkeeping attributes. */
export const VERSION_ATTRIBUTE = '_v';
/** The time at which the item was written, in milliseconds since 1970. */
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
