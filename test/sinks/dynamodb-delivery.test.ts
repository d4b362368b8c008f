import { afterEach, describe, expect, it } from 'vitest';
import { Batch } from '../../src/engine/batch.ts';
import { StringPool } from '../../src/engine/text/string-pool.ts';
import { SYSTEM_CLOCK } from '../../src/platform/clock.ts';
import type { DynamoDbClient } from '../../src/dynamodb/client.ts';
import { createDynamoDbSink } from '../../src/sinks/dynamodb/sink.ts';
import type { KeyedSink, SinkDeadLetter, SinkError } from '../../src/sinks/sink.ts';
import type { Datum } from '../../src/values/datum.ts';
import { BIGINT, INTEGER, VARCHAR } from '../../src/values/types.ts';
import { FakeDynamoDb } from './support/fake-dynamodb.ts';
import { clientFor, columnsOf, eventually, seeded, sinkDef } from './support/sinks.ts';

const COLUMNS = columnsOf({ viewer_id: BIGINT, minutes: INTEGER, genre: VARCHAR });
const KEY = [
  { name: 'viewer_id', type: 'N' },
  { name: 'sk', type: 'S' },
] as const;

interface Setup {
  readonly server: FakeDynamoDb;
  readonly sink: KeyedSink;
  readonly letters: SinkDeadLetter[];
  readonly problems: SinkError[];
}

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function setup(seed = 1, options: Readonly<Record<string, string>> = {}): Promise<Setup> {
  const server = new FakeDynamoDb(seeded(seed));
  const client: DynamoDbClient = clientFor(await server.listen(), 1_000);
  server.addTable('viewer_profiles', KEY);
  const letters: SinkDeadLetter[] = [];
  const problems: SinkError[] = [];
  const sink = createDynamoDbSink(
    sinkDef([0], {
      'freshet.sort_key': 'engagement#watch',
      'dynamodb.batch_write_retry_backoff_ms': '2',
      ...options,
    }),
    { columns: COLUMNS },
    {
      client,
      clock: SYSTEM_CLOCK,
      random: seeded(seed + 1),
      onDeadLetter: (letter) => letters.push(letter),
      onProblem: (problem) => problems.push(problem),
    },
  );
  closing.push(
    () => server.close(),
    () => client.close(),
    () => sink.close(),
  );
  await sink.open();
  return { server, sink, letters, problems };
}

type Row = readonly [viewer: bigint, minutes: number, genre: string];

