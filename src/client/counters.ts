/** What a client has done since it was made. All counts only rise. */
export interface ClientCounters {
  /** Requests sent to DynamoDB, with retries and second requests. Retries of the AWS SDK are not seen here. */
  requests: number;
  /** Requests sent again after a failure. */
  retries: number;
  /** Second requests sent because the first was slow. */
  hedges: number;
  /** Second requests that were answered first. */
  hedges_won: number;
  /** Keys that DynamoDB left unprocessed, and that were asked for again. */
  unprocessed_keys: number;
  /** Reads that shared a request of another read in flight. */
  coalesced: number;
  /** Items that came from the cache. */
  cache_hits: number;
  /** Calls that rejected because their deadline passed. */
  deadlines: number;
  /** Read request units, as DynamoDB reported them. Requests that were given up are not included. */
  rru: number;
}

export function newCounters(): ClientCounters {
  return {
    requests: 0,
    retries: 0,
    hedges: 0,
    hedges_won: 0,
    unprocessed_keys: 0,
    coalesced: 0,
    cache_hits: 0,
    deadlines: 0,
    rru: 0,
  };
}
