import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AttributeMap, KeyAttribute, WriteRequest } from '../../../src/dynamodb/wire.ts';

/** Probabilities of faults, from 0 to 1, per item or per request. */
export interface Faults {
  /** An item of a batch comes back unprocessed. */
  unprocessed: number;
  /** A request is answered with status 500 and nothing is applied. */
  error: number;
  /** A request is answered with a throttling exception. */
  throttled: number;
  /** The connection breaks before anything is applied. */
  dropBefore: number;
  /** The writes take effect, then the connection breaks. */
  dropAfter: number;
  latency_ms: number;
  /** Every request is answered with this exception. */
  refuse: { status: number; code: string; message: string } | undefined;
}

interface Table {
  readonly key: readonly KeyAttribute[];
  readonly items: Map<string, AttributeMap>;
}

/**
 * The part of DynamoDB that the sink uses, over HTTP, with faults on demand. Unlike an emulator it checks its client:
 * `violations` lists the client's breaches of the protocol.
 */
export class FakeDynamoDb {
  readonly faults: Faults = {
    unprocessed: 0,
    error: 0,
    throttled: 0,
    dropBefore: 0,
    dropAfter: 0,
    latency_ms: 0,
    refuse: undefined,
  };
  readonly tables = new Map<string, Table>();
  readonly violations: string[] = [];
  readonly requests: { operation: string; items: number }[] = [];
  /** True for items that this server refuses with a ValidationException. */
  invalid: (item: AttributeMap) => boolean = () => false;
  creatingFor_polls = 0;
  maxConcurrent = 0;
  #concurrent = 0;
  readonly #random: () => number;
  readonly #server: Server;
  readonly #keysInFlight = new Map<string, number>();
  #creating = new Map<string, number>();