/** A view with random changes, and the batches of its changes. */
class RandomView {
  readonly rows = new Map<bigint, Row>();
  readonly #random: () => number;
  readonly #pool = new StringPool();
  epoch = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Changes about `changes` rows of `viewers` viewers and deletes a tenth of them. Returns the batch of changes. */
  barrier(viewers: number, changes: number): Batch {
    this.#pool.sweep(() => {}); // frees all texts except those that the sink holds to send
    const batch = this.batch();
    const touched = new Set<bigint>();
    for (let i = 0; i < changes; i++) {
      const viewer = BigInt(Math.floor(this.#random() ** 2 * viewers));
      if (touched.has(viewer)) continue;
      touched.add(viewer);
      const before = this.rows.get(viewer);
      if (before !== undefined) batch.append(before, -1);
      if (before !== undefined && this.#random() < 0.1) {
        this.rows.delete(viewer);
      } else {
        const after: Row = [
          viewer,
          Math.floor(this.#random() * 1e6),
          `genre ${Math.floor(this.#random() * 1e6)}`,
        ];
        this.rows.set(viewer, after);
        batch.append(after, 1);
      }
    }
    this.epoch++;
    return batch;
  }

  batch(rows: readonly (readonly Datum[])[] = []): Batch {
    const batch = new Batch(
      COLUMNS.map(({ type }) => type),
      16,
      this.#pool,
    );
    for (const row of rows) batch.append(row);
    return batch;
  }
}

function expectTable(server: FakeDynamoDb, rows: ReadonlyMap<bigint, Row>): void {
  const found = new Map(
    [...server.items('viewer_profiles')].map(([key, { viewer_id: id, sk, minutes, genre }]) => [
      key,
      { id, sk, minutes, genre },
    ]),
  );
  const expected = new Map(
    [...rows].map(([viewer, [, minutes, genre]]) => [
      `${viewer}/engagement#watch`,
      {
        id: { N: `${viewer}` },
        sk: { S: 'engagement#watch' },
        minutes: { N: `${minutes}` },
        genre: { S: genre },
      },
    ]),
  );
  expect(found).toEqual(expected);
}

describe('delivery', () => {
  it.each([1, 2, 3])('leaves the table equal to the view under faults (seed %i)', async (seed) => {
    const { server, sink, letters } = await setup(seed);
    Object.assign(server.faults, {
      unprocessed: 0.3,
      error: 0.02,
      throttled: 0.01,
      dropBefore: 0.01,
      dropAfter: 0.01,
      latency_ms: 1,
    });
    const view = new RandomView(seeded(seed + 2));
    for (let barrier = 0; barrier < 60; barrier++) {
      sink.accept(view.barrier(400, 150), { now_us: barrier * 1e6, epoch: view.epoch });
      await new Promise((resolve) => setTimeout(resolve, 4));
    }
    await sink.flush();
    expect(server.violations).toEqual([]);
    expectTable(server, view.rows);
    expect(sink.pending()).toEqual([]);
    expect(letters).toEqual([]);
    const stats = sink.stats();
    expect(stats.coalesced).toBeGreaterThan(0);
    expect(stats.retried).toBeGreaterThan(100);
    expect(stats.deletes).toBeGreaterThan(0);
    expect([stats.queued, stats.in_flight]).toEqual([0, 0]);
  });

  it('sends full batches, and no more concurrent requests than its limit', async () => {
    const { server, sink } = await setup(5, { 'dynamodb.max_future_send_nums': '3' });
    server.faults.latency_ms = 2;
    const view = new RandomView(seeded(6));
    sink.accept(view.batch(Array.from({ length: 260 }, (_, i) => [BigInt(i), i, 'drama'])), {
      now_us: 0,
      epoch: 1,
    });
    await sink.flush();
    const sizes = server.requests.filter(({ items }) => items > 0).map(({ items }) => items);
    expect(sizes.toSorted((a, b) => b - a)).toEqual([...Array.from({ length: 10 }, () => 25), 10]);
    expect(server.maxConcurrent).toBe(3);
    expect(server.items('viewer_profiles').size).toBe(260);
  });

  it('keeps a batch below 16 MB', async () => {
    const { server, sink } = await setup(7);
    const view = new RandomView(seeded(8));
    // A control character takes six bytes in JSON and one in the item.
    const text = '\u0001'.repeat(300_000);
    sink.accept(view.batch(Array.from({ length: 25 }, (_, i) => [BigInt(i), i, text])), {
      now_us: 0,
      epoch: 1,
    });
    await sink.flush();
    expect(server.violations).toEqual([]);
    expect(server.items('viewer_profiles').size).toBe(25);
  });

  it('writes only the last of several waiting changes of a key', async () => {
    const { server, sink } = await setup(9);
    server.faults.refuse = { status: 503, code: 'ServiceUnavailable', message: 'later' };
    const view = new RandomView(seeded(10));
    for (let epoch = 1; epoch <= 50; epoch++) {
      sink.accept(view.batch([[7n, epoch, 'drama']]), { now_us: 0, epoch });
    }
    expect(sink.pending()).toEqual([[7n]]);
    server.faults.refuse = undefined;
    await sink.flush();
    expect(server.items('viewer_profiles').get('7/engagement#watch')).toMatchObject({
      minutes: { N: '50' },
      _v: { N: '50' },
    });
    expect(sink.stats().upserts).toBeLessThanOrEqual(2);
    expect(sink.stats().coalesced).toBeGreaterThanOrEqual(47);
  });

  it('deletes the item of a retracted row, but not if the key has a new row, in any order', async () => {
    const { server, sink } = await setup(11);
    const view = new RandomView(seeded(12));
    sink.accept(
      view.batch([
        [1n, 1, 'a'],
        [2n, 2, 'b'],
        [3n, 3, 'c'],
      ]),
      { now_us: 0, epoch: 1 },
    );
    await sink.flush();
    const changes = view.batch();
    changes.append([1n, 1, 'a'], -1);
    changes.append([2n, 20, 'b'], 1);
    changes.append([3n, 3, 'c'], -1);
    changes.append([2n, 2, 'b'], -1);
    changes.append([3n, 30, 'c'], 1);
    sink.accept(changes, { now_us: 0, epoch: 2 });
    await sink.flush();
    const minutes = [...server.items('viewer_profiles')].map(([key, item]) => [key, item.minutes]);
    expect(minutes.toSorted()).toEqual([
      ['2/engagement#watch', { N: '20' }],
      ['3/engagement#watch', { N: '30' }],
    ]);
    expect(sink.stats()).toMatchObject({ upserts: 5, deletes: 1 });
  });

  it('keeps the item of a retracted row with ignore_delete', async () => {
    const { server, sink } = await setup(11, { ignore_delete: 'true' });
    const view = new RandomView(seeded(12));
    sink.accept(view.batch([[1n, 1, 'a']]), { now_us: 0, epoch: 1 });
    const changes = view.batch();
    changes.append([1n, 1, 'a'], -1);
    sink.accept(changes, { now_us: 0, epoch: 2 });
    await sink.flush();
    expect(server.items('viewer_profiles').size).toBe(1);
  });

  it('with ignore_delete, keeps the item of a redelivered key whose row is gone', async () => {
    for (const [ignore_delete, items] of [
      ['true', 1],
      ['false', 0],
    ] as const) {
      const { server, sink } = await setup(11, { ignore_delete });
      sink.accept(new RandomView(seeded(12)).batch([[1n, 1, 'a']]), { now_us: 0, epoch: 1 });
      await sink.flush();
      sink.resend([1n], undefined, { now_us: 0, epoch: 2 });
      await sink.flush();
      expect(server.items('viewer_profiles').size).toBe(items);
    }
  });

  it('isolates the items that DynamoDB refuses, and delivers the rest of the batch', async () => {
    const { server, sink, letters } = await setup(13);
    server.invalid = (item) => 'genre' in item && (item.genre as { S: string }).S === 'cursed';
    const bad = new Set([3, 17, 18, 77]);
    const view = new RandomView(seeded(14));
    const rows = Array.from({ length: 100 }, (_, i): Row => [BigInt(i), i, bad.has(i) ? 'cursed' : 'drama']);
    sink.accept(view.batch(rows), { now_us: 0, epoch: 1 });
    await sink.flush();
    expect(letters.map(({ key }) => Number(key[0])).toSorted((a, b) => a - b)).toEqual([...bad]);
    expect(letters[0]).toMatchObject({
      sink: 'watch_sink',
      reason: 'refused',
      message: 'ValidationException: bad item',
    });
    expectTable(server, new Map(rows.filter(([, i]) => !bad.has(i)).map((row) => [row[0], row])));
    expect(sink.stats()).toMatchObject({ upserts: 96, dead_letters: 4, queued: 0, in_flight: 0 });
  });

  it('makes a dead letter of a row without a key, and delivers later rows', async () => {
    const { server, sink, letters } = await setup(15);
    const view = new RandomView(seeded(16));
    sink.accept(
      view.batch([
        [null, 1, 'a'],
        [2n, 2, 'b'],
      ]),
      { now_us: 0, epoch: 1 },
    );
    await sink.flush();
    expect(letters).toEqual([
      { sink: 'watch_sink', key: [null], reason: 'null_key', message: 'key "viewer_id" is NULL' },
    ]);
    expect([...server.items('viewer_profiles').keys()]).toEqual(['2/engagement#watch']);
  });

  it('retries while the server is unreachable, reports it once, and recovers', async () => {
    const { server, sink, problems } = await setup(17);
    const view = new RandomView(seeded(18));
    await server.close();
    const before_ms = Date.now();
    sink.accept(view.batch(Array.from({ length: 60 }, (_, i) => [BigInt(i), i, 'drama'])), {
      now_us: 0,
      epoch: 1,
    });
    await eventually(() => problems.length > 0 && sink.stats().retried >= 120);
    expect(problems.map(({ message }) => message.replace(/:\d+$/, ''))).toEqual([
      'writes to viewer_profiles fail and are retried: ECONNREFUSED: connect ECONNREFUSED 127.0.0.1',
    ]);
    expect(problems[0]!.hint).toMatch(/is DynamoDB reachable at http:/);
    expect(sink.pending()).toHaveLength(60);
    expect(sink.stats().failing_since_ms).toBeGreaterThanOrEqual(before_ms);
    expect(sink.stats().failing_since_ms).toBeLessThanOrEqual(Date.now());
    sink.accept(view.batch([[99n, 1, 'drama']]), { now_us: 0, epoch: 2 });
    expect(sink.stats().oldest_pending_ms).toBeLessThanOrEqual(sink.stats().failing_since_ms!);
    const again = new FakeDynamoDb(seeded(19));
    again.addTable('viewer_profiles', KEY);
    const port = Number(/:(\d+)\?$/.exec(problems[0]!.hint!)![1]);
    await again.listen(port);
    closing.unshift(() => again.close());
    await sink.flush();
    expect(sink.stats().failing_since_ms).toBeUndefined();
    expect(sink.stats().oldest_pending_ms).toBeUndefined();
    expect(again.items('viewer_profiles').size).toBe(61);
    expect(again.violations).toEqual([]);
  });

  it.each([
    [
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
      /AWS_ACCESS_KEY_ID/,
    ],
    ['AccessDeniedException', 'not authorized to perform: dynamodb:BatchWriteItem', /allow dynamodb:/],
    ['ResourceNotFoundException', 'Requested resource not found', /check the table, region/],
  ])('keeps its changes and reports %s with a hint', async (code, message, hint) => {
    const { server, sink, problems, letters } = await setup(21);
    server.faults.refuse = { status: 400, code, message };
    const view = new RandomView(seeded(22));
    sink.accept(view.batch([[1n, 1, 'a']]), { now_us: 0, epoch: 1 });
    await eventually(() => sink.stats().retried >= 3);
    const reported = problems.filter((problem) => problem.message.includes(`${code}: ${message}`));
    expect(reported).toHaveLength(1);
    expect(reported[0]!.hint).toMatch(hint);
    server.faults.refuse = undefined;
    await sink.flush();
    expect(server.items('viewer_profiles').size).toBe(1);
    expect(letters).toEqual([]);
  });

  it('makes no dead letters if the key of the table changed', async () => {
    const { server, sink, problems, letters } = await setup(23);
    server.addTable('viewer_profiles', [{ name: 'viewer_id', type: 'S' }]);
    const view = new RandomView(seeded(24));
    sink.accept(view.batch([[1n, 1, 'a']]), { now_us: 0, epoch: 1 });
    await eventually(() => sink.stats().retried >= 3);
    expect(letters).toEqual([]);
    expect(problems[0]!.message).toContain('does not match the schema');
    server.addTable('viewer_profiles', KEY);
    await sink.flush();
    expect(server.items('viewer_profiles').size).toBe(1);
  });

  it('sends fewer concurrent requests while it is throttled, and more afterwards', async () => {
    const { server, sink } = await setup(25);
    const view = new RandomView(seeded(26));
    const many = (epoch: number): void =>
      sink.accept(view.batch(Array.from({ length: 1500 }, (_, i) => [BigInt(i), epoch, 'drama'])), {
        now_us: 0,
        epoch,
      });
    server.faults.latency_ms = 5;
    server.faults.throttled = 1;
    many(1);
    const requests = (): number => sink.stats().in_flight / 25;
    expect(requests()).toBe(16);
    await eventually(() => sink.stats().throttled >= 450);
    let most = 0;
    for (let i = 0; i < 50; i++) {
      most = Math.max(most, requests());
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(most).toBeLessThanOrEqual(8);
    server.faults.throttled = 0;
    await sink.flush();
    for (let epoch = 2; epoch < 8; epoch++) many(epoch);
    await sink.flush();
    many(8);
    expect(requests()).toBeGreaterThan(8);
    await sink.flush();
    expect(server.items('viewer_profiles').size).toBe(1500);
  });

  it('flush waits for earlier changes and not for later ones', async () => {
    const { server, sink } = await setup(27);
    const view = new RandomView(seeded(28));
    sink.accept(view.batch([[1n, 1, 'a']]), { now_us: 0, epoch: 1 });
    const first = sink.flush();
    await eventually(() => server.items('viewer_profiles').size === 1);
    server.faults.refuse = { status: 500, code: 'InternalServerError', message: 'down' };
    sink.accept(view.batch([[2n, 2, 'b']]), { now_us: 0, epoch: 2 });
    await first;
    let flushed = false;
    const second = (async () => {
      await sink.flush();
      flushed = true;
    })();
    await eventually(() => sink.stats().retried > 3);
    expect(flushed).toBe(false);
    server.faults.refuse = undefined;
    await second;
    expect(server.items('viewer_profiles').size).toBe(2);
  });

  it('redelivers the pending keys of a restart, before and after the first barrier', async () => {
    const { server, sink } = await setup(29);
    server.items('viewer_profiles').set('4/engagement#watch', { viewer_id: { N: '4' } });
    server.faults.refuse = { status: 500, code: 'InternalServerError', message: 'down' };
    sink.resend([3n], [3n, 30, 'horror'], { now_us: 0, epoch: 9 });
    sink.resend([4n], undefined, { now_us: 0, epoch: 9 });
    sink.resend([5n], [5n, 50, 'comedy'], { now_us: 0, epoch: 9 });
    const view = new RandomView(seeded(30));
    sink.accept(
      view.batch([
        [5n, 51, 'drama'],
        [6n, 60, 'comedy'],
      ]),
      { now_us: 0, epoch: 10 },
    );
    sink.resend([7n], [7n, 70, 'war'], { now_us: 0, epoch: 10 });
    expect(sink.pending().map(([viewer]) => viewer)).toEqual([3n, 4n, 5n, 6n, 7n]);
    server.faults.refuse = undefined;
    await sink.flush();
    const found = [...server.items('viewer_profiles')].map(([key, item]) => [
      key,
      item.minutes,
      item.genre,
      item['_v'],
    ]);
    expect(found.toSorted()).toEqual([
      ['3/engagement#watch', { N: '30' }, { S: 'horror' }, { N: '9' }],
      ['5/engagement#watch', { N: '51' }, { S: 'drama' }, { N: '10' }],
      ['6/engagement#watch', { N: '60' }, { S: 'comedy' }, { N: '10' }],
      ['7/engagement#watch', { N: '70' }, { S: 'war' }, { N: '10' }],
    ]);
  });

  it('writes nothing after close, and still lists the pending keys', async () => {
    const { server, sink } = await setup(31);
    server.faults.latency_ms = 5;
    const view = new RandomView(seeded(32));
    sink.accept(view.batch([[1n, 1, 'a']]), { now_us: 0, epoch: 1 });
    await sink.close();
    expect(server.items('viewer_profiles').size).toBe(1);
    sink.accept(view.batch([[2n, 2, 'b']]), { now_us: 0, epoch: 2 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(server.items('viewer_profiles').size).toBe(1);
    expect(sink.pending()).toEqual([[2n]]);
  });
});
