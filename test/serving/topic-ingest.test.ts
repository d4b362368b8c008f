import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IngestError, type EventMediaType } from '../../src/serving/ingest.ts';
import { topicIngest } from '../../src/serving/topic-ingest.ts';
import { LocalTopic } from '../../src/sources/log/topic.ts';

let dir: string;
let topic: LocalTopic;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'freshet-ingest-'));
  topic = await LocalTopic.open(dir);
});
afterEach(async () => {
  await topic.close();
  await rm(dir, { recursive: true });
});

function send(text: string, type: EventMediaType) {
  return topicIngest(new Map([['view_events', topic]]))('view_events', Buffer.from(text), type);
}

async function stored(): Promise<string[]> {
  const reader = topic.reader();
  await reader.open(new Map([[0, 0]]));
  const batch = await reader.poll(1000, 0);
  const { bytes, starts, ends, count } = batch!;
  await reader.close();
  return Array.from({ length: count }, (_, i) => Buffer.from(bytes.subarray(starts[i]!, ends[i])).toString());
}

describe('ingest into a local topic', () => {
  it('stores objects as they were sent, and says where', async () => {
    expect(await send(' {"viewer_id": 9007199254740993}\n', 'application/json')).toEqual({
      accepted: 1,
      rejected: [],
      partition: 0,
      first_offset: 0,
      next_offset: 1,
    });
    expect(await send('[{"a":1}, {"a":[{}]}]', 'application/json')).toMatchObject({
      first_offset: 1,
      next_offset: 3,
    });
    expect(await send('{"a":2}\r\n\n  {"a":3}', 'application/x-ndjson')).toMatchObject({
      first_offset: 3,
      next_offset: 5,
    });
    expect(await stored()).toEqual([
      '{"viewer_id": 9007199254740993}',
      '{"a":1}',
      '{"a":[{}]}',
      '{"a":2}',
      '{"a":3}',
    ]);
  });

  it('takes the good lines of NDJSON and names the others by index', async () => {
    const result = await send(
      '{"a":1}\nnull\n\n{"a":\n[{"a":2}]\n{"a":3} {"a":4}\n{"a":5}',
      'application/x-ndjson',
    );
    expect(result).toMatchObject({ accepted: 2, first_offset: 0, next_offset: 2 });
    expect(result.rejected.map(({ index, reason }) => [index, reason])).toEqual([
      [1, 'malformed'],
      [2, 'malformed'],
      [3, 'malformed'],
      [4, 'too_large'],
    ]);
    expect(await stored()).toEqual(['{"a":1}', '{"a":5}']);
  });

  it.each([
    '{"a":',
    '[{"a":1}',
    '[{"a":1}, 5]',
    '"text"',
    '{"a":1}}',
    '[{"a":1},]',
    '\u0000',
    '{"a":\u0000}',
  ])('takes nothing of the JSON body %j', async (text) => {
    await expect(send(text, 'application/json')).rejects.toMatchObject({
      name: 'IngestError',
      fault: 'malformed',
    });
    expect(topic.nextOffset).toBe(0);
  });

  it('has nothing to store of an empty array', async () => {
    expect(await send('[]', 'application/json')).toEqual({
      accepted: 0,
      rejected: [],
      partition: 0,
      first_offset: undefined,
      next_offset: 0,
    });
  });

  it('refuses an event that is too large, nonsense depths and unknown sources', async () => {
    await expect(send(`{"a":"${'x'.repeat(1 << 20)}"}`, 'application/json')).rejects.toMatchObject({
      fault: 'too_large',
    });
    await expect(send('['.repeat(100_000), 'application/json')).rejects.toMatchObject({ fault: 'malformed' });
    await expect(
      topicIngest(new Map())('view_events', Buffer.from('{}'), 'application/json'),
    ).rejects.toMatchObject({ fault: 'unknown_source' });
  });

  it('says unavailable when the topic is closed', async () => {
    await topic.close();
    const error: unknown = await send('{}', 'application/json').catch((e: unknown) => e);
    expect(error).toBeInstanceOf(IngestError);
    expect(error).toMatchObject({ fault: 'unavailable' });
  });
});
