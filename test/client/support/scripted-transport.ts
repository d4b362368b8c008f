import type { ReadOperation, Transport } from '../../../src/client/transport.ts';

export interface SentRequest {
  readonly operation: ReadOperation;
  readonly body: string;
  readonly signal: AbortSignal;
  answer(value: object): void;
  fail(error: Error): void;
}

/** A transport whose requests the test answers one by one. */
export class ScriptedTransport implements Transport {
  readonly retries = false;
  readonly sent: SentRequest[] = [];
  /** If set, answers each request at once. */
  auto: ((operation: ReadOperation, body: string) => object) | undefined;
  closed = 0;

  send(operation: ReadOperation, body: string, signal: AbortSignal): Promise<object> {
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      this.sent.push({ operation, body, signal, answer: resolve, fail: reject });
      if (this.auto !== undefined) resolve(this.auto(operation, body));
    });
  }

  async close(): Promise<void> {
    this.closed++;
  }
}
