import { request } from 'node:http';
import { connect } from 'node:net';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLocalDynamoDb, type LocalDynamoDb } from '../../src/embedded-dynamodb/start.ts';
import { send } from './support/call.ts';

let local: LocalDynamoDb;
beforeAll(async () => {
  local = await startLocalDynamoDb();
});
afterAll(() => local.close());

interface Raw {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  readonly error: string | undefined;
}

const HEADERS = {
  'x-amz-target': 'DynamoDB_20120810.ListTables',
  authorization: 'AWS4-HMAC-SHA256 Credential=x',
};

/** Sends a request with any headers, also those that `fetch` does not allow to set. */
async function raw(
  options: { readonly method?: string; readonly headers?: Readonly<Record<string, string>> },
  body: string | Buffer = '{}',
): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const sent = request(local.endpoint, { method: 'POST', headers: HEADERS, ...options }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        const whole = Buffer.concat(parts);
        const { ['__type']: type } = JSON.parse(whole.toString()) as Partial<Record<string, string>>;
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          body: whole,
          error: type?.slice(type.indexOf('#') + 1),
        });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

describe('the HTTP protocol', () => {
  it('has a checksum and a request id in each answer', async () => {
    const { status, headers, body } = await raw({});
    expect([status, body.toString()]).toEqual([200, '{"TableNames":[]}']);
    expect(headers['x-amz-crc32']).toBe(`${crc32(body)}`);
    expect(headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each([
    [
      'without a signature',
      { headers: { 'x-amz-target': HEADERS['x-amz-target'] } },
      'MissingAuthenticationTokenException',
    ],
    ['without an operation', { headers: { authorization: 'x' } }, 'UnknownOperationException'],
    [
      'of another service',
      { headers: { ...HEADERS, 'x-amz-target': 'Kinesis_20131202.ListStreams' } },
      'UnknownOperationException',
    ],
    [
      'with an operation named like an inherited property',
      { headers: { ...HEADERS, 'x-amz-target': 'DynamoDB_20120810.constructor' } },
      'UnknownOperationException',
    ],
    ['with another method', { method: 'PUT' }, 'UnknownOperationException'],
    [
      'to another host, as a page sends it after DNS rebinding',
      { headers: { ...HEADERS, host: 'evil.example:8000' } },
      'AccessDeniedException',
    ],
  ])('refuses a request %s', async (_, options, error) => {
    expect(await raw(options)).toMatchObject({ status: 400, error });
  });

  it.each(['127.0.0.1:8000', 'localhost', 'LOCALHOST:1', '[::1]:8000'])(
    'answers to the host %s',
    async (host) => {
      expect((await raw({ headers: { ...HEADERS, host } })).status).toBe(200);
    },
  );

  it('refuses a body of more than 16 MB, and answers later requests', async () => {
    const body = Buffer.alloc((16 << 20) + 1, 0x20);
    const answer = await raw({}, body).catch((error: unknown) => error);
    // The client sees the answer, or the end of the connection while it is still sending.
    expect([413, 'EPIPE', 'ECONNRESET']).toContain(
      (answer as Raw).status ?? (answer as { code: string }).code,
    );
    expect((await raw({})).status).toBe(200);
  });

  it('closes while a client has sent half a request', async () => {
    const other = await startLocalDynamoDb();
    const socket = connect(Number(new URL(other.endpoint).port), '127.0.0.1');
    socket.on('error', () => {});
    await new Promise<void>((resolve) => {
      socket.write('POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n{"half":', () =>
        resolve(),
      );
    });
    await other.close();
    await other.close(); // closing twice is allowed
    await expect(fetch(other.endpoint)).rejects.toThrow('fetch failed');
    socket.destroy();
  });
});

describe('limits', () => {
  it.each([
    ['ConditionExpression', `${'('.repeat(2000)}a = :v${')'.repeat(2000)}`],
    ['ConditionExpression', `${'NOT '.repeat(1000)}a = :v`],
    ['UpdateExpression', `SET a = ${'('.repeat(2000)}:v${')'.repeat(2000)}`],
    ['UpdateExpression', `SET a = ${'if_not_exists(a, '.repeat(230)}:v${')'.repeat(230)}`],
  ])('a deeply nested %s is refused', async (name, expression) => {
    const Key = { id: { N: '1' } };
    const body = {
      TableName: 'none',
      Key,
      [name]: expression,
      ExpressionAttributeValues: { ':v': { N: '1' } },
    };
    expect(await send(local.endpoint, 'UpdateItem', body)).toEqual({
      status: 400,
      error: 'ValidationException',
    });
  });

  it('deeply nested JSON is refused', async () => {
    const deep = `${'{"L":['.repeat(100_000)}{"N":"1"}${']}'.repeat(100_000)}`;
    const body = `{"TableName":"none","Item":{"id":{"N":"1"},"x":${deep}}}`;
    expect(await send(local.endpoint, 'PutItem', body)).toEqual({
      status: 400,
      error: 'ValidationException',
    });
  });

  it.each([
    ['number of spaces', { N: `${' '.repeat(500_000)}x` }, 'ValidationException'],
    ['number of digits', { N: `${'1'.repeat(8_000_000)}x` }, 'ValidationException'],
    ['binary value', { B: 'AAAA'.repeat(3_000_000) }, 'ValidationException'],
    ['binary value with an odd end', { B: `${'AAAA'.repeat(3_000_000)}!` }, 'SerializationException'],
  ])('a very long %s is refused', async (_, x, error) => {
    const body = { TableName: 'none', Item: { id: { N: '1' }, x } };
    expect(await send(local.endpoint, 'PutItem', body)).toEqual({ status: 400, error });
  });

  it('a batch read returns up to 16 MB, and lists the unprocessed keys', async () => {
    const { endpoint } = local;
    const TableName = 'large';
    await send(endpoint, 'CreateTable', {
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'N' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    });
    const Keys = Array.from({ length: 45 }, (_, i) => ({ id: { N: `${i + 100}` } }));
    // An item has about 400,000 bytes: id, its value of two bytes (100) or three (101), and x. 16 MB hold 41 of them.
    for (const key of Keys) {
      await send(endpoint, 'PutItem', { TableName, Item: { ...key, x: { S: 'x'.repeat(400_000) } } });
    }
    const batch = { RequestItems: { [TableName]: { Keys, ConsistentRead: true } } };
    const { body } = await send(endpoint, 'BatchGetItem', batch);
    const { Responses, UnprocessedKeys } = body as {
      Responses: Record<string, { id: object }[]>;
      UnprocessedKeys: Record<string, object>;
    };
    expect(Responses[TableName]!.map(({ id }) => ({ id }))).toEqual(Keys.slice(0, 41));
    expect(UnprocessedKeys).toEqual({ [TableName]: { Keys: Keys.slice(41), ConsistentRead: true } });
    await send(endpoint, 'DeleteTable', { TableName });
  });
});
