/** What an item says about itself. All are undefined if it has no bookkeeping, such as one that RisingWave wrote. */
export interface ItemFacts {
  /** Increases with every write of the item. */
  readonly version: number | undefined;
  /** The time of the write, in milliseconds since 1970. */
  readonly written_at_ms: number | undefined;
  /** The time since the write. An item is written only when its row changes, so an old one may well be right. */
  readonly age_ms: number | undefined;
}

/** The viewer has metrics, and at least one of them says something. */
export interface Present<Metrics> extends ItemFacts {
  readonly status: 'present';
  readonly metrics: Metrics;
}

/**
 * The viewer is known, and nothing is in any window: every number is 0 or null, every list and object is empty or null.
 * Texts, times and booleans do not count. A domain without a number, list or object is never `zero`.
 */
export interface Zero<Metrics> extends ItemFacts {
  readonly status: 'zero';
  readonly metrics: Metrics;
}

/** There are metrics, but they may be older than the caller allows (`staleAfter_ms`). */
export interface Stale<Metrics> extends ItemFacts {
  readonly status: 'stale';
  readonly metrics: Metrics;
  /** How far the metrics may be behind, in milliseconds. */
  readonly behind_ms: number;
}

/** The item's time to live is over. DynamoDB may keep such an item for days before it deletes it. */
export interface Expired extends ItemFacts {
  readonly status: 'expired';
  /** The time at which it expired, in milliseconds since 1970. */
  readonly expired_at_ms: number;
}

/** There is no item: the viewer is unknown in this domain. */
export interface Absent {
  readonly status: 'absent';
}

/** One domain of a viewer. The metrics can be read once `status` has been checked. */
export type DomainResult<Metrics> = Present<Metrics> | Zero<Metrics> | Stale<Metrics> | Expired | Absent;

/** One day of a viewer; days without an item are left out. */
export type DayResult<Metrics> = (Present<Metrics> | Zero<Metrics> | Stale<Metrics>) & {
  /** ISO date. */
  readonly day: string;
};
