import { expect, test } from 'vitest';
import { EventCheck, Turns } from '../../src/runtime/event-check.ts';
import { PADDING, splitLines } from '../../src/sources/split.ts';
import { bindPipeline } from '../../src/pipeline/bind.ts';
import { loadParser } from '../../src/sql/parser.ts';

test('checking long bodies yields the event loop to other work and to each other', async () => {
  await loadParser();
  const text = 'CREATE TABLE plays (viewer_id BIGINT NOT NULL, at TIMESTAMP);';
  const { pipeline } = bindPipeline('test', [{ name: 'test.sql', text }], {});
  const check = new EventCheck(pipeline!.sources[0]!, new Turns());
  // Every event has a fault, which is the slowest case: the check takes far more than a few milliseconds.
  const body = Buffer.from('{"viewer_id":1,"at":"the ides of March"}\n'.repeat(8000));
  const bytes = new Uint8Array(body.length + PADDING);
  bytes.set(body);
  const split = splitLines(bytes, { from: 0, to: body.length, maxRecords: 10_000, final: true });

  let turns = 0;
  let waiting = true;
  const count = (): void => {
    turns++;
    if (waiting) setImmediate(count);
  };
  setImmediate(count);
  const checked = await Promise.all([check.check(bytes, split), check.check(bytes, split)]);
  waiting = false;
  for (const { accepted, warnings } of checked)
    expect([accepted.count, warnings.length]).toEqual([8000, 100]);
  expect(turns).toBeGreaterThan(10);
});

test('an event is accepted if a required column comes from the timestamp that the topic will give it', async () => {
  await loadParser();
  const text = `CREATE SOURCE plays (
      sent_at TIMESTAMPTZ,
      at TIMESTAMPTZ NOT NULL AS COALESCE(sent_at, arrived_at)
    ) INCLUDE timestamp AS arrived_at
    WITH (connector = 'kafka', topic = 'plays') FORMAT PLAIN ENCODE JSON;`;
  const { pipeline } = bindPipeline('test', [{ name: 'test.sql', text }], {});
  const check = new EventCheck(pipeline!.sources[0]!, new Turns());
  const body = Buffer.from('{}\n{"sent_at":"2026-03-15T12:00:00Z"}\n');
  const bytes = new Uint8Array(body.length + PADDING);
  bytes.set(body);
  const split = splitLines(bytes, { from: 0, to: body.length, maxRecords: 10, final: true });
  const { accepted, rejected } = await check.check(bytes, split);
  expect([accepted.count, rejected]).toEqual([2, []]);
});

test('events of a table in FORMAT UPSERT are key and value, in bodies of any length', async () => {
  await loadParser();
  const text = 'CREATE TABLE titles (id BIGINT, name VARCHAR, PRIMARY KEY (id)) FORMAT UPSERT ENCODE JSON;';
  const { pipeline } = bindPipeline('test', [{ name: 'test.sql', text }], {});
  const check = new EventCheck(pipeline!.sources[0]!, new Turns());
  const events = [
    '{"key":{"id":1},"value":{"name":"a"}}',
    '{"key":{"id":1},"value":null}',
    '{"id":1,"name":"a"}',
  ];
  const body = Buffer.from(`${events.join('\n')}\n`.repeat(3000));
  const bytes = new Uint8Array(body.length + PADDING);
  bytes.set(body);
  const split = splitLines(bytes, { from: 0, to: body.length, maxRecords: 10_000, final: true });
  const { accepted, rejected, rejected_count } = await check.check(bytes, split);
  expect([accepted.count, rejected_count]).toEqual([6000, 3000]);
  expect(rejected[0]).toMatchObject({ index: 2, reason: 'not_null' });
  expect(rejected[0]!.message).toContain('write {"key": {...}, "value": {...}}');
});
