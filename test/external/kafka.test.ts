import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StringPool } from '../../src/engine/text/string-pool.ts';
import { createJsonDecoder } from '../../src/sources/json/decoder.ts';
import { kafkaSourceConfig } from '../../src/sources/kafka/config.ts';
import { KafkaProducer } from '../../src/sources/kafka/producer.ts';
import { KafkaSourceReader } from '../../src/sources/kafka/reader.ts';
import type { Positions, RecordBatch } from '../../src/sources/source.ts';
import { BIGINT, TIMESTAMPTZ, VARCHAR } from '../../src/values/types.ts';
import { decodeAll, makeRecords, makeSource, offsetsOf, options } from '../sources/support/source.ts';
import { KAFKA_USER, type KafkaBroker, startKafka } from './support/kafka.ts';

let broker: KafkaBroker;
let kafka: Kafka;
let producer: KafkaProducer;
beforeAll(async () => {
  broker = await startKafka();
  // The long timeout prevents retries, so that each record is produced exactly once.
  const config = { brokers: [broker.bootstrap], logLevel: logLevel.NOTHING, requestTimeout: 300_000 };
  kafka = new Kafka(config);
  producer = new KafkaProducer(config);
  await producer.connect();
});
afterAll(async () => {
  await producer?.disconnect();
  await broker?.stop();
});

const logged: string[] = [];
async function open(
  more: Record<string, string>,
  positions: Positions = new Map(),
  memo?: string,
): Promise<KafkaSourceReader> {
  const settings = { 'properties.bootstrap.server': broker.bootstrap, ...more };
  const source = makeSource([{ name: 'n', type: BIGINT }], {
    name: 'events',
    connector: 'kafka',
    options: options(settings),
  });
  const reader = new KafkaSourceReader(await kafkaSourceConfig(source), (_, message) => logged.push(message));
  await reader.open(positions, memo);
  return reader;
}

/** Polls until a poll of 2 s returns nothing, or at least `limit` records are read. */
async function drain(reader: KafkaSourceReader, limit = Infinity, maxRecords = 100): Promise<RecordBatch[]> {
  const batches: RecordBatch[] = [];
  for (let n = 0; n < limit;) {
    const batch = await reader.poll(maxRecords, 2000);
    if (batch === undefined) break;
    expect(batch.count).toBeLessThanOrEqual(maxRecords);
    expect(batch.bytes.length).toBeGreaterThanOrEqual((batch.ends[batch.count - 1] ?? 0) + 8);
    batches.push(batch);
    n += batch.count;
  }
  return batches;
}
const textsOf = (batches: readonly RecordBatch[]): string[] =>
  batches.flatMap((batch) =>
    Array.from({ length: batch.count }, (_, i) =>
      Buffer.from(batch.bytes.subarray(batch.starts[i], batch.ends[i])).toString(),
    ),
  );
const positionsOf = (batches: readonly RecordBatch[]): Positions =>
  new Map(batches.map((batch) => [batch.split, batch.nextOffset]));

const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `{"n":${from + i},"pad":"${'x'.repeat(i % 50)}"}`);

async function produce(
  topic: string,
  texts: readonly string[],
  compression: 'gzip' | 'none' = 'none',
): Promise<void> {
  const records = makeRecords(texts);
  await producer.send(topic, { ...records, keyOf: (i) => `key-${i % 17}` }, compression);
}

describe('compressed batches of the Java client', () => {
  it.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('are read: %s', async (codec) => {
    const topic = `codec-${codec}`;
    await producer.ensureTopics([topic], 1);
    const lines = numbered(0, 3000);
    await produce(topic, lines.slice(0, 10));
    await broker.produceWithJava(topic, lines.slice(10), codec);
    const reader = await open({ topic });
    expect(textsOf(await drain(reader, lines.length))).toEqual(lines);
    await reader.close();
  });
});

