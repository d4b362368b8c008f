import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { exception } from './support/faulty-proxy.ts';
import { SYSTEM_CLOCK } from '../../src/platform/clock.ts';
import { eventually } from '../sinks/support/sinks.ts';
import { domain, openProfileTable, written, type ProfileTable } from './support/profile-table.ts';

const DOMAINS = {
  a: domain('domain', 'p#a', { n: 'BIGINT' }),
  b: domain('domain', 'p#b', { n: 'BIGINT' }),
  c: domain('domain', 'p#c', { n: 'BIGINT' }),
  d: domain('domain', 'q', { n: 'BIGINT' }),
};

let table: ProfileTable;
beforeAll(async () => {
  table = await openProfileTable();
  await table.put(['p#a', 'p#b', 'p#c', 'q'].map((sk) => written(1, sk, { n: { N: '9007199254740993' } })));
});
afterAll(() => table.close());
beforeEach(() => {
  table.proxy.requests.length = 0;
  table.proxy.fate = () => 'pass';
});

const open = (options = {}) => table.open(table.schema(DOMAINS), options, SYSTEM_CLOCK);
const ALL: readonly (readonly string[])[] = [
  ['a'],
  ['a', 'b'],
  ['a', 'b', 'c'],
  ['a', 'b', 'c', 'd'],
  ['a', 'b', 'd'],
];

describe.each([
  ['throttled', exception('ProvisionedThroughputExceededException')],
  ['answered with 500', exception('InternalServerError', 500)],
  ['answered with a page of a proxy', { status: 503, body: '<html>busy</html>' }],
  ['answered with something that is no JSON', { status: 200, body: '{"Item":' }],
  ['cut off', 'drop'],
] as const)('requests that are %s', (_, fate) => {
  it.each(ALL)('are sent again, for %s %s %s %s', async (...domains) => {
    const wanted = domains.filter((name) => name !== undefined);
    table.proxy.fate = (_request, index) => (index % 2 === 0 ? fate : 'pass');
    const reads = open({ attempts: 20 });
    const result = await reads.getMany(1, wanted);
    for (const name of wanted) expect(result[name]).toMatchObject({ metrics: { n: '9007199254740993' } });
    expect(reads.counters().retries).toBeGreaterThan(0);
  });

  it('end as an error after the last attempt', async () => {
    table.proxy.fate = () => fate;
    const reads = open({ attempts: 3 });
    await expect(reads.get(1, 'a')).rejects.toMatchObject({ name: 'DynamoDbError' });
    expect(table.proxy.requests.length).toBe(3);
    expect(reads.counters()).toMatchObject({ requests: 3, retries: 2 });
  });
});

it('a request that DynamoDB refuses for good is not sent again', async () => {
  table.proxy.fate = () => exception('ValidationException');
  await expect(open().get(1, 'a')).rejects.toMatchObject({ fault: 'invalid', code: 'ValidationException' });
  table.proxy.fate = () => exception('AccessDeniedException');
  await expect(open().get(1, 'a')).rejects.toMatchObject({ fault: 'credentials' });
  expect(table.proxy.requests.length).toBe(2);
});

it('a request that is never answered ends at the deadline, and its connection is closed', async () => {
  table.proxy.fate = () => 'hang';
  const before = table.proxy.aborted;
  const reads = open({ deadline_ms: 30 });
  await expect(reads.getMany(1, ['a', 'b'])).rejects.toMatchObject({
    code: 'deadline',
    message: 'there was no answer within 30 ms',
  });
  await eventually(() => table.proxy.aborted >= before + 2);
  table.proxy.fate = () => 'pass';
  expect((await reads.get(1, 'a')).status).toBe('present');
});

it('a request that hangs is overtaken by a second one', async () => {
  table.proxy.fate = (_, index) => (index === 0 ? 'hang' : 'pass');
  const reads = open({ hedge: { after: 5 } });
  expect((await reads.get(1, 'a')).status).toBe('present');
  expect(reads.counters()).toMatchObject({ hedges: 1, hedges_won: 1 });
});

it('keys that stay unprocessed are a throttle in the end, not absent items', async () => {
  table.proxy.fate = () => ({ unprocessed: 100 });
  const reads = open({ deadline_ms: 60_000 });
  await expect(reads.getBatch([1, 2, 3, 4], ['a', 'b', 'c', 'd'])).rejects.toMatchObject({
    fault: 'throttled',
    message: expect.stringMatching(/were still unprocessed after 10 retries|deadline/) as string,
  });
});

describe('answers that are malformed', () => {
  const key = '"viewer":{"N":"1"},"sk":{"S":"p#a"}';
  it.each([
    ['an item that is a number', '{"Item":5}'],
    ['an item that is a list', '{"Item":[]}'],
    ['a value that is a number', `{"Item":{${key},"n":5}}`],
    ['a value of an unknown type', `{"Item":{${key},"n":{"X":"5"}}}`],
    ['a value inside a list', `{"Item":{${key},"n":{"L":[1]}}}`],
    ['a value inside an object', `{"Item":{${key},"n":{"M":{"a":null}}}}`],
  ])('%s', async (_, body) => {
    table.proxy.fate = () => ({ status: 200, body });
    await expect(open().get(1, 'a')).rejects.toMatchObject({ code: 'malformed_answer' });
    expect(table.proxy.requests.length).toBe(1);
  });

  it.each([
    ['items that are no list', '{"Items":{}}', ['a', 'b', 'c']],
    ['no items at all', '{}', ['a', 'b', 'c']],
    ['an item without a key', '{"Items":[{"n":{"N":"1"}}]}', ['a', 'b', 'c']],
    ['a batch of numbers', '{"Responses":{"profiles":[1]}}', ['a', 'b', 'd']],
    [
      'unprocessed keys that are no list',
      '{"Responses":{},"UnprocessedKeys":{"profiles":{"Keys":5}}}',
      ['a', 'b', 'd'],
    ],
  ])('%s', async (_, body, domains) => {
    table.proxy.fate = () => ({ status: 200, body });
    await expect(open().getMany(1, domains)).rejects.toMatchObject({ code: 'malformed_answer' });
  });
});
