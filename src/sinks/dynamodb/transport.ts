import type { SentWrite } from './sent-write.ts';

/** The answer to a request that DynamoDB accepted. */
export interface Answer {
  /** The writes that were throttled and did not take effect. */
  readonly unprocessed: ReadonlySet<SentWrite>;
  /** Writes without effect, because the item has a newer version of the row. They count as acknowledged. */
  readonly superseded: number;
  /** Bytes of the request. */
  readonly bytes: number;
}

/** Sends writes. */
export interface Transport {
  /** Maximum number of writes in a request. */
  readonly maxWrites: number;
  /** True if a request writes one key. When it is throttled only this key waits, because others may be fine. */
  readonly isPerKey: boolean;
  /** Sends the writes in one request, once. Rejects with DynamoDbError. */
  send(writes: readonly SentWrite[]): Promise<Answer>;
}