describe('a topic without the records at the saved position', () => {
  async function recreate(topic: string): Promise<void> {
    const admin = kafka.admin();
    await admin.connect();
    await admin.deleteTopics({ topics: [topic] });
    for (let left = 100; left > 0 && (await admin.listTopics()).includes(topic); left--) await sleep(100);
    await admin.createTopics({
      topics: [{ topic, numPartitions: 1, replicationFactor: 1 }],
      waitForLeaders: true,
    });
    await admin.disconnect();
  }

  it('is recognized if it was deleted and created again, even if it is longer than before', async () => {
    await producer.ensureTopics(['again'], 1);
    await produce('again', numbered(0, 50));
    const reader = await open({ topic: 'again' });
    expect(await drain(reader, 50)).not.toEqual([]);
    const identity = reader.memo();
    expect(identity).toMatch(/^[0-9a-f]{32}$/);
    await reader.close();
    const same = await open({ topic: 'again' }, new Map([['0', '50']]), identity);
    expect(same.memo()).toBe(identity);
    await same.close();
    await recreate('again');
    await produce('again', numbered(0, 90));
    await expect(open({ topic: 'again' }, new Map([['0', '50']]), identity)).rejects.toMatchObject({
      message: expect.stringContaining('topic "again" was deleted and created again') as string,
      positions: [{ split: '0', offset: '50', resume: '0', missing: undefined }],
    });
    const resumed = await open({ topic: 'again' }, new Map([['0', '0']]));
    expect(textsOf(await drain(resumed, 90))).toEqual(numbered(0, 90));
    await resumed.close();
  });

  it('is recognized while it is being read', async () => {
    await producer.ensureTopics(['under'], 1);
    await produce('under', numbered(0, 20));
    const reader = await open({ topic: 'under' });
    await drain(reader, 20);
    await recreate('under');
    await produce('under', numbered(100, 160));
    const read: string[] = [];
    const polling = async (): Promise<void> => {
      for (;;) {
        const batch = await reader.poll(100, 500);
        if (batch !== undefined) read.push(...textsOf([batch]));
      }
    };
    await expect(polling()).rejects.toThrow(/was deleted and created again|topic "under"/);
    expect(read).toEqual([]);
    const positions = reader.positions();
    const identity = reader.memo();
    await reader.close();
    await expect(open({ topic: 'under' }, positions, identity)).rejects.toThrow(
      'was deleted and created again',
    );
  });

  it('is an error with the number of records that retention deleted', async () => {
    await producer.ensureTopics(['short'], 1);
    await produce('short', numbered(0, 40));
    const admin = kafka.admin();
    await admin.connect();
    await admin.fetchTopicOffsets('short'); // makes the client look up the topic, which the next call does not
    await admin.deleteTopicRecords({ topic: 'short', partitions: [{ partition: 0, offset: '25' }] });
    await admin.disconnect();
    await expect(open({ topic: 'short' }, new Map([['0', '10']]))).rejects.toMatchObject({
      message: expect.stringContaining('15 records that the views lack are gone') as string,
      positions: [{ split: '0', offset: '10', resume: '25', missing: 15 }],
    });
  });
});

describe('a topic of several partitions', () => {
  it('is read once and in order per partition, and again from the positions of any batch', async () => {
    await producer.ensureTopics(['several'], 3);
    await produce('several', numbered(0, 500));
    await produce('several', numbered(500, 1000), 'gzip');
    const reader = await open({ topic: 'several' });
    const batches = await drain(reader, 1000, 70);
    expect(textsOf(batches).sort()).toEqual(numbered(0, 500).concat(numbered(500, 1000)).sort());
    expect(reader.lag().map(({ records }) => records)).toEqual([0, 0, 0]);
    for (const partition of [0, 1, 2]) {
      const offsets = batches.filter((b) => b.split === String(partition)).flatMap(offsetsOf);
      expect(offsets).toEqual(offsets.map((_, i) => i));
      expect(offsets.length).toBeGreaterThan(0);
    }
    await reader.close();

    const half = Math.floor(batches.length / 2);
    const again = await open({ topic: 'several' }, positionsOf(batches.slice(0, half)));
    const rest = await drain(again, 1000 - textsOf(batches.slice(0, half)).length, 70);
    expect(textsOf(rest).sort()).toEqual(textsOf(batches.slice(half)).sort());

    await produce('several', numbered(2000, 2010));
    expect(textsOf(await drain(again, 10))).toHaveLength(10);
    await again.close();
  });

  it('is decoded into columns, with the key, offset and timestamp of each record', async () => {
    await producer.ensureTopics(['columns'], 1);
    const before = Date.now() - 60_000;
    await produce('columns', ['{"viewer_id":9007199254740993}', 'garbage', '{"viewer_id":2}']);
    const reader = await open({ topic: 'columns' });
    const [batch] = await drain(reader, 3);
    await reader.close();
    const source = makeSource([
      { name: 'viewer_id', type: BIGINT },
      { name: 'k', type: VARCHAR, include: 'key' },
      { name: 'o', type: BIGINT, include: 'offset' },
      { name: 't', type: TIMESTAMPTZ, include: 'timestamp' },
    ]);
    const pool = new StringPool();
    const decoder = createJsonDecoder(
      source,
      source.columns.map(() => true),
      pool,
    );
    const { rows, problems } = decodeAll(decoder, batch!, { source, pool });
    expect(rows.map((row) => row.slice(0, 3))).toEqual([
      [9007199254740993n, 'key-0', 0n],
      [2n, 'key-2', 2n],
    ]);
    expect(rows[0]![3]).toBeGreaterThan(before * 1000);
    expect(problems).toMatchObject([{ record: 1, refused: true }]);
  });
});

