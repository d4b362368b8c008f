import { ProfileReadError } from './read-error.ts';

/** When the client sends a second, equal request because the first is slow. */
export interface HedgeOptions {
  /** The delay in milliseconds, or `p95`: the time within which 95 of 100 of this client's requests are answered. */
  readonly after: number | 'p95';
  /**
   * Maximum share of requests that are sent twice, besides a burst of ten, so that a slow DynamoDB does not get twice
   * the load. Default: 0.1.
   */
  readonly maxShare?: number | undefined;
}

/** For how long and how many items are kept in memory. */
export interface CacheOptions {
  readonly ms: number;
  /** Maximum number of items; the one that was read longest ago leaves first. Default: 10,000. */
  readonly maxItems?: number | undefined;
}

/** Options of a client, which hold for all of its calls. */
export interface ProfileClientOptions {
  /** Time after which a call rejects with ProfileReadError `deadline`. Default: 5,000 ms. */
  readonly deadline_ms?: number | undefined;
  /** Attempts per request, where the transport does not try again by itself. Default: 4. */
  readonly attempts?: number | undefined;
  /** Default: no second request. */
  readonly hedge?: HedgeOptions | undefined;
  /** Whether equal reads in flight share one request. Default: true. */
  readonly coalesce?: boolean | undefined;
  /** Default: no cache. Consistent reads never use it. */
  readonly cache?: CacheOptions | undefined;
  /** Whether reads are strongly consistent, which costs twice as much. Default: false. */
  readonly consistent?: boolean | undefined;
  /** Metrics that may be further behind than this are `stale`. Default: none are. */
  readonly staleAfter_ms?: number | undefined;
  /**
   * Returns the time up to which all items are complete, in milliseconds since 1970, if somebody knows it: the clock of
   * the pipeline. Staleness is then measured from it. Without it, or while it returns undefined, the age of the item
   * decides, if the item has one.
   */
  readonly asOf?: (() => number | undefined) | undefined;
}

/** Options of one call, which take the place of the client's. */
export interface ReadOptions {
  readonly deadline_ms?: number | undefined;
  /** Aborts the call, which then rejects with ProfileReadError `aborted`. */
  readonly signal?: AbortSignal | undefined;
  readonly consistent?: boolean | undefined;
  readonly staleAfter_ms?: number | undefined;
  /** The time up to which all items are complete, in milliseconds since 1970. */
  readonly asOf_ms?: number | undefined;
}

export const DEFAULT_DEADLINE_MS = 5_000;
export const DEFAULT_ATTEMPTS = 4;
export const DEFAULT_CACHE_ITEMS = 10_000;
export const DEFAULT_MAX_SHARE = 0.1;

/** Throws ProfileReadError `invalid_option` for an option with a value outside of its range. */
export function checkOptions({
  deadline_ms,
  attempts,
  hedge,
  cache,
  staleAfter_ms,
}: ProfileClientOptions): void {
  positive('deadline_ms', deadline_ms);
  positive('staleAfter_ms', staleAfter_ms, 0);
  positive('cache.ms', cache?.ms);
  positive('cache.maxItems', cache?.maxItems, 1);
  positive('attempts', attempts, 1);
  if (hedge?.after !== 'p95') positive('hedge.after', hedge?.after, 0);
  positive('hedge.maxShare', hedge?.maxShare, 0);
}

function positive(name: string, value: number | undefined, min = Number.MIN_VALUE): void {
  if (value === undefined || (typeof value === 'number' && value >= min)) return;
  const range = min === Number.MIN_VALUE ? 'above 0' : `of ${min} or more`;
  throw new ProfileReadError(
    'invalid_option',
    `option ${name} is ${String(value)}; it must be a number ${range}`,
  );
}
