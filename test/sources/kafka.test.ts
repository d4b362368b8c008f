import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kafkaSourceConfig } from '../../src/sources/kafka/config.ts';
import { type FetchedMessage, sliceBatch, toKafkaBatch } from '../../src/sources/kafka/messages.ts';
import { BIGINT } from '../../src/values/types.ts';
import { makeSource, options } from './support/source.ts';

// Tests that need a broker are in test/external/kafka.test.ts.

const config = (more: Record<string, string>): ReturnType<typeof kafkaSourceConfig> =>
  kafkaSourceConfig(
    makeSource([{ name: 'n', type: BIGINT }], {
      name: 'events',
      options: options({ topic: 't', 'properties.bootstrap.server': 'a:1, b:2,', ...more }),
    }),
  );

describe('options of a kafka source', () => {
  it('have defaults', async () => {
    const { topic, groupId, start, client } = await config({});
    expect({ topic, groupId, start }).toEqual({
      topic: 't',
      groupId: 'freshet-events',
      start: { mode: 'earliest' },
    });
    expect(client).toMatchObject({ clientId: 'freshet', brokers: ['a:1', 'b:2'] });
    expect(client.ssl ?? client.sasl).toBeUndefined();
  });

  it('set the start position', async () => {
    expect((await config({ 'scan.startup.mode': 'latest' })).start).toEqual({ mode: 'latest' });
    expect((await config({ 'scan.startup.timestamp.millis': '1700000000000' })).start).toEqual({
      timestamp_ms: 1.7e12,
    });
    await expect(config({ 'scan.startup.mode': 'middle' })).rejects.toThrow(
      "scan.startup.mode must be 'earliest' or 'latest', not 'middle'",
    );
    await expect(config({ 'scan.startup.timestamp.millis': 'now' })).rejects.toThrow(
      'must be a whole number',
    );
  });

  it('become TLS and SASL settings of the client', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'freshet-pem-'));
    await writeFile(join(dir, 'ca.pem'), 'CA');
    const { client } = await config({
      'properties.security.protocol': 'SASL_SSL',
      'properties.sasl.mechanism': 'SCRAM-SHA-512',
      'properties.sasl.username': 'u',
      'properties.sasl.password': 'p',
      'properties.ssl.ca.location': join(dir, 'ca.pem'),
      'properties.ssl.certificate.pem': 'CERT',
      'properties.ssl.key.pem': 'KEY',
      'properties.ssl.key.password': 'pass',
      'properties.ssl.endpoint.identification.algorithm': 'none',
      'properties.client.id': 'me',
      'group.id.prefix': 'team',
    });
    await rm(dir, { recursive: true });
    expect(client).toMatchObject({
      clientId: 'me',
      sasl: { mechanism: 'scram-sha-512', username: 'u', password: 'p' },
      ssl: { ca: ['CA'], cert: 'CERT', key: 'KEY', passphrase: 'pass', rejectUnauthorized: true },
    });
    expect((client.ssl as { checkServerIdentity: () => unknown }).checkServerIdentity()).toBeUndefined();
    const unchecked = await config({
      'properties.security.protocol': 'ssl',
      'properties.enable.ssl.certificate.verification': 'false',
    });
    expect(unchecked.client.ssl).toEqual({ rejectUnauthorized: false });
  });

  it('are named in the error if they are missing or not supported', async () => {
    await expect(config({ topic: '' })).rejects.toThrow('topic is missing');
    for (const brokers of ['', ' , '])
      await expect(config({ 'properties.bootstrap.server': brokers })).rejects.toThrow(
        'no Kafka broker is set',
      );
    await expect(config({ 'properties.security.protocol': 'x' })).rejects.toThrow("not 'x'");
    const sasl = { 'properties.security.protocol': 'SASL_PLAINTEXT', 'properties.sasl.username': 'u' };
    await expect(config(sasl)).rejects.toThrow(
      'SASL needs properties.sasl.username and properties.sasl.password',
    );
    await expect(
      config({ ...sasl, 'properties.sasl.password': 'p', 'properties.sasl.mechanism': 'GSSAPI' }),
    ).rejects.toThrow("cannot be 'GSSAPI' yet");
    await expect(
      config({ 'properties.security.protocol': 'ssl', 'properties.ssl.ca.location': '/nowhere/ca' }),
    ).rejects.toThrow('cannot read properties.ssl.ca.location');
  });
});

