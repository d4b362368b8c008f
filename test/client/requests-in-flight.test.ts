import { describe, expect, it } from 'vitest';
import { ProfileReads } from '../../src/client/profile-reads.ts';
import type { ProfileClientOptions } from '../../src/client/options.ts';
import { DynamoDbError } from '../../src/dynamodb/errors.ts';
import { ManualClock } from './support/manual-clock.ts';
import { domain, NOW_MS } from './support/profile-table.ts';
import { ScriptedTransport } from './support/scripted-transport.ts';

const SCHEMA = {
  table: 't',
  key: { partition: { name: 'viewer', type: 'N' }, sort: 'sk' },
  domains: {
    watch: domain('domain', 'p#watch'),
    session: domain('domain', 'p#session'),
    third: domain('domain', 'q'),
  },
} as const;
const item = (n: number) => ({
  Item: { viewer: { N: '1' }, sk: { S: 'p#watch' }, n: { N: `${n}` }, list: { L: [{ N: '1' }] } },
});
const throttled = () => new DynamoDbError('ThrottlingException', 'slow down', { status: 400 });

function open(options: ProfileClientOptions = {}) {
  const transport = new ScriptedTransport();
  const clock = new ManualClock(NOW_MS);
  const reads = new ProfileReads(SCHEMA, transport, options, { clock, random: () => 0.5 });
  return { transport, clock, reads, sent: transport.sent };
}

async function metricOf(read: Promise<{ readonly status: string }>): Promise<unknown> {
  return ((await read) as unknown as { metrics: { n: number } }).metrics.n;
}

/** Resolves to the code of the error of a read, or to `answered`. */
const codeOf = (read: Promise<unknown>): Promise<string> =>
  read.then(
    () => 'answered',
    (error: { code: string }) => error.code,
  );

