import { DynamoDbError } from '../../dynamodb/errors.ts';
import type { AttributeMap } from '../../dynamodb/wire.ts';
import { DOMAINS_ATTRIBUTE, LEAVING_ATTRIBUTE } from '../../dynamodb/bookkeeping.ts';
import type { LateWrites } from './late-writes.ts';
import type { PendingRows } from './pending-rows.ts';
import type { SentWrite } from './sent-write.ts';
import type { SinkClient } from './sink-client.ts';
import type { Answer, Transport } from './transport.ts';

const NONE: ReadonlySet<SentWrite> = new Set();

/**
 * Sends writes of items that several sinks share with UpdateItem, each on the condition that the item has no newer
 * version of the row. After the last row of an item has left, the item is deleted.
 */
export class UpdateTransport implements Transport {
  readonly maxWrites = 1;
  readonly isPerKey = true;
  readonly #client: SinkClient;
  readonly #table: string;
  readonly #rows: PendingRows;
  readonly #late: LateWrites;

  constructor(client: SinkClient, table: string, rows: PendingRows, late: LateWrites) {
    this.#client = client;
    this.#table = table;
    this.#rows = rows;
    this.#late = late;
  }

  async send([write]: readonly SentWrite[]): Promise<Answer> {
    const { kind, slot, text } = write!;
    const body = Buffer.from(text);
    const answer = { unprocessed: NONE, superseded: 0, bytes: body.length };
    const key = this.#rows.keys[slot]!;
    let left: AttributeMap | undefined;
    try {
      left = await this.#client.updateItem(body);
    } catch (error) {
      if (!(error instanceof DynamoDbError)) throw error;
      // A deletion is also refused if the item has nothing of this row any more.
      if (isRefusedCondition(error)) return { ...answer, superseded: kind === 'put' ? 1 : 0 };
      if (error.fault === 'unavailable' && kind === 'put') this.#late.unanswered(key);
      throw error;
    }
    const isLast = left?.[DOMAINS_ATTRIBUTE] === undefined && left?.[LEAVING_ATTRIBUTE] === undefined;
    if (kind === 'delete' && isLast) await this.#deleteEmpty(key);
    return answer;
  }

  /** Deletes an item that no row stands for. A row that came meanwhile prevents it. */
  async #deleteEmpty(key: string): Promise<void> {
    await this.#client.deleteItem({
      TableName: this.#table,
      Key: JSON.parse(`{${key}}`) as AttributeMap,
      ConditionExpression: 'attribute_not_exists(#d) AND attribute_not_exists(#l)',
      ExpressionAttributeNames: { '#d': DOMAINS_ATTRIBUTE, '#l': LEAVING_ATTRIBUTE },
    });
  }
}

function isRefusedCondition({ code }: DynamoDbError): boolean {
  return code === 'ConditionalCheckFailedException';
}