describe('reading starts', () => {
  it('at the end with latest, and at the first record of a given time with a timestamp', async () => {
    await producer.ensureTopics(['begin'], 1);
    await produce('begin', ['old']);
    await sleep(50);
    const middle = Date.now();
    await sleep(50);
    await produce('begin', ['young']);
    const latest = await open({ topic: 'begin', 'scan.startup.mode': 'latest' });
    const timed = await open({ topic: 'begin', 'scan.startup.timestamp.millis': String(middle) });
    const future = await open({ topic: 'begin', 'scan.startup.timestamp.millis': String(Date.now() + 1e6) });
    expect([latest, timed, future].map((reader) => reader.positions().get('0'))).toEqual(['2', '1', '2']);
    await produce('begin', ['new']);
    expect(textsOf(await drain(latest, 1))).toEqual(['new']);
    expect(textsOf(await drain(timed, 2))).toEqual(['young', 'new']);
    expect(textsOf(await drain(future, 1))).toEqual(['new']);
    for (const reader of [latest, timed, future]) await reader.close();
  });

  it('with latest and no record before a restart, where it first started; in a new partition, at its first record', async () => {
    await producer.ensureTopics(['resumed'], 1);
    await produce('resumed', ['old']);
    const settings = { topic: 'resumed', 'scan.startup.mode': 'latest' };
    const first = await open(settings);
    const positions = first.positions();
    await first.close();
    await produce('resumed', ['meanwhile']);
    const admin = kafka.admin();
    await admin.connect();
    await admin.createPartitions({ topicPartitions: [{ topic: 'resumed', count: 2 }] });
    const messages = [{ partition: 1, value: 'elsewhere' }];
    const other = kafka.producer();
    await other.connect();
    await other.send({ topic: 'resumed', messages });
    await Promise.all([other.disconnect(), admin.disconnect()]);
    const second = await open(settings, positions);
    expect(textsOf(await drain(second, 2)).sort()).toEqual(['elsewhere', 'meanwhile']);
    await second.close();
  });

  it('never at a position that the topic does not have', async () => {
    await producer.ensureTopics(['lost'], 1);
    await produce('lost', numbered(0, 10));
    await expect(open({ topic: 'lost' }, new Map([['0', '11']]))).rejects.toThrow(
      'position 11 is beyond the end of partition 0 of topic "lost"',
    );
    const same = await open({ topic: 'lost' });
    const identity = same.memo();
    await same.close();
    await expect(open({ topic: 'lost' }, new Map([['0', '11']]), identity)).rejects.toMatchObject({
      positions: [{ split: '0', offset: '11', resume: '10', missing: undefined }],
    });
    await expect(open({ topic: 'lost' }, new Map([['7', '1']]))).rejects.toThrow(
      'position 1 is gone: partition 7 of topic "lost" no longer exists',
    );
    const admin = kafka.admin();
    await admin.connect();
    await admin.fetchTopicOffsets('lost'); // makes the client look up the topic, which the next call does not do
    await admin.deleteTopicRecords({ topic: 'lost', partitions: [{ partition: 0, offset: '5' }] });
    await expect(open({ topic: 'lost' }, new Map([['0', '3']]))).rejects.toThrow('position 3 is gone');
    const rest = await open({ topic: 'lost' });
    expect(offsetsOf((await drain(rest, 5))[0]!)).toEqual([5, 6, 7, 8, 9]);
    await rest.close();
    await admin.disconnect();
  });
});