describe('equal reads at the same time', () => {
  it('share one request, and each gets a result of its own', async () => {
    const { reads, sent, clock } = open();
    const all = [
      reads.get(1, 'watch'),
      reads.get(1n, 'watch'),
      reads.get('01', 'watch'),
      reads.get(2, 'watch'),
    ];
    await clock.advance(0);
    expect(sent.length).toBe(2);
    sent[0]!.answer(item(7));
    sent[1]!.answer({});
    const [a, b, c, d] = await Promise.all(all);
    expect(a).toEqual(b);
    expect(a).toEqual(c);
    expect(d).toEqual({ status: 'absent' });
    expect(reads.counters()).toMatchObject({ requests: 2, coalesced: 2 });
    (a as unknown as { metrics: { list: number[] } }).metrics.list.push(99);
    expect(b).toMatchObject({ metrics: { list: [1] } });
    const later = reads.get(1, 'watch');
    await clock.advance(0);
    expect(sent.length).toBe(3);
    sent[2]!.answer(item(8));
    expect(await metricOf(later)).toBe(8);
  });

  it('do not share one if they differ in consistency, or if the client is told so', async () => {
    const { reads, sent, clock } = open();
    void reads.get(1, 'watch');
    void reads.get(1, 'watch', { consistent: true });
    await clock.advance(0);
    expect(sent.length).toBe(2);
    const alone = open({ coalesce: false });
    void alone.reads.get(1, 'watch');
    void alone.reads.get(1, 'watch');
    await alone.clock.advance(0);
    expect(alone.sent.length).toBe(2);
    for (const { answer } of [...sent, ...alone.sent]) answer(item(1));
  });

  it('share a failure, and the next read asks again', async () => {
    const { reads, sent, clock } = open({ attempts: 1 });
    const both = [codeOf(reads.get(1, 'watch')), codeOf(reads.get(1, 'watch'))];
    await clock.advance(0);
    sent[0]!.fail(throttled());
    expect(await Promise.all(both)).toEqual(['ThrottlingException', 'ThrottlingException']);
    const next = reads.get(1, 'watch');
    await clock.advance(0);
    sent[1]!.answer(item(3));
    expect(await metricOf(next)).toBe(3);
  });

  it('of which one is given up leave the request to the others; the last one ends it', async () => {
    const { reads, sent, clock } = open();
    const controller = new AbortController();
    const first = codeOf(reads.get(1, 'watch', { signal: controller.signal }));
    const second = codeOf(reads.get(1, 'watch', { deadline_ms: 100 }));
    await clock.advance(50);
    controller.abort(new Error('enough'));
    expect(await first).toBe('aborted');
    expect(sent[0]!.signal.aborted).toBe(false);
    const third = codeOf(reads.get(1, 'watch', { deadline_ms: 1000 }));
    await clock.advance(50);
    expect(await second).toBe('deadline');
    expect(sent[0]!.signal.aborted).toBe(false);
    await clock.advance(1000);
    expect(await third).toBe('deadline');
    expect([sent.length, sent[0]!.signal.aborted]).toEqual([1, true]);
    expect(reads.counters()).toMatchObject({ requests: 1, coalesced: 2, deadlines: 2 });
    const fresh = reads.get(1, 'watch');
    await clock.advance(0);
    expect(sent.length).toBe(2);
    sent[1]!.answer(item(1));
    expect(await metricOf(fresh)).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('a deadline', () => {
  it('holds for all requests of a call together, and for its pauses', async () => {
    const { reads, sent, clock } = open({ deadline_ms: 100, attempts: 100 });
    const read = codeOf(reads.getMany(1, ['watch', 'session']));
    await clock.advance(60);
    sent[0]!.answer(item(1));
    sent[1]!.fail(throttled());
    await clock.advance(39);
    for (const { fail } of sent.slice(2)) fail(throttled());
    await clock.advance(2);
    expect(await read).toBe('deadline');
    const count = sent.length;
    await clock.advance(60_000);
    expect(sent.length).toBe(count);
    expect(clock.pendingTimers).toBe(0);
  });

  it('of a signal that is aborted already sends nothing', async () => {
    const { reads, sent } = open();
    const cause = new Error('enough');
    const read = reads.get(1, 'watch', { signal: AbortSignal.abort(cause) });
    await expect(read).rejects.toMatchObject({ code: 'aborted', cause });
    expect(sent).toEqual([]);
  });
});

describe('a second request', () => {
  it('is sent after the delay, and the first answer wins; the other request is ended', async () => {
    const { reads, sent, clock } = open({ hedge: { after: 20 } });
    const read = reads.get(1, 'watch');
    await clock.advance(19);
    expect(sent.length).toBe(1);
    await clock.advance(1);
    expect(sent.length).toBe(2);
    expect(sent[1]!.body).toBe(sent[0]!.body);
    sent[1]!.answer(item(2));
    expect(await metricOf(read)).toBe(2);
    expect([sent[0]!.signal.aborted, sent[1]!.signal.aborted]).toEqual([true, false]);
    expect(reads.counters()).toMatchObject({ requests: 2, hedges: 1, hedges_won: 1 });
    expect(clock.pendingTimers).toBe(0);
  });

  it('is of no consequence if the first is answered after all', async () => {
    const { reads, sent, clock } = open({ hedge: { after: 20 } });
    const read = reads.get(1, 'watch');
    await clock.advance(20);
    sent[0]!.answer(item(1));
    expect(await metricOf(read)).toBe(1);
    expect(sent[1]!.signal.aborted).toBe(true);
    expect(reads.counters()).toMatchObject({ hedges: 1, hedges_won: 0 });
  });

  it('outlives the failure of the first, and is repeated only if both have failed', async () => {
    const { reads, sent, clock } = open({ hedge: { after: 20 } });
    const read = reads.get(1, 'watch');
    await clock.advance(20);
    sent[0]!.fail(throttled());
    await clock.advance(5_00);
    expect(sent.length).toBe(2);
    sent[1]!.fail(throttled());
    await clock.advance(10);
    expect(sent.length).toBe(3);
    sent[2]!.answer(item(3));
    expect(await metricOf(read)).toBe(3);
    expect(reads.counters()).toMatchObject({ requests: 3, retries: 1, hedges: 1 });
  });

  it('is sent for a share of the requests only', async () => {
    const { reads, sent, clock } = open({ hedge: { after: 20, maxShare: 0.1 }, deadline_ms: 1e9 });
    for (let i = 0; i < 200; i++) {
      const read = reads.get(i, 'watch');
      await clock.advance(20);
      sent.at(-1)!.answer(item(1));
      await read;
    }
    // 10 that are free, and one for each ten requests.
    expect(reads.counters().hedges).toBeGreaterThanOrEqual(28);
    expect(reads.counters().hedges).toBeLessThanOrEqual(30);
  });

  it('after p95 waits until requests have been measured, then as long as 95 of 100 take', async () => {
    const { reads, sent, clock } = open({ hedge: { after: 'p95' } });
    for (let i = 0; i < 32; i++) {
      const read = reads.get(i, 'watch');
      await clock.advance(i === 31 ? 500 : 7);
      sent.at(-1)!.answer(item(1));
      await read;
    }
    expect(reads.counters().hedges).toBe(0);
    void reads.get(100, 'watch').catch(() => {});
    await clock.advance(6);
    expect(reads.counters().hedges).toBe(0);
    await clock.advance(1);
    expect(reads.counters().hedges).toBe(1);
    sent.at(-1)!.answer(item(1));
  });
});

describe('the cache', () => {
  it('keeps items for its time, also that there is none, and hands out results of their own', async () => {
    const { reads, transport, sent, clock } = open({ cache: { ms: 100 } });
    transport.auto = (_, body) => (body.includes('p#watch') ? item(5) : {});
    const first = await reads.get(1, 'watch');
    (first as unknown as { metrics: { list: number[] } }).metrics.list.length = 0;
    expect(await reads.get(1, 'watch')).toMatchObject({ metrics: { n: 5, list: [1] } });
    expect((await reads.getMany(1, ['watch', 'session']))['session']).toEqual({ status: 'absent' });
    expect((await reads.get(1, 'session')).status).toBe('absent');
    expect((await reads.getBatch([1], ['watch', 'session']))[0]!['watch']).toMatchObject({
      metrics: { n: 5 },
    });
    expect(sent.length).toBe(2);
    expect(reads.counters().cache_hits).toBe(5);
    await clock.advance(100);
    await reads.get(1, 'watch');
    expect(sent.length).toBe(3);
  });

  it('is not used by consistent reads', async () => {
    const { reads, transport, sent } = open({ cache: { ms: 100 } });
    transport.auto = () => item(5);
    await reads.get(1, 'watch');
    await reads.get(1, 'watch', { consistent: true });
    expect(sent.length).toBe(2);
  });

  it('is bounded: what was read longest ago leaves', async () => {
    const { reads, transport, sent } = open({ cache: { ms: 1e6, maxItems: 2 } });
    transport.auto = () => item(5);
    for (const viewer of [1, 2, 1, 3, 1, 2]) await reads.get(viewer, 'watch');
    expect(sent.map(({ body }) => /"N":"(\d)"/.exec(body)![1])).toEqual(['1', '2', '3', '2']);
  });
});

describe('a closed client', () => {
  it('refuses calls, and closes its transport', async () => {
    const { reads, transport } = open();
    await reads.close();
    expect(transport.closed).toBe(1);
    expect(await codeOf(reads.get(1, 'watch'))).toBe('closed');
  });
});

it.each([
  [{ deadline_ms: 0 }, 'deadline_ms is 0; it must be a number above 0'],
  [{ hedge: { after: -1 } }, 'hedge.after is -1'],
  [{ hedge: { after: NaN } }, 'hedge.after is NaN'],
  [{ cache: { ms: 0 } }, 'cache.ms is 0'],
  [{ cache: { ms: 1, maxItems: 0 } }, 'cache.maxItems is 0; it must be a number of 1 or more'],
  [{ attempts: 0 }, 'attempts is 0'],
  [{ staleAfter_ms: -5 }, 'staleAfter_ms is -5'],
])('the options %o are refused: %s', (options, message) => {
  expect(() => open(options)).toThrow(message);
});
