import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to one request: it reaches DynamoDB, is never answered, breaks, or gets an answer made up here. */
export type Fate =
  | 'pass'
  | 'hang'
  | 'drop'
  | { readonly delay_ms: number }
  | { readonly status: number; readonly body: string }
  /** Passes all but so many keys of a BatchGetItem, which come back unprocessed. */
  | { readonly unprocessed: number };

interface BatchGet {
  RequestItems: Record<string, { Keys: object[] }>;
}

export interface SeenRequest {
  readonly operation: string;
  readonly body: string;
}

/** A proxy before a real DynamoDB, which decides the fate of each request. */
export class FaultyProxy {
  readonly requests: SeenRequest[] = [];
  /** Number of requests whose connection was closed by the client before an answer. */
  aborted = 0;
  fate: (request: SeenRequest, index: number) => Fate = () => 'pass';
  readonly #target: string;
  readonly #server: Server;

  constructor(target: string) {
    this.#target = target;
    this.#server = createServer((request, response) => {
      // A request that its client has given up may outlive the DynamoDB behind this proxy.
      this.#handle(request, response).catch(() => response.destroy());
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  operations(): readonly string[] {
    return this.requests.map(({ operation }) => operation);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const operation = String(request.headers['x-amz-target']).replace('DynamoDB_20120810.', '');
    const seen = { operation, body: Buffer.concat(chunks).toString() };
    this.requests.push(seen);
    response.on('close', () => {
      if (!response.writableEnded) this.aborted++;
    });
    const fate = this.fate(seen, this.requests.length - 1);
    if (fate === 'hang') return;
    if (fate === 'drop') {
      request.socket.destroy();
    } else if (fate === 'pass') {
      await this.#pass(request, seen.body, response);
    } else if ('delay_ms' in fate) {
      await new Promise((resolve) => setTimeout(resolve, fate.delay_ms));
      await this.#pass(request, seen.body, response);
    } else if ('unprocessed' in fate) {
      await this.#passSome(request, seen.body, fate.unprocessed, response);
    } else {
      response.writeHead(fate.status, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(fate.body);
    }
  }

  async #ask(request: IncomingMessage, body: string): Promise<{ status: number; body: string }> {
    const answer = await fetch(this.#target, {
      method: 'POST',
      headers: {
        'x-amz-target': String(request.headers['x-amz-target']),
        'content-type': 'application/x-amz-json-1.0',
        authorization: String(request.headers.authorization),
        'x-amz-date': String(request.headers['x-amz-date']),
      },
      body,
    });
    return { status: answer.status, body: await answer.text() };
  }

  async #pass(request: IncomingMessage, body: string, response: ServerResponse): Promise<void> {
    const answer = await this.#ask(request, body);
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(answer.body);
  }

  async #passSome(
    request: IncomingMessage,
    body: string,
    unprocessed: number,
    response: ServerResponse,
  ): Promise<void> {
    const input = JSON.parse(body) as BatchGet;
    const [table, { Keys: keys }] = Object.entries(input.RequestItems)[0]!;
    const left = keys.splice(0, Math.min(unprocessed, keys.length - 1));
    const answer = JSON.parse((await this.#ask(request, JSON.stringify(input))).body) as object;
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify({ ...answer, UnprocessedKeys: { [table]: { Keys: left } } }));
  }
}

/** Returns an answer with DynamoDB's form of an error. */
export function exception(code: string, status = 400): Fate {
  return {
    status,
    body: JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${code}`, message: 'made up' }),
  };
}
