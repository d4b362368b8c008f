/** The operations that the client reads with. */
export type ReadOperation = 'GetItem' | 'BatchGetItem' | 'Query';

/** Carries requests to DynamoDB. `signedTransport` and `sdkTransport` make one. */
export interface Transport {
  /** True if `send` tries again by itself, so that the client does not. */
  readonly retries: boolean;
  /**
   * Sends a request, whose `body` is JSON of DynamoDB's protocol, and resolves to the answer as that protocol has it.
   * Rejects with DynamoDbError, or with the reason of `signal` once that aborts.
   */
  send(operation: ReadOperation, body: string, signal: AbortSignal): Promise<object>;
  /** Lets go of connections that the transport has opened itself. */
  close(): Promise<void>;
}
