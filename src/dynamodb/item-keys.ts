/** The sort key of the item that holds all domains of a viewer, in layout `wide`. */
export const WIDE_SORT_KEY = 'latest';
/** In layout `daily` the sort key of an item is this and the day: `daily#2026-03-15`. */
export const DAILY_PREFIX = 'daily#';
/** In layout `metric` the sort key of an item is this and the name of the metric: `metric#watch_minutes_7d`. */
export const METRIC_PREFIX = 'metric#';
/** In layout `metric` the attribute that holds the value of the metric. */
export const VALUE_ATTRIBUTE = 'value';