  constructor(random: () => number) {
    this.#random = random;
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch((error: unknown) => {
        // A client that aborts its request causes no error of the server.
        if (!request.destroyed) throw error;
      });
    });
  }

  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  addTable(name: string, key: readonly KeyAttribute[]): void {
    this.tables.set(name, { key, items: new Map() });
  }

  /** Returns the items of a table by key, such as `1/engagement#watch`. */
  items(table: string): Map<string, AttributeMap> {
    return this.tables.get(table)!.items;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const operation = String(request.headers['x-amz-target']).replace('DynamoDB_20120810.', '');
    if (!request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 Credential='))
      this.violations.push('unsigned');
    if (body.length > 16 * 1024 * 1024) this.violations.push(`request of ${body.length} bytes`);
    this.#concurrent++;
    this.maxConcurrent = Math.max(this.maxConcurrent, this.#concurrent);
    const input = JSON.parse(body.toString()) as Record<string, unknown>;
    const release = operation === 'BatchWriteItem' ? this.#occupy(input) : () => {};
    if (this.faults.latency_ms > 0) {
      await new Promise((resolve) => setTimeout(resolve, this.#random() * 2 * this.faults.latency_ms));
    }
    const { faults } = this;
    try {
      if (faults.refuse !== undefined) this.#fail(response, faults.refuse);
      else if (operation !== 'BatchWriteItem') this.#answerTableCall(operation, input, response);
      else if (this.#happens(faults.dropBefore)) request.socket.destroy();
      else if (this.#happens(faults.error)) {
        this.#fail(response, { status: 500, code: 'InternalServerError', message: 'internal error' });
      } else if (this.#happens(faults.throttled)) {
        const code = 'ProvisionedThroughputExceededException';
        this.#fail(response, { status: 400, code, message: 'slow down' });
      } else {
        const answer = this.#batchWrite(input);
        if (this.#happens(faults.dropAfter)) request.socket.destroy();
        else if ('code' in answer) this.#fail(response, answer);
        else this.#reply(response, 200, answer);
      }
    } finally {
      release();
      this.#concurrent--;
    }
  }

  #happens(probability: number): boolean {
    return probability > 0 && this.#random() < probability;
  }

  /** Records a violation if writes of one key overlap: DynamoDB would apply them in any order. */
  #occupy(input: Record<string, unknown>): () => void {
    const keys: string[] = [];
    for (const [name, writes] of Object.entries(input.RequestItems as Record<string, WriteRequest[]>)) {
      const table = this.tables.get(name);
      if (table === undefined) continue;
      for (const write of writes) keys.push(`${name}/${keyOf(table, itemOf(write))}`);
    }
    for (const key of keys) {
      const count = (this.#keysInFlight.get(key) ?? 0) + 1;
      this.#keysInFlight.set(key, count);
      if (count > 1) this.violations.push(`two writes of ${key} in flight`);
    }
    return () => {
      for (const key of keys) {
        const count = this.#keysInFlight.get(key)! - 1;
        if (count === 0) this.#keysInFlight.delete(key);
        else this.#keysInFlight.set(key, count);
      }
    };
  }

  #answerTableCall(operation: string, input: Record<string, unknown>, response: ServerResponse): void {
    const name = input.TableName as string;
    const table = this.tables.get(name);
    this.requests.push({ operation, items: 0 });
    if (operation === 'CreateTable') {
      if (table !== undefined) {
        this.#fail(response, { status: 400, code: 'ResourceInUseException', message: 'table exists' });
        return;
      }
      const definitions = input.AttributeDefinitions as {
        AttributeName: string;
        AttributeType: 'S' | 'N' | 'B';
      }[];
      const schema = input.KeySchema as { AttributeName: string }[];
      const typeOf = (attribute: string) =>
        definitions.find((d) => d.AttributeName === attribute)!.AttributeType;
      this.addTable(
        name,
        schema.map(({ AttributeName: attribute }) => ({ name: attribute, type: typeOf(attribute) })),
      );
      this.#creating.set(name, this.creatingFor_polls);
    } else if (table === undefined) {
      this.#fail(response, { status: 400, code: 'ResourceNotFoundException', message: `no table ${name}` });
      return;
    }
    const { key } = this.tables.get(name)!;
    const polls = this.#creating.get(name) ?? 0;
    this.#creating.set(name, Math.max(0, polls - 1));
    const description = {
      TableName: name,
      TableStatus: polls > 0 ? 'CREATING' : 'ACTIVE',
      KeySchema: key.map((k, i) => ({ AttributeName: k.name, KeyType: i === 0 ? 'HASH' : 'RANGE' })),
      AttributeDefinitions: key.map((k) => ({ AttributeName: k.name, AttributeType: k.type })),
    };
    this.#reply(
      response,
      200,
      operation === 'CreateTable' ? { TableDescription: description } : { Table: description },
    );
  }

  #batchWrite(input: Record<string, unknown>): { UnprocessedItems: object } | (Faults['refuse'] & object) {
    const [name, writes] = Object.entries(input.RequestItems as Record<string, WriteRequest[]>)[0]!;
    this.requests.push({ operation: 'BatchWriteItem', items: writes.length });
    if (writes.length > 25) this.violations.push(`batch of ${writes.length}`);
    const table = this.tables.get(name);
    if (table === undefined)
      return { status: 400, code: 'ResourceNotFoundException', message: `no table ${name}` };
    const keys = writes.map((write) => keyOf(table, itemOf(write)));
    if (new Set(keys).size < keys.length) this.violations.push('a key twice in one batch');
    for (const write of writes) {
      const item = itemOf(write);
      const wrong = table.key.find(({ name: attribute, type }) => !(type in (item[attribute] ?? {})));
      if (wrong !== undefined) {
        return {
          status: 400,
          code: 'ValidationException',
          message: 'The provided key element does not match the schema',
        };
      }
      if (this.invalid(item)) return { status: 400, code: 'ValidationException', message: 'bad item' };
    }
    const unprocessed: WriteRequest[] = [];
    writes.forEach((write, i) => {
      if (this.#happens(this.faults.unprocessed)) {
        unprocessed.push(write);
        return;
      }
      const key = keys[i]!;
      if ('DeleteRequest' in write) {
        table.items.delete(key);
        return;
      }
      const before = table.items.get(key)?.['_v'] as { N: string } | undefined;
      const after = write.PutRequest.Item['_v'] as { N: string } | undefined;
      if (before !== undefined && after !== undefined && Number(after.N) < Number(before.N)) {
        this.violations.push(`version of ${key} went from ${before.N} to ${after.N}`);
      }
      table.items.set(key, write.PutRequest.Item);
    });
    return { UnprocessedItems: unprocessed.length === 0 ? {} : { [name]: unprocessed } };
  }

  #fail(response: ServerResponse, fault: { status: number; code: string; message: string }): void {
    const { status, code, message } = fault;
    this.#reply(response, status, { __type: `com.amazonaws.dynamodb.v20120810#${code}`, message });
  }

  #reply(response: ServerResponse, status: number, body: object): void {
    response.writeHead(status, {
      'content-type': 'application/x-amz-json-1.0',
      date: new Date().toUTCString(),
    });
    response.end(JSON.stringify(body));
  }
}

function itemOf(write: WriteRequest): AttributeMap {
  return 'PutRequest' in write ? write.PutRequest.Item : write.DeleteRequest.Key;
}

function keyOf(table: Table, item: AttributeMap): string {
  return table.key.map(({ name }) => Object.values(item[name] ?? { S: '?' })[0] as string).join('/');
}