describe('transactions', () => {
  it('are read if committed; aborted ones and transaction markers are skipped', async () => {
    await producer.ensureTopics(['tx'], 1);
    const tx = kafka.producer({ transactionalId: 'tx-test', maxInFlightRequests: 1, idempotent: true });
    await tx.connect();
    for (const [value, commit] of [
      ['a', true],
      ['b', false],
      ['c', true],
      ['d', false],
    ] as const) {
      const transaction = await tx.transaction();
      await transaction.send({ topic: 'tx', messages: [{ value }, { value: `${value}${value}` }] });
      await (commit ? transaction.commit() : transaction.abort());
    }
    await tx.disconnect();
    const reader = await open({ topic: 'tx' });
    const batches = await drain(reader);
    expect(textsOf(batches)).toEqual(['a', 'aa', 'c', 'cc']);
    expect(reader.lag()).toEqual([{ split: '0', records: 0 }]);
    await reader.close();
    const again = await open({ topic: 'tx' }, positionsOf(batches));
    expect(textsOf(await drain(again))).toEqual([]);
    await again.close();
  });
});

describe('the broker', () => {
  it('gets the positions of a checkpoint as offsets of the consumer group, which a start does not use', async () => {
    await producer.ensureTopics(['told'], 1);
    await produce('told', numbered(0, 10));
    const reader = await open({ topic: 'told', 'group.id.prefix': 'team' });
    await drain(reader, 10);
    await reader.checkpointed(new Map([['0', '7']]));
    await reader.close();
    const admin = kafka.admin();
    await admin.connect();
    const [offsets] = await admin.fetchOffsets({ groupId: 'team-events', topics: ['told'] });
    expect(offsets!.partitions).toMatchObject([{ partition: 0, offset: '7' }]);
    await admin.disconnect();
    const again = await open({ topic: 'told', 'group.id.prefix': 'team' });
    expect(textsOf(await drain(again, 10))).toHaveLength(10);
    await again.close();
  });

  it('may restart: after a long outage, poll rejects, and a new open continues', async () => {
    await producer.ensureTopics(['dies'], 1);
    await produce('dies', numbered(0, 10));
    const reader = await open({ topic: 'dies' });
    const first = await drain(reader, 10);
    await broker.kill();
    const failed = (async () => {
      for (;;) await reader.poll(100, 1000);
    })();
    await expect(failed).rejects.toThrow(/topic "dies"/);
    expect(logged.some((message) => message.includes('fetch failed, trying again'))).toBe(true);
    await broker.start();
    await reader.open(positionsOf(first));
    await producer.disconnect();
    producer = new KafkaProducer({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING });
    await producer.connect();
    await produce('dies', numbered(10, 20));
    expect(textsOf(await drain(reader, 10))).toEqual(numbered(10, 20));
    await reader.close();
  });

  it('checks the password, with PLAIN and with SCRAM', async () => {
    await producer.ensureTopics(['guarded'], 1);
    await produce('guarded', ['x']);
    for (const mechanism of ['PLAIN', 'SCRAM-SHA-256']) {
      const settings = {
        topic: 'guarded',
        'properties.bootstrap.server': broker.saslBootstrap,
        'properties.security.protocol': 'SASL_PLAINTEXT',
        'properties.sasl.mechanism': mechanism,
        'properties.sasl.username': KAFKA_USER.username,
      };
      const reader = await open({ ...settings, 'properties.sasl.password': KAFKA_USER.password });
      expect(textsOf(await drain(reader, 1))).toEqual(['x']);
      await reader.close();
      const wrong = open({ ...settings, 'properties.sasl.password': 'wrong' });
      await expect(wrong).rejects.toThrow(/topic "guarded".*(uthentication|credentials)/);
      await expect(wrong).rejects.not.toThrow('wrong');
    }
  });

  it('without the topic, or that does not answer, is an error with a hint', async () => {
    await expect(open({ topic: 'nowhere' })).rejects.toMatchObject({
      hint: 'create topic "nowhere", or correct its name',
    });
    await expect(open({ topic: 'x', 'properties.bootstrap.server': '127.0.0.1:9' })).rejects.toMatchObject({
      hint: 'is a broker listening at 127.0.0.1:9?',
    });
  });
});
