import type { KeyAttribute } from '../../dynamodb/wire.ts';
import type { SentWrite } from './sent-write.ts';
import type { SinkClient } from './sink-client.ts';
import type { Answer, Transport } from './transport.ts';
import { unprocessedWrites } from './unprocessed.ts';

/** Sends puts and deletes of whole items with BatchWriteItem. */
export class BatchTransport implements Transport {
  readonly maxWrites: number;
  readonly isPerKey = false;
  readonly #client: SinkClient;
  readonly #table: string;
  readonly #key: readonly KeyAttribute[];

  constructor(options: {
    readonly client: SinkClient;
    readonly table: string;
    readonly key: readonly KeyAttribute[];
    readonly maxItems: number;
  }) {
    this.maxWrites = options.maxItems;
    this.#client = options.client;
    this.#table = options.table;
    this.#key = options.key;
  }

  async send(writes: readonly SentWrite[]): Promise<Answer> {
    const texts = writes.map(({ text }) => text).join(',');
    const body = Buffer.from(`{"RequestItems":{${JSON.stringify(this.#table)}:[${texts}]}}`);
    const answer = await this.#client.batchWriteItem(body);
    const left = answer.UnprocessedItems?.[this.#table] ?? [];
    return { unprocessed: unprocessedWrites(writes, left, this.#key), superseded: 0, bytes: body.length };
  }
}