describe('a fetched partition', () => {
  const message = (
    offset: number,
    value: string | null,
    more: Partial<FetchedMessage> = {},
  ): FetchedMessage => ({
    offset: String(offset),
    timestamp: '5',
    key: null,
    value: value === null ? null : Buffer.from(value),
    ...more,
  });
  const of = (producerId: string, firstOffset: number, lastOffsetDelta = 0): Partial<FetchedMessage> => ({
    batchContext: { firstOffset: String(firstOffset), lastOffsetDelta, producerId, inTransaction: true },
  });
  const texts = (batch: ReturnType<typeof toKafkaBatch>): string[] =>
    Array.from({ length: batch!.count }, (_, i) =>
      Buffer.from(batch!.bytes.subarray(batch!.starts[i], batch!.ends[i])).toString(),
    );

  it('becomes one batch of the records from the position on', () => {
    const messages = [
      message(3, 'a'),
      message(4, 'bb'),
      message(6, null, { key: Buffer.from('k') }),
      message(7, 'c'),
    ];
    const batch = toKafkaBatch({ partition: 2, highWatermark: '9', messages }, 4)!;
    expect(texts(batch)).toEqual(['bb', '', 'c']);
    expect(batch).toMatchObject({ partition: 2, count: 3, next: 8 });
    expect([...batch.offsets, ...batch.timestamps_us!]).toEqual([4, 6, 7, 5000, 5000, 5000]);
    expect(batch.keys).toEqual([null, Buffer.from('k'), null]);
    expect(toKafkaBatch({ partition: 2, highWatermark: '9', messages: [] }, 4)).toBeUndefined();
    const untimed = toKafkaBatch(
      { partition: 2, highWatermark: '9', messages: [message(1, 'a', { timestamp: '-1' })] },
      0,
    )!;
    expect(untimed.timestamps_us).toBeUndefined();

    const [head, tail] = [sliceBatch(batch, 0, 1), sliceBatch(batch, 1, 3)];
    expect([texts(head), head.next, texts(tail), tail.next]).toEqual([['bb'], 6, ['', 'c'], 8]);
    expect(tail.keys).toEqual([Buffer.from('k'), null]);
  });

  it('skips aborted transactions of each producer, and continues after compacted records', () => {
    const abort = { key: Buffer.from([0, 0, 0, 0]), isControlRecord: true };
    const commit = { key: Buffer.from([0, 0, 0, 1]), isControlRecord: true };
    const messages = [
      message(0, 'p1 aborted', of('1', 0)),
      message(1, 'p2 kept', of('2', 1)),
      message(2, 'p1 aborted', { ...of('1', 2), key: Buffer.from([0, 0, 0, 0]) }),
      message(3, '', { ...of('1', 3), ...abort }),
      message(4, 'p1 kept', of('1', 4)),
      message(5, '', { ...of('2', 5), ...commit }),
      message(6, 'p2 aborted', of('2', 6)),
      message(7, 'plain'),
      message(8, '', { ...of('2', 8, 3), ...abort }),
    ];
    const abortedTransactions = [
      { producerId: '2', firstOffset: '6' },
      { producerId: '1', firstOffset: '0' },
    ];
    const batch = toKafkaBatch({ partition: 0, highWatermark: '12', abortedTransactions, messages }, 0)!;
    expect(texts(batch)).toEqual(['p2 kept', 'p1 kept', 'plain']);
    expect(batch.next).toBe(12);
  });
});
