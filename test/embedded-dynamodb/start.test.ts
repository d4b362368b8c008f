import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startLocalDynamoDb } from '../../src/embedded-dynamodb/start.ts';
import { clientFor } from '../sinks/support/sinks.ts';

const dirs: string[] = [];
afterEach(async () => {
  for (const dir of dirs.splice(0)) await rm(dir, { recursive: true });
});

async function newDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'freshet-dynamodb-'));
  dirs.push(dir);
  return dir;
}

const KEY = [
  { name: 'viewer_id', type: 'N' },
  { name: 'sk', type: 'S' },
] as const;

function put(id: number): string {
  const item = { viewer_id: { N: `${id}` }, sk: { S: 'engagement#watch' }, minutes: { N: `${id * 10}` } };
  return JSON.stringify({ RequestItems: { profiles: [{ PutRequest: { Item: item } }] } });
}

describe('the embedded DynamoDB', () => {
  it('keeps tables and items over a restart', async () => {
    const dir = await newDir();
    const first = await startLocalDynamoDb({ dir });
    const client = clientFor(first.endpoint);
    await client.createTable('profiles', KEY);
    while ((await client.describeTable('profiles'))?.TableStatus !== 'ACTIVE');
    await client.batchWriteItem(put(7));
    await client.close();
    await first.close();

    const second = await startLocalDynamoDb({ dir });
    const again = clientFor(second.endpoint);
    expect((await again.describeTable('profiles'))?.TableStatus).toBe('ACTIVE');
    const key = { viewer_id: { N: '7' }, sk: { S: 'engagement#watch' } };
    expect(await again.getItem({ TableName: 'profiles', Key: key })).toEqual({
      ...key,
      minutes: { N: '70' },
    });
    await again.close();
    await second.close();
  });

  it('listens on the given port, and reports a port that is in use', async () => {
    const first = await startLocalDynamoDb();
    const port = Number(new URL(first.endpoint).port);
    await expect(startLocalDynamoDb({ port })).rejects.toThrow(`port ${port} is in use by another process`);
    await first.close();
    const second = await startLocalDynamoDb({ port });
    expect(second.endpoint).toBe(first.endpoint);
    await second.close();
  });

  it('refuses a directory that is already open', async () => {
    const dir = await newDir();
    const first = await startLocalDynamoDb({ dir });
    await expect(startLocalDynamoDb({ dir })).rejects.toThrow(`${dir} is in use by this process`);
    await first.close();
  });

  it('answers later requests after a client aborts one', async () => {
    const local = await startLocalDynamoDb();
    const { port } = new URL(local.endpoint);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () => {
        socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{"half":', () => {
          socket.resetAndDestroy();
          resolve();
        });
      });
    });
    const client = clientFor(local.endpoint);
    expect(await client.describeTable('nothing')).toBeUndefined();
    await client.close();
    await local.close();
  });
});
