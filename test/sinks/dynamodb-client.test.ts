import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { SYSTEM_CLOCK, type Clock } from '../../src/platform/clock.ts';
import { DynamoDbClient } from '../../src/dynamodb/client.ts';
import type { CredentialsSource } from '../../src/dynamodb/credentials.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const NOW_MS = Date.UTC(2026, 2, 15, 12);
const clock: Clock = {
  ...SYSTEM_CLOCK,
  now_us: () => NOW_MS * 1000,
  setTimer: (_delay, fn) => {
    setImmediate(fn);
    return () => {};
  },
};

async function clientWith(
  answer: Answer,
  credentials?: CredentialsSource,
  connections?: number,
  timeout_ms = 60_000,
): Promise<DynamoDbClient> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => answer(request, response, body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = new DynamoDbClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: credentials ?? {
      get: () => ({ accessKeyId: 'a', secretAccessKey: 'b' }),
      invalidate: () => {},
    },
    clock,
    random: () => 0,
    timeout_ms,
    connections,
  });
  closing.push(
    () => new Promise((resolve) => server.close(() => resolve())),
    () => client.close(),
  );
  return client;
}

const read = { TableName: 't', Key: { id: { N: '1' } } };

describe('the DynamoDB client', () => {
  it('retries a read after 5xx, throttling, a broken connection and a damaged answer', async () => {
    const failures: Answer[] = [
      (_, response) => response.writeHead(502).end('<html>bad gateway</html>'),
      (request) => request.socket.destroy(),
      (_, response) => response.writeHead(200, { 'x-amz-crc32': '1' }).end('{}'),
    ];
    let calls = 0;
    const client = await clientWith((request, response, body) => {
      const failure = failures[calls++];
      if (failure !== undefined) failure(request, response, body);
      else response.end('{"Item":{"id":{"N":"1"}}}');
    });
    expect(await client.getItem(read)).toEqual({ id: { N: '1' } });
    expect(calls).toBe(4);
  });

  it('gives up after a few attempts, and at once if another attempt cannot succeed', async () => {
    let calls = 0;
    const client = await clientWith((_, response) => {
      calls++;
      response.writeHead(calls <= 4 ? 500 : 400).end('{"__type":"x#ValidationException","message":"no"}');
    });
    await expect(client.getItem(read)).rejects.toMatchObject({ status: 500 });
    expect(calls).toBe(4);
    await expect(client.getItem(read)).rejects.toMatchObject({
      code: 'ValidationException',
      fault: 'invalid',
      message: 'no',
    });
    expect(calls).toBe(5);
  });

  it('gives up on a missing answer after its timeout', async () => {
    const client = await clientWith(() => {}, undefined, undefined, 100);
    await expect(client.send('GetItem', '{}')).rejects.toMatchObject({ fault: 'unavailable', status: 0 });
  });

  it.each(['null', '5', '', '<html>'])('treats the body %j as unreadable', async (text) => {
    const client = await clientWith((_, response) => response.end(text));
    await expect(client.batchWriteItem('{}')).rejects.toMatchObject({
      code: 'UnreadableAnswer',
      fault: 'unavailable',
    });
  });

  it('reads while writes occupy all of their connections', async () => {
    const held: ServerResponse[] = [];
    const client = await clientWith(
      (request, response) => {
        if (String(request.headers['x-amz-target']).endsWith('GetItem')) response.end('{}');
        else held.push(response);
      },
      undefined,
      1,
    );
    const writes = [client.batchWriteItem('{}'), client.batchWriteItem('{}')];
    const answers = Promise.allSettled(writes);
    expect(await client.getItem(read)).toBeUndefined();
    while (held.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(await client.getItem(read)).toBeUndefined();
    for (let answered = 0; answered < 2; await new Promise((resolve) => setImmediate(resolve))) {
      if (held.length > 0) {
        held.pop()!.end('{}');
        answered++;
      }
    }
    expect((await answers).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
  });

  it("corrects its clock by the server's, and fetches refused credentials again", async () => {
    const stamps: string[] = [];
    let invalidated = 0;
    const client = await clientWith(
      (request, response) => {
        stamps.push(request.headers['x-amz-date'] as string);
        if (stamps.length > 1) response.end('{}');
        else {
          const date = new Date(NOW_MS + 3_600_000).toUTCString();
          response
            .writeHead(400, { date })
            .end('{"__type":"x#InvalidSignatureException","message":"expired"}');
        }
      },
      { get: () => ({ accessKeyId: 'a', secretAccessKey: 'b' }), invalidate: () => void invalidated++ },
    );
    await expect(client.getItem(read)).rejects.toMatchObject({ fault: 'credentials' });
    await client.getItem(read);
    expect(stamps).toEqual(['20260315T120000Z', '20260315T130000Z']);
    expect(invalidated).toBe(1);
  });
});
