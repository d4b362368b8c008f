import { expect, test } from 'vitest';
import { StartReporter } from '../../src/cli/format/start-report.ts';
import type { RunnerStatus } from '../../src/runtime/status.ts';

interface Moment {
  readonly kind?: 'fresh' | 'restored';
  readonly rows?: number;
  readonly lag?: number;
  readonly caught_up?: boolean;
  readonly backfill?: RunnerStatus['backfill'];
  readonly upserts?: number;
  readonly queued?: number;
  readonly at_s?: number;
}

function status(moment: Moment): RunnerStatus {
  const { kind = 'fresh', rows = 0, lag = 0, caught_up = false, upserts = 0, queued = 0, at_s = 0 } = moment;
  return {
    wall_us: at_s * 1e6,
    recovery: { kind },
    caught_up,
    backfill: moment.backfill,
    sources: [{ name: 's', rows, lag: [{ split: '0', records: lag }] }],
    sinks: [
      { name: 'k', kind: 'keyed', stats: { upserts, deletes: 0, dead_letters: 0, queued, in_flight: 0 } },
    ],
  } as unknown as RunnerStatus;
}

test('a first start reports when it has caught up, and when all profiles are written', () => {
  const reporter = new StartReporter(status({ lag: 1000 }));
  expect(reporter.lines(status({ rows: 400, lag: 600, at_s: 1 }))).toEqual([]);
  const backfill = { phase: 'running', rows: 3 } as const;
  expect(reporter.lines(status({ rows: 1000, caught_up: true, backfill, at_s: 2 }))).toEqual([
    'caught up with 1,000 events in 2.0 s',
  ]);
  expect(reporter.lines(status({ rows: 1000, caught_up: true, queued: 2, upserts: 1, at_s: 3 }))).toEqual([]);
  expect(reporter.lines(status({ rows: 1000, caught_up: true, upserts: 3, at_s: 4 }))).toEqual([
    'every profile is in DynamoDB after 4.0 s (3 writes)',
  ]);
  expect(reporter.lines(status({ rows: 1001, caught_up: true, upserts: 4, at_s: 5 }))).toEqual([]);
});

test('a first start reports both if it is done before the first status', () => {
  const done = status({ rows: 8, caught_up: true, upserts: 5, at_s: 1 });
  expect(new StartReporter(done).lines(done)).toEqual([
    'caught up with 8 events in 0.0 s',
    'every profile is in DynamoDB after 0.0 s (5 writes)',
  ]);
});

test('new events do not delay the report that all profiles are written', () => {
  const reporter = new StartReporter(status({ lag: 10 }));
  const busy = { rows: 10, caught_up: true, queued: 2 } as const;
  expect(reporter.lines(status({ ...busy, upserts: 1, at_s: 1 }))).toEqual([
    'caught up with 10 events in 1.0 s',
  ]);
  expect(reporter.lines(status({ ...busy, upserts: 2, at_s: 2 }))).toEqual([]);
  expect(reporter.lines(status({ ...busy, upserts: 3, at_s: 3 }))).toEqual([
    'every profile is in DynamoDB after 3.0 s (3 writes)',
  ]);
});

test('a start without events reports nothing, also when the first events arrive', () => {
  const reporter = new StartReporter(status({}));
  expect(reporter.lines(status({ caught_up: true }))).toEqual([]);
  expect(reporter.lines(status({ caught_up: true, rows: 1, upserts: 1, at_s: 60 }))).toEqual([]);
});

test('a start from a checkpoint reports only events that were waiting for it', () => {
  const quiet = new StartReporter(status({ kind: 'restored' }));
  expect(quiet.lines(status({ kind: 'restored', caught_up: true, rows: 2, upserts: 2 }))).toEqual([]);
  const behind = new StartReporter(status({ kind: 'restored', lag: 5 }));
  expect(behind.lines(status({ kind: 'restored', caught_up: true, rows: 5, upserts: 2, at_s: 1 }))).toEqual([
    'caught up with 5 events in 1.0 s',
  ]);
});

test('one event is one event', () => {
  const reporter = new StartReporter(status({ lag: 1 }));
  expect(reporter.lines(status({ rows: 1, caught_up: true, at_s: 1 }))[0]).toBe(
    'caught up with 1 event in 1.0 s',
  );
});
